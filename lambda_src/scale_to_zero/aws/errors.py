"""What AWS refused or could not answer, in one sentence that says what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused
from scale_to_zero.model.observed import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

# Everything botocore raises: AWS refused, did not answer, or the answer could not be read.
AWS_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "NotAuthorized", "UnauthorizedOperation"}
)
# Those of the codes botocore retries as throttling that the six services here use.
THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


def error_code(error: BaseException) -> str:
    """AWS's own code, or the kind of error where AWS did not answer."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") or type(error).__name__
    return type(error).__name__


def sentence(error: BaseException, operation: str, subject: str, permission: str = "") -> str:
    """Say what failed, with AWS's code and message, and the cure where there is a known one.

    ``operation`` is written as IAM writes it (``ecs:DescribeServices``);
    ``permission`` is the action that allows it, where that is another.
    """
    code = error_code(error)
    said = f"{operation} of {subject} failed: {code}: {_message(error)}"
    if code in DENIED:
        return f"{said}; allow {permission or operation} in the function's role"
    if code in THROTTLED:
        return f"{said}; AWS limits the rate of these calls, and a later run tries again"
    return said


def unknown(failure: CallFailed) -> Unknown:
    """What a call that failed should have shown."""
    return Unknown(str(failure), forbidden=isinstance(failure, CallForbidden))


def unseen(error: BaseException, operation: str, subject: str) -> Unknown:
    """What a call should have shown that ended with an error of botocore's."""
    return Unknown(sentence(error, operation, subject), forbidden=error_code(error) in DENIED)


@contextmanager
def explained(operation: str, subject: str, permission: str = "") -> Iterator[None]:
    """Turn every error of a call into a ``CallFailed`` with its sentence; ``CallRefused`` where AWS surely refused."""
    try:
        yield
    except AWS_ERRORS as error:
        raise _kind_of(error)(sentence(error, operation, subject, permission)) from error
    except KeyError as error:
        raise CallFailed(f"{operation} of {subject} answered without {error}") from error
    except ValueError as error:
        raise CallFailed(f"{operation} of {subject} answered something unreadable: {error}") from error


def _kind_of(error: BaseException) -> type[CallFailed]:
    if not _is_refusal(error):
        return CallFailed
    return CallForbidden if error_code(error) in DENIED else CallRefused


def _is_refusal(error: BaseException) -> bool:
    """Whether AWS surely did not do it: its own 4xx answered the only attempt.

    ``RetryAttempts``: botocore counts the attempts before the one that was answered; each may have been done.
    A proxy's answer has no code of AWS's, which begins with a letter.
    """
    if not isinstance(error, ClientError):
        return False
    metadata = error.response.get("ResponseMetadata", {})
    is_client_error = 400 <= metadata.get("HTTPStatusCode", 0) < 500
    has_code = error.response.get("Error", {}).get("Code", "")[:1].isalpha()
    return is_client_error and has_code and metadata.get("RetryAttempts") == 0


def _message(error: BaseException) -> str:
    message = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    return " ".join(message.split()).rstrip(".") or "no message"
