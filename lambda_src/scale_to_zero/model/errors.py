"""What a call to the world may end with."""

from __future__ import annotations

from collections.abc import Sequence


class CallFailed(Exception):
    """A call that changes something failed; the message is one sentence with AWS's own error."""


class CallRefused(CallFailed):
    """AWS answered that it did not make the change; every other ``CallFailed`` leaves open whether it did.

    So it is raised only for the answer to a call's one attempt: an earlier attempt may have made the change.
    """


class CallForbidden(CallRefused):
    """AWS forbids the call; repeating it does not help until an operator allows it."""


class StateChanged(Exception):
    """Another run wrote the state of this service since it was read; read it again."""


class Refused(Exception):
    """A function of the module refused a request, and changed nothing; the message is its own sentence.

    ``kind``: ``PayloadRefused`` where it does not know the payload, ``SleepRefused`` where the service may not sleep
    now, ``ServiceSkipped`` where the module may not wake it.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def failure(why: str, *, forbidden: bool) -> CallFailed:
    """The error for a call that failed for this reason. ``forbidden``: because AWS forbids it."""
    return CallForbidden(why) if forbidden else CallFailed(why)


def together(failures: Sequence[CallFailed]) -> CallFailed:
    """One error for several calls; that they are forbidden only where each of them is."""
    whys = "; ".join(dict.fromkeys(str(one) for one in failures))
    return failure(whys, forbidden=all(isinstance(one, CallForbidden) for one in failures))
