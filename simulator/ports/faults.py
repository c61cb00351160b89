"""What can happen to a call on its way to AWS and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class Fault(Enum):
    """Where a call fails: before it took effect, or after, with the answer lost; and whether the run goes on.

    ``REFUSED``: AWS refuses this call. ``FORBIDDEN``: AWS refuses every such call until an operator allows it.
    ``LOST``: the call is lost on its way, so that there is no answer.
    """

    REFUSED = auto()
    FORBIDDEN = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    CUT_OFF_BEFORE = auto()
    CUT_OFF_AFTER = auto()


class RunCutOff(BaseException):
    """The function's run ended here, as at its time limit: nothing in it may catch this and go on."""


class Call(NamedTuple):
    """One call of a port: its name (``describe``, ``write`` and so on), what it is about, and what it brings."""

    name: str
    subject: object = None
    value: object = None


FaultOfCall = Callable[[Call], Fault | None]
FaultOf = Callable[[str, object, object], Fault | None]
"""What happens to a call of this name, about this subject, with what it brings."""


class Faults:
    """Says of each call whether it fails, and keeps a list of all calls.

    Faults come from ``fail``, for the calls of a name, or from ``fault_of_call``, which is called for every other call.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fault_of_call: FaultOfCall = lambda _call: None
        self._failing: list[_Failing] = []

    def fail(
        self, name: str, fault: Fault = Fault.REFUSED, *, subject: object = None, times: int | None = None
    ) -> None:
        """Let calls of this name fail, by default all of them; else those about ``subject``, or the next ``times``."""
        self._failing.append(_Failing(name, fault, subject, times))

    def fix(self, name: str | None = None) -> None:
        """Let the calls of this name, by default of every name, succeed again."""
        self._failing = [failing for failing in self._failing if name not in (None, failing.name)]

    def of(self, name: str, subject: object = None, value: object = None) -> Fault | None:
        """Note a call, and say what happens to it."""
        call = Call(name, subject, value)
        self.calls.append(call)
        for failing in self._failing:
            if failing.takes(call):
                return failing.fault
        return self.fault_of_call(call)


@dataclass
class _Failing:
    name: str
    fault: Fault
    subject: object
    times: int | None

    def takes(self, call: Call) -> bool:
        if call.name != self.name or self.subject not in (None, call.subject) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True
