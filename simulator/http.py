"""The requests of visitors, and the answers they get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scale_to_zero.model.configured import Service
from scale_to_zero.web.visitor.kinds import BUTTON_FIELD, BUTTON_VALUE, STATUS_TYPE

from .account import host_of, path_of
from .routing import ClientKind, ClientRequest

FOLLOWED: Final = frozenset({303, 307})


@dataclass(frozen=True)
class Response:
    """An answer. ``by``: its origin: the application, the wake function, or the load balancer itself."""

    by: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def by_application(self) -> bool:
        """Whether the application itself answered."""
        return self.by == APPLICATION

    @property
    def retry_after(self) -> int | None:
        """After how many seconds to retry; ``None`` if the answer does not say."""
        seconds = self.headers.get("retry-after", "")
        return int(seconds) if seconds.isdigit() else None

    @property
    def media_type(self) -> str:
        """``Content-Type`` without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def is_page(self) -> bool:
        """Whether it is the waiting page."""
        return self.by == WAKE_FUNCTION and self.media_type == "text/html"

    def json(self) -> dict[str, Any]:
        """Parse the body as JSON."""
        read = json.loads(self.body)
        assert isinstance(read, dict)
        return read

    def __str__(self) -> str:
        """Format the answer for the trace."""
        again = f", retry after {self.retry_after} s" if self.retry_after is not None else ""
        return f"{self.status} {self.media_type} from the {self.by}{again}"


APPLICATION: Final = "application"
WAKE_FUNCTION: Final = "wake function"
LOAD_BALANCER: Final = "load balancer"
SERVED: Final = Response(APPLICATION, 200)
NO_TARGET: Final = Response(LOAD_BALANCER, 503)
TARGET_DID_NOT_ANSWER: Final = Response(LOAD_BALANCER, 502)
CUT_OFF: Final = Response(LOAD_BALANCER, 502)
NOT_ROUTED: Final = Response(LOAD_BALANCER, 404)


def by_program(service: Service, group: int = 0) -> ClientRequest:
    """Make a request as ``curl`` sends it."""
    return ClientRequest(
        ClientKind.PROGRAM, host_of(service), path_of(group), headers={"accept": "*/*", "user-agent": "curl/8.9"}
    )


def by_browser(service: Service, group: int = 0) -> ClientRequest:
    """Make a request as a browser sends it when it follows a link."""
    return ClientRequest(
        ClientKind.BROWSER, host_of(service), path_of(group), headers={"accept": "text/html,*/*;q=0.8"}
    )


def by_page(service: Service, group: int = 0) -> ClientRequest:
    """Make a request as the waiting page sends it to poll the status."""
    return ClientRequest(ClientKind.PAGE, host_of(service), path_of(group), headers={"accept": STATUS_TYPE})


def by_button(service: Service, group: int = 0) -> ClientRequest:
    """Make a request as the button on the waiting page sends it."""
    headers = {
        "accept": "text/html,*/*;q=0.8",
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
    }
    body = f"{BUTTON_FIELD}={BUTTON_VALUE}"
    return ClientRequest(ClientKind.BUTTON, host_of(service), path_of(group), "POST", headers, body)


def by_monitor(service: Service, group: int = 0) -> ClientRequest:
    """Make a request as an uptime monitor sends it about every minute."""
    headers = {"accept": "*/*", "user-agent": "Mozilla/5.0 (compatible; UptimeRobot/2.0)"}
    return ClientRequest(ClientKind.MONITOR, host_of(service), path_of(group), headers=headers)


def event_of(request: ClientRequest, target_group_arn: str) -> dict[str, object]:
    """Make the event that the load balancer sends for a request (ELB user guide, Lambda functions as targets)."""
    return {
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": request.method,
        "path": request.path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {
            "host": [request.host],
            **{name: [value] for name, value in (request.headers or {}).items()},
        },
        "body": request.body,
        "isBase64Encoded": False,
    }


def response_of(answer: Mapping[str, Any]) -> Response:
    """Return what a visitor receives of the wake function's answer."""
    headers = {name.lower(): ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
    return Response(WAKE_FUNCTION, answer["statusCode"], headers, answer["body"])
