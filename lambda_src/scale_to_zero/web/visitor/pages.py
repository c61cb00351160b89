"""The waiting page as the answer to one visitor."""

from __future__ import annotations

import secrets

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.web.rendered_page import Renderer
from scale_to_zero.web.status import Status

from . import answers
from .answers import Answer
from .request import Request


def page_for(render: Renderer, request: Request, status: Status, settings: WaitingPage, *, code: int) -> Answer:
    """Render the page for this visitor. ``code``: its HTTP status."""
    nonce = secrets.token_urlsafe(16)
    rendered = render(status, settings, accept_language=request.header("accept-language"), nonce=nonce)
    return answers.page(rendered, status, request, code=code)
