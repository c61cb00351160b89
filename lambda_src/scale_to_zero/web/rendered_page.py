"""A waiting page that is ready to be sent, and the protocol of its renderer. Pure."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from scale_to_zero.model.configured import WaitingPage

from .status import Status


class RenderedPage(NamedTuple):
    """The page as HTML, its language, and the header ``Content-Security-Policy`` that it needs."""

    html: str
    language: str
    content_security_policy: str


class Renderer(Protocol):
    """A renderer of the waiting page. ``accept_language``: the visitor's header. ``nonce``: new for every answer."""

    def __call__(self, status: Status, page: WaitingPage, *, accept_language: str, nonce: str) -> RenderedPage:
        """Render the page of this status."""
