"""Each broken promise about wake rules and clients is noticed: each test removes a rule, and the scenario must fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import scale_to_zero.actions.disarming
import scale_to_zero.commands.wake
import scale_to_zero.rules.arming
import scale_to_zero.rules.going_to_zero
import scale_to_zero.tick.keep_rules
import scale_to_zero.tick.observe
import scale_to_zero.tick.run
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Readiness, Snapshot
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.draining import needed_while_draining
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.wake_rules import RuleChange, rule_changes
from scale_to_zero.web.visitor import answers, handler, visit, waiting_requests
from scale_to_zero.web.visitor.kinds import RequestKind
from simulator import http
from simulator.account import a_service, woken_by_requests
from simulator.calls import SET_DESIRED_COUNT
from simulator.fault_injection import CallFault, Planned
from simulator.ports import table
from simulator.routing import ClientRequest
from simulator.runs import TICK

from .patient_clients import follow, program
from .scenarios import Scenario
from .scenes import (
    SECOND,
    SHOP,
    STOPPING_TICK,
    TASKS,
    asleep_again,
    draining,
    fallen_asleep,
    propagating,
)
from .simulation import Simulation

Change = Callable[[Snapshot, Decision], Decision]


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


def stay_instead(_snapshot: Snapshot, decision: Decision) -> Decision:
    return replace(decision, action=Action.STAY, state=None, desired=None)


def call(
    sim: Simulation, make_request: Callable[[Service], ClientRequest] = http.by_program, service: Service = SHOP
) -> None:
    """Let a client send a request now."""
    sim.after(timedelta(0), lambda: follow(sim, service, make_request(service)))


def do_not_arm(service: Service, state: ServiceState, seen: Any) -> list[RuleChange]:
    return [change for change in rule_changes(service, state, seen) if change.conditions == DISARMED]


# Stops


def test_a_stop_before_the_metrics_have_caught_up_with_the_arming_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "RULE_PROPAGATION", -timedelta(minutes=10))
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        with pytest.raises(AssertionError, match="before its wake rules were in force"):
            sim.minutes(STOPPING_TICK)


@pytest.mark.parametrize("second", [-5, 5])
def test_a_stop_after_a_request_around_the_arming_is_noticed(monkeypatch: pytest.MonkeyPatch, second: int) -> None:
    """Within the metrics' delay before the rules were armed, or just after, while the old rules were still in force."""
    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "RULE_PROPAGATION", -timedelta(minutes=10))
    with Simulation(timings=propagating(20)) as sim:
        sim.add_service(SHOP, desired=TASKS)
        sim.after(timedelta(minutes=5, seconds=10 + second), lambda: sim.request(SHOP))
        with pytest.raises(AssertionError, match="though its wake rules must catch it"):
            sim.minutes(STOPPING_TICK)


def test_a_stop_while_a_rule_is_not_armed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.tick.keep_rules, "rule_changes", do_not_arm)
    monkeypatch.setattr(scale_to_zero.rules.arming, "all_wake_rules_armed", lambda _service, _seen: True)
    with Simulation() as sim:
        sim.tracker.rules.rules_disagree = lambda *_: ""  # type: ignore[method-assign]
        sim.add_service(SHOP, desired=TASKS)
        with pytest.raises(AssertionError, match=r"while its wake rule group-0 was not in force"):
            sim.minutes(STOPPING_TICK)


def test_a_stop_after_a_request_while_it_drained_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def answered_but_not_saved(service: Service, state: ServiceState, now: datetime) -> Decision:
        return replace(needed_while_draining(service, state, now), state=state)

    monkeypatch.setattr(visit, "needed_while_draining", answered_but_not_saved)
    monkeypatch.setattr(visit, "disarm_wake_rules", lambda _ports, _service, state: state)
    with Simulation(timings=propagating(0)) as sim:
        draining(sim)
        sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, http.by_program(SHOP)))
        with pytest.raises(AssertionError, match="after a request for it"):
            sim.minutes(STOPPING_TICK)


def test_a_stop_while_a_task_is_protected_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    def asleep_instead(snapshot: Snapshot, decision: Decision) -> Decision:
        state = snapshot.state
        assert isinstance(state, ServiceState)
        asleep = replace(state, phase=Phase.ASLEEP, stopped=state.since)
        return replace(decision, action=Action.SLEEP, state=asleep, desired=0)

    ticks_decide(Reason.NEEDED_WHILE_DRAINING, asleep_instead)
    with Simulation() as sim:
        draining(sim)
        sim.ports.protected_until[SHOP.name] = sim.world.now + timedelta(hours=1)
        with pytest.raises(AssertionError, match="while a task was protected"):
            sim.minutes(STOPPING_TICK)


