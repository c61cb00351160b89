"""The log, the API, the control panel and the functions' answers show the reason for the phase of a service."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.explanations import LASTING
from scale_to_zero.tick import acts, run
from scale_to_zero.web.api import answer_call
from scale_to_zero.web.panel import show_panel
from scale_to_zero.web.panel.reason_words import REASONS
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from tests.unit.listener import LISTENER, OWN_RULE, a_listener, woken_by_requests
from tests.unit.web.api.gateway import an_event

from .module_instance import ModuleInstance

WEB: Final = a_service("web")
LOGGERS: Final = ("scale_to_zero.tick.explaining", "scale_to_zero.actions.act")


@dataclass
class Decided:
    """A decision function that always returns the same decision."""

    decision: Decision

    def __call__(self, snapshot: Snapshot, _now: datetime) -> Decision:
        """Return the decision. If it saves the state, it saves the present state again."""
        if self.decision.action is Action.SAVE_STATE and isinstance(snapshot.state, ServiceState):
            return replace(self.decision, state=snapshot.state)
        return self.decision


class Reader:
    """Reads every place that shows the reason for the phase of a service."""

    def __init__(self, instance: ModuleInstance, log: pytest.LogCaptureFixture) -> None:
        self.instance = instance
        self._log = log
        log.set_level(logging.INFO)

    def tick(self) -> list[str]:
        """Run scale-to-zero once; return the lines that it logs about services."""
        self._log.clear()
        self.instance.tick()
        self.instance.world.advance(MINUTE)
        return [record.getMessage() for record in self._log.records if record.name in LOGGERS]

    def faulty_tick(self) -> list[str]:
        """Do the same if the run may end with an error."""
        try:
            return self.tick()
        except run.TickFailed:
            self.instance.world.advance(MINUTE)
        return [record.getMessage() for record in self._log.records if record.name in LOGGERS]

    def level(self) -> int:
        """Return the level of the newest line about a service."""
        return [record.levelno for record in self._log.records if record.name in LOGGERS][-1]

    def api(self, key: str = "web") -> dict[str, Any]:
        """Return the answer of the API about a service."""
        event = an_event("GET", f"/services/{key}")
        answered = answer_call(self.instance.ports.gathered(), event, longest_hold=LONGEST_HOLD)
        answer: dict[str, Any] = json.loads(str(answered["body"]))
        return answer

    def panel(self, language: str) -> str:
        """Return what the control panel shows."""
        return show_panel(self.instance.ports.gathered(), {}, function_arn="arn:panel", language=language)

    def scale_up(self) -> object:
        """Return the "trouble" that scale-up answers."""
        return self.instance.wake({"service": "web", "release": True})["web"]["trouble"]


@pytest.fixture
def reader(caplog: pytest.LogCaptureFixture) -> Reader:
    instance = ModuleInstance(WEB)
    instance.tick()
    return Reader(instance, caplog)


@pytest.fixture
def decides(monkeypatch: pytest.MonkeyPatch) -> Callable[[Decision], None]:
    def decide(decision: Decision) -> None:
        monkeypatch.setattr(run, "decide", Decided(decision))

    return decide


@pytest.mark.parametrize("action", [Action.STAY, Action.SKIP, Action.SAVE_STATE])
@pytest.mark.parametrize("reason", Reason)
def test_every_sentence_with_a_warning_is_shown_everywhere(
    reader: Reader, decides: Callable[[Decision], None], reason: Reason, action: Action
) -> None:
    first, second = (f"web: {reason}, {number}; do what helps" for number in ("first", "second"))
    decides(Decision(action, reason, first, warning=True))
    assert reader.tick() == [first]
    assert reader.level() == logging.WARNING
    answer = reader.api()
    assert (answer["trouble"], answer["explanation"]["sentence"], reader.scale_up()) == (first, first, first)
    for language in ("en", "fr"):
        shown = reader.panel(language)
        assert first in shown
        assert REASONS[language][answer["explanation"]["reason"]].replace("'", "&#x27;") in shown
    within_the_hour = [line for _ in range(59) for line in reader.tick()]
    assert within_the_hour == []
    assert reader.tick() == [first]
    decides(Decision(action, reason, second, warning=True))
    assert reader.tick() == [second]
    assert reader.api()["trouble"] == second
    decides(Decision(Action.STAY, Reason.MAY_BE_IDLE, "web was needed"))
    assert reader.tick() == [f"web was needed; {answer['explanation']['reason']} has ended"]
    assert reader.level() == logging.INFO
    assert (reader.api()["trouble"], reader.api()["explanation"], reader.scale_up()) == (None, None, None)
    assert "do what helps" not in reader.panel("en")


@pytest.mark.parametrize("reason", Reason)
def test_a_sentence_without_a_warning_is_shown_if_its_reason_may_last(
    reader: Reader, decides: Callable[[Decision], None], reason: Reason
) -> None:
    decides(Decision(Action.STAY, reason, f"web: {reason}"))
    lines = [line for _ in range(121) for line in reader.tick()]
    answer = reader.api()
    assert answer["trouble"] is None
    if reason in LASTING:
        assert lines == [f"web: {reason}"]
        assert answer["explanation"]["sentence"] == f"web: {reason}"
        assert f"web: {reason}" in reader.panel("fr")
    else:
        assert (lines, answer["explanation"]) == ([], None)


VISITED: Final = a_service("web", wake_on_request=woken_by_requests())
Scene = Callable[[ModuleInstance], object]


def a_second_target_group(instance: ModuleInstance) -> None:
    web = instance.ports.table.services["web"]
    instance.ports.table.services["web"] = replace(web, target_group_arns=web.target_group_arns[:1])


def its_own_rule_deleted(instance: ModuleInstance) -> None:
    rules = {arn: rule for arn, rule in a_listener().items() if arn != OWN_RULE}
    instance.ports.listeners.put(LISTENER, *rules.values())


def attached_to_no_load_balancer(instance: ModuleInstance) -> None:
    for arn in WEB.target_group_arns:
        instance.world.attach_target_group(arn, None)


def deleted(instance: ModuleInstance) -> None:
    instance.world.delete_service(*WEB.name, force=True)


@pytest.mark.parametrize(
    ("service", "scene", "reason", "words"),
    [
        (a_service("web", groups=0), lambda _: None, "no_target_groups", "without target groups"),
        (WEB, attached_to_no_load_balancer, "traffic_unknown", "load balancer"),
        (
            a_service("web", groups=2),
            a_second_target_group,
            "unwatched_traffic_source",
            "add target groups to target_group_arns",
        ),
        (VISITED, its_own_rule_deleted, "wake_rule_problem", "rule"),
        (
            WEB,
            lambda instance: instance.scale_by_forecast(WEB),
            "predictive_scaling",
            "ForecastOnly",
        ),
    ],
    ids=["no target groups", "no load balancer", "a second target group", "own rule deleted", "scaled by forecast"],
)
def test_a_lasting_reason_to_stay_awake_is_logged_once_and_hourly(
    service: Service, scene: Scene, reason: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(ModuleInstance(service), caplog)
    scene(reader.instance)
    logged = [line for _ in range(90) for line in reader.tick() if words in line]
    explanation = reader.api()["explanation"]
    assert (explanation["reason"], words in explanation["sentence"]) == (reason, True)
    assert len(logged) == 1 + explanation["needs_attention"]
    assert words in reader.panel("en")


def test_a_service_that_never_existed_is_reported_without_a_service_state(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(ModuleInstance(), caplog)
    reader.instance.ports.table.services["web"] = WEB
    (line,) = reader.tick()
    assert "correct its cluster_name" in line
    assert reader.api()["trouble"] == line
    assert line in reader.panel("fr").replace("&#x27;", "'")
    assert reader.tick() == []
    assert reader.instance.ports.table.states == {}


def test_metrics_that_stay_late_are_logged_once_and_hourly(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(ModuleInstance(WEB), caplog)
    for metric in ("HealthyHostCount", "RequestCount"):
        reader.instance.world.make_metric_late(metric, 9 * MINUTE)
    lines = [line for _ in range(150) for line in reader.tick() if "late" in line]
    assert 2 <= len(lines) <= 3
    assert len(set(lines)) == 1


def test_the_explanation_of_a_service_that_is_off_or_gone_is_deleted(caplog: pytest.LogCaptureFixture) -> None:
    for change in (lambda instance: instance.ports.table.services.clear(), switch_off):
        reader = Reader(ModuleInstance(WEB), caplog)
        deleted(reader.instance)
        reader.tick()
        assert reader.instance.ports.table.explanations
        change(reader.instance)
        (line,) = reader.tick()
        assert "service_not_active has ended" in line
        assert reader.level() == logging.INFO
        assert not reader.instance.ports.table.explanations
        assert reader.tick() == []


def switch_off(instance: ModuleInstance) -> None:
    instance.ports.table.services["web"] = replace(WEB, mode=Mode.OFF)


def test_an_explanation_that_could_not_be_recorded_is_logged_again_and_is_a_fault(
    reader: Reader, decides: Callable[[Decision], None]
) -> None:
    decides(Decision(Action.STAY, Reason.UNWATCHED_TRAFFIC_SOURCE, "web: nothing watches it", warning=True))
    reader.instance.ports.faults.fail("explain")
    for _ in range(2):
        with pytest.raises(run.TickFailed, match="explanations: "):
            reader.tick()
    reader.instance.ports.faults.fix()
    assert reader.tick() == ["web: nothing watches it"]
    assert reader.tick() == []


def test_a_service_that_another_run_changed_meanwhile_gets_no_explanation_until_the_next_tick(
    reader: Reader, decides: Callable[[Decision], None]
) -> None:
    """If the service state changed while the tick acted, its explanation may be out of date and is not recorded."""
    decides(Decision(Action.SAVE_STATE, Reason.STOP_REFUSED, "web: refused", warning=True))
    reader.instance.ports.faults.fail("write")
    with pytest.raises(run.TickFailed):
        reader.tick()
    assert reader.instance.ports.table.explanations == {}


def test_the_key_of_an_explanation_is_the_name(reader: Reader, decides: Callable[[Decision], None]) -> None:
    decides(Decision(Action.STAY, Reason.DAEMON, "web is skipped", warning=True))
    reader.tick()
    assert list(reader.instance.ports.table.explanations) == [ServiceName("city-guided-cluster", "web")]


def test_a_reason_that_only_an_idle_service_has_does_not_end_with_each_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = Reader(ModuleInstance(WEB), caplog)
    reader.instance.scale_by_forecast(WEB)
    lines = []
    for minute in range(180):
        if minute % 12 == 0:
            reader.instance.world.request(str(WEB.load_balancer_arn), WEB.target_group_arns[0])
        lines += [line for line in reader.tick() if "predictive" in line]
    assert 3 <= len(lines) <= 4
    assert reader.api()["trouble"] == lines[0]


def test_a_wake_that_failed_is_logged_hourly_and_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    """ECS refuses each count. A request every three minutes keeps the wake from being abandoned."""
    reader = Reader(ModuleInstance(WEB, desired=0), caplog)
    reader.tick()
    reader.instance.ports.faults.fail("set_desired_count")
    lines = []
    for minute in range(180):
        if minute % 3 == 0:
            reader.instance.wake({"service": "web"})
        lines += [line for line in reader.faulty_tick() if "did not wake by its deadline" in line]
    assert 3 <= len(lines) <= 4
    assert "did not wake by its deadline" in reader.api()["trouble"]


def test_a_request_to_sleep_does_not_change_the_explanations_of_other_services(
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = a_service("other", groups=0)
    reader = Reader(ModuleInstance(WEB, other), caplog)
    reader.tick()
    reader.tick()
    before = dict(reader.instance.ports.table.explanations)
    assert other.name in before
    run_sleep(
        reader.instance.ports.gathered(),
        {"service": "web", "action": "sleep"},
        ends_at=reader.instance.world.now + MINUTE,
    )
    assert reader.instance.ports.table.explanations == before


def test_a_request_to_sleep_is_answered_with_the_fault_that_its_own_run_met(reader: Reader) -> None:
    reader.instance.ports.faults.fail("protected")
    answer = run_sleep(
        reader.instance.ports.gathered(),
        {"service": "web", "action": "sleep"},
        ends_at=reader.instance.world.now + MINUTE,
    )["services"]
    assert isinstance(answer, dict)
    assert "protected" in answer["web"]["trouble"]


def test_a_wake_is_not_answered_with_the_reason_of_another_phase(
    reader: Reader, decides: Callable[[Decision], None]
) -> None:
    decides(Decision(Action.STAY, Reason.UNWATCHED_TRAFFIC_SOURCE, "web: nothing watches it", warning=True))
    reader.tick()
    state = reader.instance.state(WEB.name)
    reader.instance.ports.table.states[WEB.name] = replace(state, phase=Phase.ASLEEP)
    assert reader.scale_up() is None


def test_the_explanation_of_a_service_whose_configuration_cannot_be_read_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = Reader(ModuleInstance(a_service("web", groups=0)), caplog)
    reader.tick()
    before = dict(reader.instance.ports.table.explanations)
    reader.instance.ports.table.services.clear()
    reader.instance.ports.table.unreadable.append("the configuration item config#web cannot be read")
    with pytest.raises(run.TickFailed):
        reader.tick()
    assert reader.instance.ports.table.explanations == before


def test_a_stop_that_is_left_to_the_next_tick_is_not_reported_as_done(
    reader: Reader, decides: Callable[[Decision], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "SERVICE_UPDATES_PER_TICK", 0)
    decides(Decision(Action.SLEEP, Reason.IDLE, "web goes to zero", desired=0, warning=True))
    assert reader.tick() == []
    assert reader.api()["explanation"] is None


def test_an_explanation_for_which_no_time_is_left_is_logged_by_the_next_tick(
    reader: Reader, decides: Callable[[Decision], None]
) -> None:
    decides(Decision(Action.STAY, Reason.UNWATCHED_TRAFFIC_SOURCE, "web: nothing watches it", warning=True))
    reader.instance.tick(lasts=timedelta(seconds=4))
    assert reader.instance.ports.table.explanations == {}
    assert reader.tick() == ["web: nothing watches it"]
