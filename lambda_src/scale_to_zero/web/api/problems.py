"""The problems of a call or of its answer, as RFC 9457 defines them. Pure.

``docs/openapi.yaml`` and ``docs/http-api.md`` list the same types.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from scale_to_zero.model.errors import CallFailed, CallForbidden, Refused
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE


class ProblemKind(Enum):
    """A type of problem: its HTTP status, its name and its title."""

    BAD_REQUEST = (400, "bad-request", "Bad request")
    NO_SUCH_PATH = (404, "no-such-path", "Not found")
    NO_SUCH_SERVICE = (404, "no-such-service", "There is no such service")
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "Method not allowed")
    SERVICE_SKIPPED = (409, "service-skipped", "The module skips this service")
    SLEEP_REFUSED = (409, "sleep-refused", "The service is not put to sleep")
    BODY_TOO_LARGE = (413, "body-too-large", "The body is too large")
    NOT_JSON = (415, "not-json", "The body is not sent as JSON")
    INTERNAL_ERROR = (500, "internal-error", "Internal error")
    NOT_PERMITTED = (500, "not-permitted", "AWS does not permit the module to do this")
    FAILED = (502, "failed", "The request failed")
    UNAVAILABLE = (503, "unavailable", "The request cannot be completed now")

    def __init__(self, status: int, type_name: str, title: str) -> None:
        self.status = status
        self.type_name = type_name
        self.title = title


class Problem(Exception):
    """A problem that a call is answered with; the message is the sentence in ``detail``."""

    def __init__(self, kind: ProblemKind, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.headers = headers or {}


def bad_request(detail: str) -> Problem:
    """Build a problem with status 400; ``detail`` names what is allowed."""
    return Problem(ProblemKind.BAD_REQUEST, detail)


def refused(error: Refused) -> Problem:
    """Build the problem for a refusal of another function, with that function's own sentence."""
    kinds = {
        "ServiceSkipped": ProblemKind.SERVICE_SKIPPED,
        "SleepRefused": ProblemKind.SLEEP_REFUSED,
        "PayloadRefused": ProblemKind.BAD_REQUEST,
    }
    return Problem(kinds.get(error.kind, ProblemKind.FAILED), str(error))


def failed(error: CallFailed) -> Problem:
    """Build the problem for a failed call to AWS, with AWS's own error: retry later, unless AWS forbids the call."""
    if isinstance(error, CallForbidden):
        detail = f"{str(error).rstrip('.')}. Retrying does not help until the call is allowed."
        return Problem(ProblemKind.NOT_PERMITTED, detail)
    return Problem(ProblemKind.UNAVAILABLE, str(error), {"Retry-After": str(RETRY_UNAVAILABLE)})
