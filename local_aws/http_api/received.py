"""One request as an API received it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from local_aws.load_balancing.requests import HttpRequest


@dataclass(frozen=True)
class Received:
    """A received request. ``request_id``: API Gateway's id of it. ``protocol``: for example ``HTTP/1.1``."""

    request: HttpRequest
    body: bytes
    protocol: str
    request_id: str
    instant: datetime

    @property
    def path(self) -> str:
        """The path for routes and functions: decoded, and cut off at a question mark.

        Observed, not documented. So an encoded slash never reaches a path variable.
        """
        return unquote(self.request.path).partition("?")[0]

    @property
    def user_agent(self) -> str:
        """The client's ``User-Agent``, empty if it sends none."""
        return next(self.request.values("User-Agent"), "")
