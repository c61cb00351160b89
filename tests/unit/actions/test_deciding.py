"""A decision replaces only the service state it was made on. After a write of another run, it is made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scale_to_zero.actions.deciding import ATTEMPTS, write_change
from scale_to_zero.commands.leaving import UninstallFailed, uninstall
from scale_to_zero.commands.leaving_payload import Uninstall
from scale_to_zero.commands.release import release
from scale_to_zero.commands.wake import request_wakes
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.errors import CallFailed, StateChanged
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, ServiceState
from simulator.ports.faults import Call, Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World
from tests.unit.timeline import NAME, a_service, at

NOW = at("10:00")
SERVICE = a_service()


class Contested:
    """The state of an awake service, which another run writes just before the first ``times`` writes of this one."""

    def __init__(self, times: int = 0) -> None:
        self.world = World(seed=1, start=NOW, timings=Timings(jitter=0))
        self.world.create_service(*NAME, desired=1)
        self.ports = InMemoryPorts(self.world, [SERVICE])
        self.read = self.ports.gathered().table.write(ServiceState(NAME, Phase.AWAKE, since=NOW, restore=1))
        self.others_left = times
        self.writes: list[datetime] = []
        self.ports.faults.fault_of_call = self._meet

    def _meet(self, call: Call) -> Fault | None:
        if call.name == "write":
            self.writes.append(self.world.now)
            if self.others_left:
                self.others_left -= 1
                self.ports.table.states[NAME] = replace(
                    self.stored, version=self.stored.version + 1, metrics_late=self.world.now
                )
        return None

    @property
    def stored(self) -> ServiceState:
        return self.ports.table.states[NAME]

    def requested_at_noon(self, state: ServiceState | None) -> ServiceState | None:
        return state and replace(state, requested_at=at("12:00"))


def test_the_writes_of_other_runs_are_kept_and_the_caller_gets_what_was_read_and_written() -> None:
    contested = Contested(times=3)
    seen, decided, written = write_change(contested.ports.gathered(), NAME, contested.read, contested.requested_at_noon)
    assert seen is not None
    assert (seen.metrics_late, decided) == (NOW, replace(seen, requested_at=at("12:00")))
    assert written == contested.stored == replace(seen, requested_at=at("12:00"), version=seen.version + 1)


def test_the_state_of_a_decision_is_written() -> None:
    contested = Contested()
    decision = Decision(Action.SAVE_STATE, Reason.AWAKE, "web is awake", replace(contested.read, requested_at=NOW))
    outcome = write_change(contested.ports.gathered(), NAME, contested.read, lambda _: decision)
    assert (outcome.decided, outcome.written) == (decision, contested.stored)


@pytest.mark.parametrize("nothing", [None, Decision(Action.STAY, Reason.AWAKE, "web is awake")])
def test_nothing_is_written_if_nothing_changes(nothing: Decision | None) -> None:
    contested = Contested()
    outcome = write_change(contested.ports.gathered(), NAME, contested.read, lambda _: nothing)
    assert outcome == (contested.read, nothing, None)
    assert not contested.writes


def test_nothing_is_written_if_the_second_decision_changes_nothing() -> None:
    contested = Contested(times=1)
    outcome = write_change(
        contested.ports.gathered(), NAME, contested.read, lambda seen: seen if seen is contested.read else None
    )
    assert (outcome.seen, outcome.written) == (contested.stored, None)


@pytest.mark.parametrize(("others", "succeeds"), [(ATTEMPTS - 1, True), (ATTEMPTS, False)])
def test_a_write_is_tried_a_fixed_number_of_times_without_a_pause(others: int, succeeds: bool) -> None:
    contested = Contested(others)
    if succeeds:
        write_change(contested.ports.gathered(), NAME, contested.read, contested.requested_at_noon)
    else:
        with pytest.raises(StateChanged, match="kept changing"):
            write_change(contested.ports.gathered(), NAME, contested.read, contested.requested_at_noon)
    assert contested.writes == [NOW] * ATTEMPTS
    assert (contested.stored.requested_at is not None) == succeeds


def test_a_write_with_a_time_limit_is_tried_once_a_second_until_then() -> None:
    contested, second = Contested(1_000), timedelta(seconds=1)
    with pytest.raises(StateChanged):
        write_change(
            contested.ports.gathered(), NAME, contested.read, contested.requested_at_noon, until=NOW + 30 * second
        )
    assert contested.writes == [NOW + number * second for number in range(31)]


def test_a_write_that_the_table_fails_is_not_tried_again() -> None:
    contested = Contested()
    contested.ports.faults.fail("write", Fault.ANSWER_LOST)
    with pytest.raises(CallFailed):
        write_change(contested.ports.gathered(), NAME, contested.read, contested.requested_at_noon)
    assert [call.name for call in contested.ports.faults.calls] == ["write", "write"]


def wake(contested: Contested) -> str:
    ports = contested.ports.gathered()
    (step,) = request_wakes(ports, [SERVICE], ports.table.read_all())
    assert step.fault
    return step.message


def lift_the_hold(contested: Contested) -> str:
    contested.ports.table.states[NAME] = replace(contested.read, hold=Hold(at("12:00")))
    ports = contested.ports.gathered()
    (step,) = release(ports, [SERVICE], ports.table.read_all())
    assert step.fault
    return step.message


def uninstall_the_service(contested: Contested) -> str:
    request = Uninstall(SERVICE, leaves=True, leaves_mode_act=False)
    with pytest.raises(UninstallFailed) as failed:
        uninstall(contested.ports.gathered(), request, ends_at=NOW + timedelta(minutes=1))
    return str(failed.value)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (wake, "its service state kept changing; retry"),
        (lift_the_hold, "its service state kept changing; retry"),
        (
            uninstall_the_service,
            "web was not brought back as it was: its service state kept changing; run Terraform again.",
        ),
    ],
)
def test_the_caller_gets_the_message_that_the_state_could_not_be_written(
    write: Callable[[Contested], str], message: str
) -> None:
    assert write(Contested(1_000)) == message
