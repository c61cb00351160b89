"""The wake function as AWS Lambda calls it: it answers even if it is not set up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from scale_to_zero import handlers
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import Scene, an_event, as_sent

ENVIRONMENT: Final = {
    "TABLE_NAME": "city-guided-scale-to-zero",
    "METRIC_NAMESPACE": "CityGuided/ECS",
    "SCALE_UP_FUNCTION": "city-guided-scale-up",
    "STATE_METRICS": "off",
    "INSTANCE_NAME": "staging",
    "SCALE_TO_ZERO_FUNCTION": "staging-scale-to-zero",
    "LONGEST_HOLD_MINUTES": "10080",
    "MESSAGE_LANGUAGE": "en",
}


@dataclass(frozen=True)
class Context:
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture(autouse=True)
def _caches_of_other_tests_are_cleared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    kept = (handlers._settings, handlers._ports, handlers._ports_for_visitors)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for cached in kept:
        cached.cache_clear()
    yield
    for cached in kept:
        cached.cache_clear()


def use(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "build_ports", lambda **_settings: scene.ports.gathered())
    monkeypatch.setattr(handlers, "_now", scene.ports.clock)


def test_a_visitor_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene().is_asleep()
    use(scene, monkeypatch)
    answered = as_sent(handlers.wake(an_event("browser_navigates"), Context()))
    assert (answered.code, answered.state, scene.watchers_started) == (503, "waking", 1)


def test_a_visitor_waits_no_longer_than_the_function_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene().is_awake()
    use(scene, monkeypatch)
    began = scene.now
    as_sent(handlers.wake(an_event("curl"), Context(6000)))
    assert (scene.now - began).total_seconds() == 1


@pytest.mark.parametrize(("recorded", "is_page"), [("browser_navigates", True), ("curl", False), ("page_polls", False)])
def test_refused_settings_give_a_503_and_are_named_in_the_log(
    recorded: str, is_page: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("TABLE_NAME")
    for _ in range(2):
        answered = as_sent(handlers.wake(an_event(recorded), Context()))
        assert (answered.code, answered.is_page, answered.header("Retry-After")) == (503, is_page, "5")
    assert "Apply the Terraform module again: TABLE_NAME is missing." in caplog.text
    assert "Traceback" not in caplog.text


def test_an_event_that_is_not_a_visit_gets_a_404_if_the_function_is_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")
    assert as_sent(handlers.wake({"Records": []}, Context())).code == 404


def test_any_other_setup_error_gives_a_503_and_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_region(**_settings: object) -> object:
        raise ValueError("You must specify a region.")

    monkeypatch.setattr(handlers, "build_ports", no_region)
    answered = as_sent(handlers.wake(an_event("curl"), Context()))
    assert (answered.code, answered.is_problem) == (503, True)
    assert "ValueError: You must specify a region." in caplog.text


def test_many_requests_that_look_like_monitors_do_not_use_up_the_call_rate_of_load_balancing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(uptime_checks=(MONITOR,)).is_awake()
    use(scene, monkeypatch)
    for _ in range(50):
        handlers.wake(an_event("uptime_robot"), Context())
    assert len(scene.calls("healthy_targets")) == 1
