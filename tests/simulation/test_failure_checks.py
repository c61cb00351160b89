"""A run that fails in a way in which its function never fails is noticed, even after a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import pytest

import simulator.functions
from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import PayloadRefused
from scale_to_zero.tick.run import TickFailed
from simulator.fault_injection import NoFaults, Refusing

from . import checked_wake
from .scenarios import WEB
from .simulation import Simulation

BEGIN: Final[Mapping[str, Callable[[Simulation], object]]] = {
    "tick": lambda sim: sim.tick(),
    "wake": lambda sim: sim.wake({"service": "web"}),
    "hold of all": lambda sim: sim.hold_all(MINUTE),
    "sleep": lambda sim: sim.sleep({"service": "web", "action": "sleep"}),
    "uninstall": lambda sim: sim.uninstall(WEB),
}
ENTRIES: Final = {
    "tick": (simulator.functions, "run_tick"),
    "wake": (checked_wake, "carry_out"),
    "hold of all": (simulator.functions, "run_scale_up"),
    "sleep": (simulator.functions, "run_sleep"),
    "uninstall": (simulator.functions, "run_scale_up"),
}
ALLOWED: Final[Mapping[str, set[type[Exception]]]] = {
    "tick": {TickFailed, CallFailed},
    "wake": {WakeFailed, CallFailed},
    "hold of all": {PayloadRefused, CallFailed},
    "sleep": {WakeFailed, CallFailed, PayloadRefused},
    "uninstall": {UninstallFailed},
}
FAILURES: Final = [TickFailed, WakeFailed, UninstallFailed, CallFailed, PayloadRefused, LookupError]


def fails(ports: Ports, *_arguments: object, failure: type[Exception], **_named: object) -> None:
    """Do what a function does that makes a call, and then fails with ``failure``."""
    ports.services.describe([WEB.name])
    raise failure("it failed")


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", BEGIN)
def test_after_a_fault_a_run_may_fail_only_in_the_ways_its_function_does(
    monkeypatch: pytest.MonkeyPatch, kind: str, failure: type[Exception]
) -> None:
    monkeypatch.setattr(*ENTRIES[kind], partial(fails, failure=failure))
    assert _noticed(BEGIN[kind], Refusing("describe")) == (failure not in ALLOWED[kind])


@pytest.mark.parametrize("failure", [TickFailed, WakeFailed, UninstallFailed, CallFailed])
@pytest.mark.parametrize("kind", BEGIN)
def test_without_a_fault_no_run_may_fail(monkeypatch: pytest.MonkeyPatch, kind: str, failure: type[Exception]) -> None:
    monkeypatch.setattr(*ENTRIES[kind], partial(fails, failure=failure))
    assert _noticed(BEGIN[kind], NoFaults())


def _noticed(begin: Callable[[Simulation], object], fault_plan: NoFaults) -> bool:
    with Simulation() as sim:
        sim.add_service(WEB)
        sim.ticking = False
        sim.fault_plan = fault_plan
        try:
            sim.now_or_fail(lambda: begin(sim))
        except AssertionError as error:
            return "it failed" in str(error)
    return False
