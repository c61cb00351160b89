"""Whatever fails, a visitor is answered, and the log says why."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

import scale_to_zero.visitor.answers as answers_module
from scale_to_zero.visitor import turn_away
from tests.simulation.faults import Call, Fault
from tests.unit.core.listener import MONITOR

from .scene import OUR_OWN_PAGE, SECOND, Answered, Scene, an_event, as_sent


@dataclass(frozen=True)
class Situation:
    """How things stand, and who comes."""

    stands: Callable[[Scene], object]
    recorded: str

    def scene(self) -> Scene:
        """The scene before the visit."""
        scene = Scene(probes=(MONITOR,), cors_origins=(OUR_OWN_PAGE,))
        self.stands(scene)
        return scene


STANDS: Final[dict[str, Callable[[Scene], object]]] = {
    "asleep": lambda scene: scene.is_asleep(),
    "woken while he waits": lambda scene: scene.is_waking(for_=15 * SECOND, usual=20 * SECOND).after(
        3, scene.becomes_awake
    ),
    "draining": lambda scene: scene.is_draining(),
    "awake": lambda scene: scene.is_awake(),
    "forgotten": lambda scene: scene.is_forgotten(),
}
SITUATIONS: Final = {
    f"{name}, {recorded}": Situation(stands, recorded)
    for name, stands in STANDS.items()
    for recorded in ("browser_navigates", "curl_posts_json", "page_polls", "button", "uptime_robot", "preflight")
}


def _calls() -> list[tuple[str, int, str]]:
    """Every call of every situation, by its number in it."""
    listed = []
    for name, situation in SITUATIONS.items():
        scene = situation.scene()
        scene.visit(an_event(situation.recorded))
        listed += [(name, number, call.name) for number, call in enumerate(scene.ports.faults.calls)]
    return listed


CALLS: Final = _calls()


def visit_with(situation: Situation, number: int, happens: Callable[[], Fault | None]) -> Answered:
    """A visit during which something happens at one call."""
    scene = situation.scene()

    def judge(call: Call) -> Fault | None:
        return happens() if len(scene.ports.faults.calls) - 1 == number else None

    scene.ports.faults.judge = judge
    return scene.visit(an_event(situation.recorded))


def must_be_useful(answered: Answered, recorded: str) -> None:
    assert answered.code in (200, 204, 303, 307, 503)
    if answered.code == 503:
        assert int(answered.header("Retry-After") or "") >= 1
        assert answered.is_page == (recorded in ("browser_navigates", "button"))


def test_there_are_many_calls_to_fail() -> None:
    names = {call for _, _, call in CALLS}
    assert names == {
        "service_of",
        "waiting_page",
        "read",
        "write",
        "claim",
        "send_escort",
        "set_conditions",
        "hold_request",
        "release_request",
        "healthy_targets",
    }


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST], ids=["refused", "answer lost"])
@pytest.mark.parametrize(("name", "number", "call"), CALLS)
def test_a_call_that_fails_is_told_in_the_log(
    name: str, number: int, call: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    answered = visit_with(SITUATIONS[name], number, lambda: fault)
    must_be_useful(answered, SITUATIONS[name].recorded)
    # That health could not be seen is in the monitor's own answer.
    if call != "healthy_targets":
        told = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert f"{call} of " in "".join(record.getMessage() + (record.exc_text or "") for record in told)


@pytest.mark.parametrize(("name", "number", "call"), CALLS)
def test_an_error_nobody_thought_of_is_told_in_the_log(
    name: str, number: int, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    def bursts() -> Fault | None:
        raise ZeroDivisionError("nobody thought of this")

    answered = visit_with(SITUATIONS[name], number, bursts)
    must_be_useful(answered, SITUATIONS[name].recorded)
    assert "ZeroDivisionError: nobody thought of this" in caplog.text


@pytest.mark.parametrize("recorded", ["browser_navigates", "curl", "page_polls", "button", "uptime_robot"])
@pytest.mark.parametrize("phase", ["asleep", "waking", "draining", "awake", "forgotten"])
def test_nothing_at_all_works(recorded: str, phase: str) -> None:
    scene = Scene(probes=(MONITOR,))
    getattr(scene, f"is_{phase}")()
    scene.ports.faults.judge = lambda _call: Fault.REFUSED
    answered = scene.visit(an_event(recorded))
    assert (answered.code, answered.header("Retry-After")) == (503, "5")
    assert answered.is_page == (recorded in ("browser_navigates", "button"))
    assert answered.is_problem != answered.is_page


def test_a_page_that_cannot_be_made_leaves_a_problem(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(*_args: object, **_named: object) -> str:
        raise FileNotFoundError("page.html")

    monkeypatch.setattr(answers_module, "render", missing)
    answered = Scene().is_asleep().visit(an_event("browser_navigates"))
    assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "5")
    assert "FileNotFoundError: page.html" in caplog.text


def test_the_log_names_the_service_that_cannot_be_told_of(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene().is_asleep()
    scene.ports.faults.fail("read")
    answered = scene.visit(an_event("curl"))
    assert answered.told()["service"] == "web"
    assert "how web stands could not be found out: read of city-guided-cluster/web was not answered" in caplog.text


def test_a_page_that_should_look_otherwise_is_shown_with_the_modules_own_look() -> None:
    scene = Scene().is_asleep()
    scene.ports.faults.fail("waiting_page")
    answered = scene.visit(an_event("browser_navigates"))
    assert (answered.is_page, answered.state) == (True, "unavailable")


class TestTurningAway:
    """What is answered where the function itself is not set up."""

    def test_a_browser_gets_a_page(self) -> None:
        answered = as_sent(turn_away(an_event("browser_navigates")))
        assert (answered.code, answered.is_page, answered.state) == (503, True, "unavailable")
        assert answered.header("Retry-After") == "5"

    def test_a_program_gets_a_problem(self) -> None:
        answered = as_sent(turn_away(an_event("curl")))
        assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "5")

    def test_what_is_no_visit_gets_a_404(self) -> None:
        assert as_sent(turn_away({"Records": []})).code == 404


def test_a_visitor_whose_run_has_no_time_left_is_answered_at_once() -> None:
    for phase in ("asleep", "waking", "draining", "awake"):
        scene = Scene()
        getattr(scene, f"is_{phase}")()
        began = scene.now
        answered = scene.visit(an_event("curl"), cut_off_after=timedelta(seconds=-1))
        assert answered.code in (307, 503)
        assert scene.now == began