def test_a_slow_stop_that_undoes_the_wake_of_a_client_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_lease(snapshot: Snapshot, now: datetime, hold: Hold | None) -> Decision:
        state = snapshot.state
        assert isinstance(state, ServiceState)
        return decide_wake(replace(snapshot, state=replace(state, stop=None)), now, hold)

    monkeypatch.setattr(scale_to_zero.commands.wake, "decide_wake", without_lease)
    scenario = Scenario(
        TICK,
        STOPPING_TICK,
        SET_DESIRED_COUNT,
        lambda sim: sim.minutes(STOPPING_TICK + 0.5),
        lambda sim: sim.minutes(16),
        SHOP,
    )
    number = scenario.number_of_key_call()

    def requested_meanwhile(sim: Simulation) -> Planned:
        visit = lambda: sim.after(SECOND, lambda: call(sim))  # noqa: E731
        return Planned(TICK, scenario.number, number, CallFault(lasts=20 * SECOND), visit)

    with pytest.raises(AssertionError, match=r"stops? .*(without a lease|whose wake was requested)"):
        scenario.play(requested_meanwhile)


def test_a_service_that_drains_for_too_long_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.IDLE, stay_instead)
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        with pytest.raises(AssertionError, match="has been draining for"):
            sim.minutes(35)


def test_an_unused_service_that_drains_again_and_again_is_noticed(
    ticks_decide: Callable[[Reason, Change], None],
) -> None:
    def awake_again(snapshot: Snapshot, decision: Decision) -> Decision:
        assert decision.state is not None
        assert isinstance(snapshot.state, ServiceState)
        awake = replace(snapshot.state, phase=Phase.AWAKE, since=decision.state.since, armed=None)
        return Decision(Action.SAVE_STATE, Reason.NEEDED_WHILE_DRAINING, decision.sentence, awake)

    ticks_decide(Reason.IDLE, awake_again)
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        with pytest.raises(AssertionError, match="but was never stopped"):
            sim.minutes(60)


# Rules


def test_an_awake_service_whose_rules_stay_armed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_ports: Ports, _arns: Sequence[str]) -> None:
        pass

    monkeypatch.setattr(scale_to_zero.actions.disarming, "disarm", nothing)
    monkeypatch.setattr(scale_to_zero.tick.keep_rules, "rule_changes", lambda *_: [])
    with Simulation() as sim:
        on_request = SHOP.wake_on_request
        assert on_request is not None
        sim.add_service(SHOP, desired=TASKS)
        own = sim.ports.listeners.rules(on_request.rules[0].listener_arn)[on_request.rules[0].own_rule_arn or ""]
        sim.ports.listeners.set_conditions(on_request.rules[0].arn, own.conditions)
        with pytest.raises(AssertionError, match="do not agree with its phase: not all disarmed"):
            sim.minutes(10)


@pytest.mark.parametrize(
    ("which", "wrong"), [("rules", "group-1 not armed"), ("uptime_checks", "a rule for uptime checks not armed")]
)
def test_a_rule_that_is_not_armed_again_is_noticed(monkeypatch: pytest.MonkeyPatch, which: str, wrong: str) -> None:
    monitored = woken_by_requests(a_service("shop", groups=2), monitored=True)
    with Simulation() as sim:
        fallen_asleep(sim, monitored)
        monkeypatch.setattr(scale_to_zero.tick.keep_rules, "rule_changes", lambda *_: [])
        sim.ports.listeners.set_conditions(getattr(monitored.wake_on_request, which)[1].arn, DISARMED)
        with pytest.raises(AssertionError, match=f"do not agree with its phase: {wrong}"):
            sim.minutes(10)


# Clients


def test_an_answer_without_retry_after_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_retry_after(*arguments: Any, **more: Any) -> answers.Answer:
        answer = problem(*arguments, **more)
        del answer["multiValueHeaders"]["Retry-After"]
        return answer

    problem = answers.problem
    monkeypatch.setattr(answers, "problem", without_retry_after)
    with Simulation() as sim:
        fallen_asleep(sim)
        call(sim)
        with pytest.raises(AssertionError, match="which is not useful"):
            sim.minutes(1)


def test_an_answer_that_the_service_is_unknown_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table.InMemoryConfiguration, "service_of", lambda _self, _arn: None)
    with Simulation() as sim:
        fallen_asleep(sim)
        call(sim)
        with pytest.raises(AssertionError, match="though the module manages the service"):
            sim.minutes(1)


