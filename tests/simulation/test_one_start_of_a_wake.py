"""A wake may be requested many times: log, notification, metric and page all count from the first request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

import scale_to_zero.actions.notifying
import scale_to_zero.commands.watcher
import scale_to_zero.rules.phase_changes
from scale_to_zero.actions.measuring import measures_of
from scale_to_zero.actions.notification_texts import ChangeKind, change_of, message
from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import PhaseChange, ServiceState
from scale_to_zero.rules.waking import awake_now
from simulator import http
from simulator.runs import WATCHER
from simulator.world import SlowStart

from .patient_clients import follow
from .scenes import SECOND, SHOP, fallen_asleep, must_be_disarmed
from .simulation import Simulation

POLLED = 80 * SECOND
SLOW = 84 * SECOND


@dataclass
class Reported:
    """The seconds that each source reported for one wake. ``began``: when the wake was first requested."""

    began: datetime
    page: list[int] = field(default_factory=list)
    log: list[int] = field(default_factory=list)
    notification: list[int] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)


def slow_wake(sim: Simulation, happens: Callable[[], object]) -> Reported:
    """Let something happen during a wake of a minute and a half; return what was reported about the wake."""
    fallen_asleep(sim)
    sim.world.set_start_fault(*SHOP.name, SlowStart(SLOW))
    reported = Reported(sim.world.now)

    def poll() -> None:
        reported.page.append(follow(sim, SHOP, http.by_page(SHOP)).json()["elapsed_seconds"])

    sim.after(POLLED, poll)
    happens()
    sim.minutes(3)
    must_be_disarmed(sim)
    reported.log = [
        int(seconds)
        for *_, line in sim.checker.notifications.starts.ready_lines
        for seconds in re.findall(r"awake, (\d+)", line)
    ]
    for notification in sim.ports.sent_notifications:
        if change_of(notification.change) is ChangeKind.AWAKE:
            reported.notification += map(int, re.findall(r"(\d+)", message("shop", notification.change, "en")))
    reported.metric = [
        one.measure.value
        for one in sim.ports.measured
        if one.measure.metric_name == "WakeDuration" and not one.measure.further
    ]
    return reported


def must_agree(reported: Reported) -> None:
    [log], [notification], [metric], [page] = reported.log, reported.notification, reported.metric, reported.page
    assert log == notification
    assert 85 <= log <= metric <= log + 5, reported
    assert page == pytest.approx(POLLED / SECOND, abs=1.5)


def test_two_requests_85_seconds_apart() -> None:
    with Simulation() as sim:

        def happens() -> None:
            sim.after(0 * SECOND, lambda: sim.wake({"service": "shop"}))
            sim.after(85 * SECOND, lambda: sim.wake({"service": "shop"}))

        must_agree(slow_wake(sim, happens))


def test_scale_up_invoked_twice_ten_seconds_apart() -> None:
    with Simulation() as sim:

        def happens() -> None:
            sim.after(0 * SECOND, lambda: sim.wake({}))
            sim.after(10 * SECOND, lambda: sim.wake({}))

        must_agree(slow_wake(sim, happens))


def test_a_watcher_that_is_sent_again_and_again() -> None:
    with Simulation() as sim:

        def happens() -> None:
            sim.after(0 * SECOND, lambda: follow(sim, SHOP, http.by_browser(SHOP)))
            for second in range(3, 90, 3):
                sim.after(second * SECOND, lambda: sim.wake({"services": ["shop"], "watcher": True}, WATCHER))

        must_agree(slow_wake(sim, happens))


def test_clients_and_holds_while_it_wakes() -> None:
    with Simulation() as sim:

        def happens() -> None:
            sim.after(0 * SECOND, lambda: sim.wake({"service": "shop"}))
            sim.after(30 * SECOND, lambda: sim.wake({"service": "shop", "hold_minutes": 30}))
            for second in range(40, 84, 4):
                sim.after(second * SECOND, lambda: follow(sim, SHOP, http.by_browser(SHOP)))

        must_agree(slow_wake(sim, happens))


def test_a_wake_that_counts_from_a_later_request_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def last_request(before: ServiceState, _after: ServiceState, _reason: Reason) -> datetime | None:
        return before.requested_at

    monkeypatch.setattr(scale_to_zero.rules.phase_changes, "_began", last_request)
    must_be_noticed(r"that was first requested at .* counts from")


def test_a_metric_that_counts_from_a_later_request_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_short(service: Service, state: ServiceState, change: PhaseChange) -> list[Measure]:
        return measures_of(service, state, replace(change, began=change.at - 5 * SECOND))

    monkeypatch.setattr(scale_to_zero.actions.notifying, "measures_of", too_short)
    must_be_noticed("is measured to take")


def test_a_log_line_that_counts_from_a_later_request_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_short(*arguments: Any) -> Decision:
        return replace(awake_now(*arguments), sentence="shop is awake, 5 seconds after its wake began")

    monkeypatch.setattr(scale_to_zero.commands.watcher, "awake_now", too_short)
    must_be_noticed("and the log says")


def must_be_noticed(message: str) -> None:
    with Simulation() as sim:

        def happens() -> None:
            sim.after(0 * SECOND, lambda: sim.wake({}))
            sim.after(10 * SECOND, lambda: sim.wake({}))

        with pytest.raises(AssertionError, match=message):
            slow_wake(sim, happens)
