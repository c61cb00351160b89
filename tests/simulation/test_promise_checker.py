"""The checker and the tracker notice each broken promise: each test removes a rule, and the scenario must fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

import scale_to_zero.commands.leaving
import scale_to_zero.commands.wake
import scale_to_zero.rules.draining
import scale_to_zero.rules.going_to_zero
import scale_to_zero.rules.traffic
import scale_to_zero.tick.run
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, TrafficSource
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.idleness import late_metrics, lately_with_targets
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT
from scale_to_zero.rules.vetoes import Rule
from simulator.fault_injection import CallFault, Planned
from simulator.ports.faults import Fault
from simulator.runs import SCALE_UP, TICK
from simulator.simulation import START
from simulator.terraform import Terraform
from simulator.world import NoCapacity

from .scenarios import SCENARIOS, STOPPING_TICK, TASKS, WEB
from .simulation import Simulation

Change = Callable[[Snapshot, Decision], Decision]


def asleep_instead(snapshot: Snapshot, decision: Decision) -> Decision:
    """Return a stop instead of the decision."""
    state = snapshot.state
    assert isinstance(state, ServiceState)
    now = START + timedelta(days=1)
    asleep = replace(state, phase=Phase.ASLEEP, stopped=now, last_activity=now)
    return replace(decision, action=Action.SLEEP, state=asleep, desired=0)


def stay_instead(_snapshot: Snapshot, decision: Decision) -> Decision:
    """Return no action instead of the decision."""
    return replace(decision, action=Action.STAY, state=None, desired=None)


@pytest.fixture
def ticks_decide(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reason, Change], None]:
    """Change each decision of a tick that has this reason."""

    def arrange(reason: Reason, change: Change) -> None:
        def changed(snapshot: Snapshot, now: datetime) -> Decision:
            decision = decide(snapshot, now)
            observes_only = decision.action is Action.OBSERVE
            if decision.reason is not reason or observes_only:
                return decision
            assert isinstance(snapshot.state, ServiceState)
            return with_change_recorded(snapshot.state, change(snapshot, decision), now)

        monkeypatch.setattr(scale_to_zero.tick.run, "decide", changed)

    return arrange


def with_requests(sim: Simulation) -> None:
    for minute in range(1, 30):
        sim.at(START + timedelta(minutes=minute * 3), lambda: sim.request(WEB))


def deployed(sim: Simulation) -> None:
    sim.world.set_start_fault(*WEB.name, NoCapacity())
    sim.at(START + timedelta(minutes=5), lambda: sim.deploy(WEB.name))


def with_a_busy_task(sim: Simulation) -> None:
    sim.ports.protected_until[WEB.name] = START + timedelta(days=1)


def with_another_traffic_source(sim: Simulation) -> None:
    def seen_as(facts: ServiceFacts) -> ServiceFacts:
        return replace(facts, traffic_sources=facts.traffic_sources | {TrafficSource("Cloud Map registry", "srv-1")})

    sim.ports.seen_as[WEB.name] = seen_as


def with_a_gateway_connector(sim: Simulation) -> None:
    sim.deploy(WEB.name, ["http"])


def scaled(sim: Simulation) -> None:
    sim.scaled.register(WEB.name, 0, 3)


def with_partial_metrics(sim: Simulation) -> None:
    sim.ports.faults.fail("read_metrics")
    sim.fault_plan = Planned(TICK, 6, 5, CallFault(Fault.REFUSED))


def without_events(_sim: Simulation) -> None:
    pass


STOPS = [
    (Reason.IN_USE, with_requests, "without complete metrics"),
    (Reason.METRICS_BEHIND, without_events, "had observed it only"),
    (Reason.RECENTLY_ACTIVE, without_events, "without complete metrics"),
    (Reason.DEPLOYMENT_RUNNING, deployed, "while a deployment ran"),
    (Reason.UNWATCHED_TRAFFIC_SOURCE, with_another_traffic_source, "unwatched traffic source"),
    (Reason.UNWATCHED_TRAFFIC_SOURCE, with_a_gateway_connector, "unwatched traffic source"),
    (Reason.LEFT_TO_AUTO_SCALING, scaled, "which Application Auto Scaling itself stops"),
    (Reason.TRAFFIC_UNKNOWN, with_partial_metrics, "without complete metrics"),
    (Reason.TASK_PROTECTED, with_a_busy_task, "while a task was protected"),
]


@pytest.mark.parametrize(("reason", "arrange", "noticed"), STOPS, ids=[case[0] for case in STOPS])
def test_a_stop_that_must_not_happen_is_noticed(
    ticks_decide: Callable[[Reason, Change], None],
    reason: Reason,
    arrange: Callable[[Simulation], None],
    noticed: str,
) -> None:
    ticks_decide(reason, asleep_instead)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        arrange(sim)
        with pytest.raises(AssertionError, match=noticed):
            sim.minutes(30)


def without(monkeypatch: pytest.MonkeyPatch, rule: Rule) -> None:
    """Remove a rule, so that a service goes to zero that the rule would keep awake."""
    for module in (scale_to_zero.rules.draining, scale_to_zero.rules.going_to_zero):
        for name in ("BEFORE_SLEEP", "BEFORE_DRAINING", "BEFORE_STOP"):
            rules = getattr(module, name, ())
            monkeypatch.setattr(module, name, tuple(one for one in rules if one is not rule), raising=False)


def test_a_stop_after_a_request_that_the_metrics_showed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.traffic, "_newest_request", lambda _pairs, _series: None)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        with_requests(sim)
        with pytest.raises(AssertionError, match=r"after a request .* which the metrics showed"):
            sim.minutes(30)


def test_a_stop_while_metrics_are_late_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the targets are not read, an outage of CloudWatch looks like a service without targets."""
    without(monkeypatch, late_metrics)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(3)
        sim.world.metrics.aws_delay = timedelta(hours=1)
        sim.tracker.hinder(WEB.name, "metrics are late")
        with_requests(sim)
        with pytest.raises(AssertionError, match=r"though .* has targets"):
            sim.minutes(60)