def test_disarming_before_a_target_is_ready_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.tick.observe, "judge_readiness", lambda *_, **__: Readiness(ready=True))
    with Simulation(timings=propagating(0)) as sim:
        fallen_asleep(sim)
        sim.after(timedelta(0), lambda: program(sim, SHOP))
        with pytest.raises(AssertionError, match=r"was answered 503 .* from the load balancer"):
            sim.minutes(1)


def test_redirects_without_end_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "LAST_REDIRECT", timedelta(days=1))
    with Simulation(timings=propagating(60)) as sim:
        draining(sim)
        sim.minutes(1.1)
        call(sim)
        with pytest.raises(AssertionError, match="was redirected 21 times"):
            sim.minutes(2)


def test_a_request_without_a_wake_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit.Visit, "_start_watcher", lambda _self: None)
    without_waiting = woken_by_requests(a_service("shop", groups=2), wait=timedelta(0))
    with Simulation() as sim:
        fallen_asleep(sim, without_waiting)
        sim.after(timedelta(0), lambda: program(sim, without_waiting))
        with pytest.raises(AssertionError, match="was never served"):
            sim.minutes(15)


@pytest.mark.parametrize("make_request", [http.by_page, http.by_monitor])
def test_a_poll_or_uptime_check_that_wakes_is_noticed(
    monkeypatch: pytest.MonkeyPatch, make_request: Callable[[Service], ClientRequest]
) -> None:
    monitored = woken_by_requests(a_service("shop", groups=2), monitored=True)
    monkeypatch.setattr(handler, "kind_of", lambda _request, _wake: RequestKind.CLIENT)
    with Simulation() as sim:
        fallen_asleep(sim, monitored)
        call(sim, make_request, monitored)
        with pytest.raises(AssertionError, match=r"of a (page|monitor), called take_lease"):
            sim.minutes(1)


def test_a_visit_that_changes_a_count_itself_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(one: visit.Visit) -> None:
        one.ports.services.set_desired_count(one.service.name, 1)

    monkeypatch.setattr(visit.Visit, "_start_watcher", start)
    with Simulation() as sim:
        fallen_asleep(sim)
        call(sim)
        with pytest.raises(AssertionError, match="visits only send watchers"):
            sim.minutes(1)


WAITING = woken_by_requests(a_service("shop", groups=2), wait=50 * SECOND, max_waiting=3)


def five_requests(sim: Simulation) -> None:
    asleep_again(sim, WAITING)
    for _ in range(5):
        call(sim, service=WAITING)


def test_too_many_waiting_requests_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    add_waiting_request = table.InMemoryTable.add_waiting_request

    def take(states: table.InMemoryTable, name: ServiceName, wake: datetime, most: int) -> bool:
        return add_waiting_request(states, name, wake, most + 10)

    monkeypatch.setattr(table.InMemoryTable, "add_waiting_request", take)
    with Simulation(timings=propagating(0, task_start=20 * SECOND)) as sim:
        five_requests(sim)
        with pytest.raises(AssertionError, match="at most 3 may wait"):
            sim.minutes(1)


def test_a_waiting_request_that_is_not_counted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_requests.WaitingRequest, "begin", lambda _self, _state: True)
    with Simulation(timings=propagating(0, task_start=20 * SECOND)) as sim:
        five_requests(sim)
        with pytest.raises(AssertionError, match="waits, but is not counted"):
            sim.minutes(1)


# Wakes


def test_a_second_update_for_the_same_wake_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(snapshot: Snapshot, now: datetime, hold: Hold | None) -> Decision:
        decision = decide_wake(snapshot, now, hold)
        return replace(decision, desired=TASKS) if decision.reason is Reason.WAKING else decision

    monkeypatch.setattr(scale_to_zero.commands.wake, "decide_wake", again)
    with Simulation() as sim:
        fallen_asleep(sim)
        call(sim)
        sim.after(10 * SECOND, lambda: sim.wake({}))
        with pytest.raises(AssertionError, match="which ECS had shown already"):
            sim.minutes(1)


def test_a_wake_that_was_not_requested_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    def wake_instead(snapshot: Snapshot, decision: Decision) -> Decision:
        state = snapshot.state
        assert isinstance(state, ServiceState)
        return replace(decision, action=Action.WAKE, state=replace(state, phase=Phase.WAKING), desired=TASKS)

    ticks_decide(Reason.ASLEEP, wake_instead)
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        with pytest.raises(AssertionError, match="but no wake has been requested"):
            sim.minutes(15)
