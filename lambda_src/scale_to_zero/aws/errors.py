"""Errors of calls to AWS, each in one sentence that says what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused
from scale_to_zero.model.observed import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

# All errors of botocore: AWS refused, AWS did not answer, or the answer could not be read.
AWS_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "NotAuthorized", "UnauthorizedOperation"}
)
# The codes that botocore retries as throttling, as far as the six services here use them.
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
    """Return AWS's own error code, or the type of the error if AWS did not answer."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") or type(error).__name__
    return type(error).__name__


def sentence(error: BaseException, operation: str, subject: str, permission: str = "") -> str:
    """Build a sentence that says what failed, with AWS's code and message, and the cure if one is known.

    ``operation``: as IAM writes it (``ecs:DescribeServices``). ``permission``: the action that allows it, if it has
    another name.
    """
    code = error_code(error)
    said = f"{operation} of {subject} failed: {code}: {_message(error)}"
    if code in DENIED:
        return f"{said}; allow {permission or operation} in the function's role"
    if code in THROTTLED:
        return f"{said}; AWS limits the rate of these calls, and a later run retries"
    return said


def unknown(failure: CallFailed) -> Unknown:
    """Return the ``Unknown`` for a call that failed."""
    return Unknown(str(failure), forbidden=isinstance(failure, CallForbidden))


def unseen(error: BaseException, operation: str, subject: str) -> Unknown:
    """Return the ``Unknown`` for a call that ended with an error of botocore."""
    return Unknown(sentence(error, operation, subject), forbidden=error_code(error) in DENIED)


@contextmanager
def explained(operation: str, subject: str, permission: str = "") -> Iterator[None]:
    """Turn every error of a call into a ``CallFailed`` with its sentence; ``CallRefused`` if AWS certainly refused."""
    try:
        yield
    except AWS_ERRORS as error:
        raise _kind_of(error)(sentence(error, operation, subject, permission)) from error
    except KeyError as error:
        raise CallFailed(f"{operation} of {subject} returned an answer without {error}") from error
    except ValueError as error:
        raise CallFailed(f"{operation} of {subject} returned an unreadable answer: {error}") from error


def _kind_of(error: BaseException) -> type[CallFailed]:
    if not _is_refusal(error):
        return CallFailed
    return CallForbidden if error_code(error) in DENIED else CallRefused


def _is_refusal(error: BaseException) -> bool:
    """Return whether AWS certainly did not do it: its own 4xx answered the only attempt.

    ``RetryAttempts``: botocore counts the attempts before the one that was answered; each may have succeeded.
    A proxy's answer has no code of AWS; these codes begin with a letter.
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
