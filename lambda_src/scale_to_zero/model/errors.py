"""The errors of calls to AWS."""

from __future__ import annotations

from collections.abc import Sequence


class CallFailed(Exception):
    """A call that changes something failed; the message is one sentence with AWS's own error."""


class CallRefused(CallFailed):
    """AWS answered that it did not make the change; after any other ``CallFailed`` it is unknown whether it did.

    So it is raised only if there was a single attempt: an earlier attempt may have made the change.
    """


class CallForbidden(CallRefused):
    """AWS forbids the call; repeating it does not help until an operator allows it."""


class StateChanged(Exception):
    """Another run wrote the state of this service after it was read; read it again."""


class Refused(Exception):
    """A function of the module refused a request, and changed nothing; the message is the function's own sentence.

    ``kind``: ``PayloadRefused`` if it does not accept the payload, ``SleepRefused`` if the service must not sleep now,
    ``ServiceSkipped`` if the module must not wake it.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def failure(why: str, *, forbidden: bool) -> CallFailed:
    """Return the error for a call that failed for this reason. ``forbidden``: AWS forbids the call."""
    return CallForbidden(why) if forbidden else CallFailed(why)


def together(failures: Sequence[CallFailed]) -> CallFailed:
    """Return one error for several calls; it is ``CallForbidden`` only if each of them is."""
    whys = "; ".join(dict.fromkeys(str(one) for one in failures))
    return failure(whys, forbidden=all(isinstance(one, CallForbidden) for one in failures))
