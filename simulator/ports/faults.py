"""What can happen to a call on its way to AWS and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class Fault(Enum):
    """How a call fails: before it takes effect, or afterwards, when only the answer is lost; the run may be cut off.

    ``REFUSED``: AWS refuses this call. ``FORBIDDEN``: AWS refuses every such call until an operator allows it.
    ``LOST``: the call does not reach AWS, so there is no answer.
    """

    REFUSED = auto()
    FORBIDDEN = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    CUT_OFF_BEFORE = auto()
    CUT_OFF_AFTER = auto()


class RunCutOff(BaseException):
    """The function's run ended here, for example at its time limit. Code of the run must not catch this and go on."""


class Call(NamedTuple):
    """One call of a port: its name (``describe``, ``write`` and so on), its subject, and the value it sends."""

    name: str
    subject: object = None
    value: object = None


FaultOfCall = Callable[[Call], Fault | None]
FaultOf = Callable[[str, object, object], Fault | None]
"""Returns what happens to a call with this name, subject and value."""


class Faults:
    """Which calls fail, and a list of all calls.

    ``fail`` sets a fault for the calls with a name; ``fault_of_call`` is called for every other call.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fault_of_call: FaultOfCall = lambda _call: None
        self._failing: list[_Failing] = []

    def fail(
        self, name: str, fault: Fault = Fault.REFUSED, *, subject: object = None, times: int | None = None
    ) -> None:
        """Let calls with this name fail: all of them, or only those with ``subject``, or only the next ``times``."""
        self._failing.append(_Failing(name, fault, subject, times))

    def fix(self, name: str | None = None) -> None:
        """Let the calls with this name succeed again, by default all calls."""
        self._failing = [failing for failing in self._failing if name not in (None, failing.name)]

    def of(self, name: str, subject: object = None, value: object = None) -> Fault | None:
        """Record a call, and return its fault."""
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
