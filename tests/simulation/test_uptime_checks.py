"""A monitor gets the state of a service and changes nothing: it neither wakes the service nor keeps it awake."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator import http
from simulator.account import a_service, woken_by_requests
from simulator.http import Response
from simulator.simulation import START

from .patient_clients import monitor, program
from .promise_tracker import TASKS_ARE_UNHEALTHY
from .scenes import SECOND, TASKS, fallen_asleep, phase_of
from .simulation import Simulation

MONITORED = woken_by_requests(a_service("shop", groups=2), monitored=True)
EVERY_FEW_HOURS = [timedelta(hours=hours) for hours in (1, 4, 4.1, 9, 15, 23)]


def a_day(every: timedelta | None) -> list[tuple[datetime, int]]:
    """Return when the desired count changed, to the minute, in a day with a few clients.

    ``every``: the interval at which a monitor checks the service; ``None`` without a monitor.
    """
    with Simulation() as sim:
        sim.add_service(MONITORED, desired=TASKS)
        if every is not None:
            monitor(sim, MONITORED, every)
        for instant in EVERY_FEW_HOURS:
            sim.at(START + instant, lambda: program(sim, MONITORED))
        sim.advance(timedelta(days=1))
        changes = sim.record.changes[MONITORED.name]
        return [(change.at.replace(second=0, microsecond=0), change.after) for change in changes]


@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(seconds=20)])
def test_a_day_with_a_monitor_equals_a_day_without(every: timedelta) -> None:
    day = a_day(None)
    assert [after for _, after in day] == [0, *([TASKS, 0] * 5), TASKS][: len(day)]
    assert len(day) >= 10
    assert a_day(every) == day


def checked(sim: Simulation) -> Response:
    answers: list[Response] = []
    sim.now_or_fail(lambda: answers.append(sim.load_balancer.send(MONITORED, http.by_monitor(MONITORED))))
    return answers[0]


def test_a_monitor_gets_the_phase_through_sleep_and_wake() -> None:
    with Simulation() as sim:
        sim.add_service(MONITORED, desired=TASKS)
        answers = []
        sim.minutes(1.5)
        for minute in range(1, 15):
            if minute == 11:
                sim.after(timedelta(0), lambda: program(sim, MONITORED))
                sim.advance(5 * SECOND)
            response = checked(sim)
            answers.append((response.status, response.json()["phase"]))
            sim.minutes(1)
        phases = list(dict.fromkeys(phase for _, phase in answers))
        assert phases == ["awake", "draining", "asleep", "waking"]
        assert {status for status, _ in answers} == {200}
        assert answers[-1] == (200, "awake")


def test_a_monitor_gets_an_error_when_a_wake_has_failed_and_when_no_target_is_healthy() -> None:
    def pass_checks(passes: bool) -> None:
        sim.world.set_passes_health_checks(*MONITORED.name, passes)
        (sim.tracker.no_longer_hinder if passes else sim.tracker.hinder)(MONITORED.name, TASKS_ARE_UNHEALTHY)

    with Simulation() as sim:
        fallen_asleep(sim, MONITORED)
        pass_checks(False)
        sim.after(timedelta(0), lambda: program(sim, MONITORED))
        sim.minutes(2)
        assert checked(sim).status == 200
        sim.minutes(5)
        answer = checked(sim)
        assert (answer.status, answer.json()["failed"], phase_of(sim, MONITORED)) == (503, True, Phase.WAKING)
        pass_checks(True)
        sim.minutes(2)
        assert (checked(sim).status, phase_of(sim, MONITORED)) == (200, Phase.AWAKE)
        pass_checks(False)
        sim.advance(MINUTE / 2)
        assert checked(sim).status == 503
