"""One request as an API received it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from local_aws.load_balancing.requests import HttpRequest


@dataclass(frozen=True)
class Received:
    """``request_id``: what API Gateway calls the request. ``protocol``: for instance ``HTTP/1.1``."""

    request: HttpRequest
    body: bytes
    protocol: str
    request_id: str
    instant: datetime

    @property
    def path(self) -> str:
        """The path by which it is routed, and which functions see: decoded, and only as far as a question mark in it.

        Observed, not documented: an encoded slash therefore never reaches a path variable.
        """
        return unquote(self.request.path).partition("?")[0]

    @property
    def user_agent(self) -> str:
        """The client's ``User-Agent``, empty if it sends none."""
        return next(self.request.values("User-Agent"), "")