def test_a_stop_too_soon_after_the_targets_are_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, lately_with_targets)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(3)
        sim.world.set_start_fault(*WEB.name, NoCapacity())
        for task in sim.world.tasks(*WEB.name):
            sim.world.kill_task(task.id)
        with pytest.raises(AssertionError, match="is known to have no targets only since"):
            sim.minutes(30)


def test_a_stop_by_metrics_with_a_gap_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.traffic, "_unbroken_since", lambda points, _newest: min(points))
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.at(START + 4 * MINUTE, lambda: sim.world.withhold_metric(HEALTHY_HOST_COUNT))
        sim.at(START + 5 * MINUTE + timedelta(seconds=1), lambda: sim.world.publish_metric_again(HEALTHY_HOST_COUNT))
        with pytest.raises(AssertionError, match="have a gap before"):
            sim.minutes(30)


def test_an_idle_service_that_stays_awake_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.IDLE, stay_instead)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        with pytest.raises(AssertionError, match=r"has been unused since .* but is awake"):
            sim.minutes(30)


def test_a_stop_of_a_service_in_dry_run_mode_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.WOULD_SLEEP, asleep_instead)
    with Simulation() as sim:
        sim.add_service(replace(WEB, mode=Mode.DRY_RUN), desired=TASKS)
        with pytest.raises(AssertionError, match=f"though its mode was {Mode.DRY_RUN}"):
            sim.minutes(30)


def test_a_service_state_that_never_agrees_with_ecs_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.STARTED_ELSEWHERE, stay_instead)
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        # A service that is ready would be awake at once.
        sim.at(START + timedelta(minutes=11), lambda: sim.world.set_start_fault(*WEB.name, NoCapacity()))
        sim.at(START + timedelta(minutes=12), lambda: sim.set_by_hand(WEB.name, 1))
        with pytest.raises(AssertionError, match="the service state does not agree"):
            sim.minutes(30)


def test_a_wake_that_no_run_completes_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.WAKE_UNFINISHED, stay_instead)
    scenario = SCENARIOS["wake"]
    number = scenario.number_of_key_call()
    with pytest.raises(AssertionError, match=r"a wake of .* was recorded at .* but its desired count is 0"):
        scenario.play(lambda _sim: Planned(SCALE_UP, 1, number, CallFault(Fault.CUT_OFF_BEFORE)))


def test_a_wake_with_a_wrong_count_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_more(snapshot: Snapshot, now: datetime, hold: Hold | None) -> Decision:
        decision = decide_wake(snapshot, now, hold)
        return replace(decision, desired=decision.desired + 1) if decision.desired else decision

    monkeypatch.setattr(scale_to_zero.commands.wake, "decide_wake", one_more)
    with pytest.raises(AssertionError, match=r"requested 3 tasks .*, not \[2\]"):
        SCENARIOS["wake"].play(lambda sim: sim.fault_plan)


def test_a_stop_that_undoes_a_wake_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lease a wake starts at once, and the slow stop takes effect after it."""

    def without_lease(snapshot: Snapshot, now: datetime, hold: Hold | None) -> Decision:
        state = snapshot.state
        assert isinstance(state, ServiceState)
        return decide_wake(replace(snapshot, state=replace(state, stop=None)), now, hold)

    monkeypatch.setattr(scale_to_zero.commands.wake, "decide_wake", without_lease)
    scenario = SCENARIOS["sleep"]
    number = scenario.number_of_key_call()

    def woken_meanwhile(sim: Simulation) -> Planned:
        wake = lambda: sim.after(timedelta(seconds=1), lambda: sim.wake({}))  # noqa: E731
        return Planned(TICK, scenario.number, number, CallFault(lasts=timedelta(seconds=20)), wake)

    with pytest.raises(AssertionError, match=r"stops? .*(without a lease|whose wake was requested)"):
        scenario.play(woken_meanwhile)


def test_an_uninstall_that_does_not_wait_for_a_stop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def do_not_wait(_ports: Ports, *_arguments: object) -> None:
        pass

    monkeypatch.setattr(scale_to_zero.commands.leaving, "_wait_for_a_stop", do_not_wait)
    number = SCENARIOS["sleep"].number_of_key_call()
    with Simulation() as sim:
        meanwhile = lambda: sim.after(timedelta(seconds=1), lambda: Terraform(sim, WEB).apply(None))  # noqa: E731
        sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=timedelta(seconds=20)), meanwhile)
        sim.add_service(WEB, desired=TASKS)
        with pytest.raises(AssertionError, match=r"without a lease|which has left the module"):
            sim.minutes(STOPPING_TICK + 5)


def test_an_uninstall_that_brings_nothing_back_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def bring_nothing_back(_ports: Ports, *_arguments: object) -> tuple[str, int | None]:
        return "left as it is", None

    monkeypatch.setattr(scale_to_zero.commands.leaving, "_bring_back", bring_nothing_back)
    with pytest.raises(AssertionError, match=r"at zero, but tick 9 had stopped it"):
        SCENARIOS["uninstall"].play(lambda sim: sim.fault_plan)
