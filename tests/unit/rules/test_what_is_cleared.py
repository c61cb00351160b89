"""Which fields of a service's state a change of phase keeps, and which it clears.

Each test starts from a state in which every field is set, so a new field must be kept or cleared here too.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

from scale_to_zero.model.observed import NOT_OBSERVED, TaskTimes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import Scaling, Suspension
from scale_to_zero.model.service_state import (
    Backoff,
    Hold,
    Leaving,
    Phase,
    PhaseChange,
    ServiceState,
    Stop,
    TimeAsleep,
    Wake,
)
from scale_to_zero.rules import phases
from scale_to_zero.rules.waking import awake_now, begin_waking
from tests.service_states import a_wake, wake_of
from tests.unit.timeline import NAME, a_service, a_service_woken_by_requests, at, running_facts

EVERYTHING = ServiceState(
    NAME,
    Phase.DRAINING,
    since=at("09:00"),
    version=7,
    last_activity=at("08:01"),
    requested_at=at("08:02"),
    restore=3,
    wake=Wake(
        at("08:05"),
        first_requested_at=at("08:11"),
        sent=at("08:11:30"),
        accepted=at("08:12"),
        failed=True,
        cause="no place",
    ),
    stop=Stop(at("08:03"), at("08:04")),
    backoff=Backoff(at("08:13"), "unable to place a task"),
    stopped=at("08:06"),
    armed=at("08:10"),
    routing_restored_at=at("08:20"),
    usual_wake=timedelta(seconds=100),
    failures=2,
    would_sleep_since=at("08:07"),
    metrics_late=at("08:08"),
    targetless_since=at("08:09"),
    hold=Hold(at("12:00"), "demo"),
    sleep_requested=at("08:14"),
    awake_since=at("08:15"),
    time_asleep=TimeAsleep(date(2026, 3, 1), timedelta(hours=1), timedelta(hours=2)),
    changes=(PhaseChange(6, at("09:00"), Phase.AWAKE, Phase.DRAINING, Reason.DRAINING),),
    notified=5,
    deployment_since=at("08:19"),
    leaving=Leaving(at("08:16")),
    scaling=Scaling(Suspension(scale_in=True), at("08:21")),
    watcher_expected_until=at("08:17"),
    watcher_until=at("08:18"),
)
NOW = at("10:00")


def without_fields(state: ServiceState, *names: str) -> ServiceState:
    """Return the service state with these fields as they are in a new service state."""
    new = ServiceState(state.name, state.phase, state.since)
    return replace(state, **{name: getattr(new, name) for name in names})


def test_every_field_of_the_initial_state_is_set() -> None:
    new = ServiceState(NAME, Phase.AWAKE, since=NOW)
    assert [f.name for f in fields(ServiceState) if getattr(EVERYTHING, f.name) == getattr(new, f.name)] == ["name"]


def test_a_service_that_falls_asleep_has_no_request_and_no_wake_left() -> None:
    asleep = replace(EVERYTHING, phase=Phase.ASLEEP, since=NOW, stopped=NOW)
    requests, parts = (
        ("requested_at", "hold", "sleep_requested"),
        ("wake", "stop", "backoff", "armed", "routing_restored_at"),
    )
    expected = without_fields(asleep, *requests, *parts, "would_sleep_since", "metrics_late", "deployment_since")
    assert phases.fall_asleep(EVERYTHING, NOW, stopped=NOW) == expected


def test_a_new_wake_clears_the_earlier_wake_but_keeps_the_number_of_failures() -> None:
    begun = begin_waking(a_service(), running_facts(), EVERYTHING, NOW, requested_at=at("09:59"))
    wake = Wake(NOW + timedelta(minutes=5), first_requested_at=at("09:59"), sent=NOW)
    waking = replace(EVERYTHING, phase=Phase.WAKING, since=NOW, requested_at=at("09:59"), wake=wake)
    over = (
        "stop",
        "backoff",
        "armed",
        "routing_restored_at",
        "would_sleep_since",
        "sleep_requested",
        "deployment_since",
    )
    assert begun == without_fields(waking, *over)
    armed = begin_waking(a_service_woken_by_requests(), running_facts(), EVERYTHING, NOW, requested_at=at("09:59"))
    assert armed == replace(begun, armed=NOW)


def test_a_service_that_becomes_awake_records_its_count_and_keeps_its_wake() -> None:
    times = TaskTimes(created=at("09:58"), pulled=at("09:58:20"), started=at("09:58:30"))
    wake = replace(wake_of(EVERYTHING), created=times.created, pulled=times.pulled, started=times.started, healthy=NOW)
    awake = replace(EVERYTHING, phase=Phase.AWAKE, since=NOW, restore=2, wake=wake)
    expected = without_fields(awake, "failures", "stopped", "armed", "routing_restored_at", "deployment_since")
    assert awake_now(a_service_woken_by_requests(), EVERYTHING, running_facts(2), NOW, times).state == expected
    disarmed = replace(expected, routing_restored_at=NOW)
    assert awake_now(a_service(), EVERYTHING, running_facts(2), NOW, times).state == disarmed


def test_task_times_of_an_earlier_wake_are_cleared_if_the_new_ones_were_not_observed() -> None:
    before = replace(EVERYTHING, wake=a_wake(created=at("08:11"), pulled=at("08:12"), started=at("08:13")))
    awake = awake_now(a_service_woken_by_requests(), before, running_facts(2), NOW, NOT_OBSERVED).state
    assert awake is not None
    assert awake.wake == a_wake(healthy=NOW)


def test_a_service_that_the_module_releases_has_nothing_pending() -> None:
    awake = replace(EVERYTHING, phase=Phase.AWAKE, since=NOW)
    requests, parts = (
        ("requested_at", "hold", "sleep_requested"),
        ("wake", "stop", "backoff", "armed", "routing_restored_at", "stopped"),
    )
    assert phases.stop_managing(EVERYTHING, NOW) == without_fields(
        awake, *requests, *parts, "failures", "deployment_since"
    )
