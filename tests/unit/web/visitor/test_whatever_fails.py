"""A visitor gets an answer whatever fails, and the log says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.web.page import render_page
from scale_to_zero.web.rendered_page import RenderedPage
from scale_to_zero.web.visitor import answer_not_set_up
from simulator.ports.faults import Call, Fault
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import (
    ONE_OF_EACH_KIND,
    OUR_OWN_PAGE,
    SECOND,
    Answered,
    Scene,
    an_event,
    as_logged,
    as_sent,
    log_records,
)

INITIAL: Final[dict[str, Callable[[Scene], object]]] = {
    "asleep": lambda scene: scene.is_asleep(),
    "woken during the wait": lambda scene: scene.is_waking(for_=15 * SECOND, usual=20 * SECOND).after(
        3, scene.becomes_awake
    ),
    "draining": lambda scene: scene.is_draining(),
    "awake": lambda scene: scene.is_awake(),
    "without_state": lambda scene: scene.is_without_state(),
}
PAGES: Final = ("browser_navigates", "button")


def a_scene(initial: str) -> Scene:
    scene = Scene(uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,))
    INITIAL[initial](scene)
    return scene


@dataclass(frozen=True)
class FailingCall:
    """The call that fails: the call with this number, in a visit of this kind."""

    initial: str
    recorded: str
    number: int

    def visit(self, fails: Callable[[], Fault]) -> Answered:
        scene = a_scene(self.initial)

        def judge(_call: Call) -> Fault | None:
            return fails() if len(scene.ports.faults.calls) - 1 == self.number else None

        scene.ports.faults.fault_of_call = judge
        return scene.visit(an_event(self.recorded))


def _calls() -> dict[str, list[FailingCall]]:
    """Return every call of every situation, by its name."""
    by_name: dict[str, list[FailingCall]] = {}
    for initial, recorded in product(INITIAL, ONE_OF_EACH_KIND):
        scene = a_scene(initial)
        scene.visit(an_event(recorded))
        for number, call in enumerate(scene.ports.faults.calls):
            by_name.setdefault(call.name, []).append(FailingCall(initial, recorded, number))
    return by_name


CALLS: Final = _calls()


def raises() -> Fault:
    raise ZeroDivisionError("unforeseen")


def must_be_useful(answered: Answered, recorded: str) -> None:
    assert answered.code in (200, 204, 303, 307, 503)
    if answered.code == 503:
        assert int(answered.header("Retry-After") or "") >= 1
        assert answered.is_page == (recorded in PAGES)


def test_the_calls_that_can_fail_are_known() -> None:
    assert set(CALLS) == {
        "service_of",
        "waiting_page",
        "read",
        "write",
        "take_lease",
        "start_watcher",
        "set_conditions",
        "add_waiting_request",
        "remove_waiting_request",
        "healthy_targets",
    }


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=30)
@given(data=st.data(), fault=st.sampled_from([Fault.REFUSED, Fault.ANSWER_LOST]))
def test_a_call_that_fails_is_in_the_log(name: str, data: st.DataObject, fault: Fault) -> None:
    call = data.draw(st.sampled_from(CALLS[name]))
    with log_records() as records:
        answered = call.visit(lambda: fault)
    must_be_useful(answered, call.recorded)
    # An uptime check's own answer says that health is unknown.
    assert f"{name} of " in as_logged(records) or name == "healthy_targets"


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=15)
@given(data=st.data())
def test_an_unexpected_error_in_a_call_is_in_the_log(name: str, data: st.DataObject) -> None:
    call = data.draw(st.sampled_from(CALLS[name]))
    with log_records() as records:
        answered = call.visit(raises)
    must_be_useful(answered, call.recorded)
    assert "ZeroDivisionError: unforeseen" in as_logged(records)


@settings(max_examples=25)
@given(
    recorded=st.sampled_from(["browser_navigates", "curl", "page_polls", "button", "uptime_robot"]),
    initial=st.sampled_from(list(INITIAL)),
)
def test_a_visitor_gets_an_answer_if_every_call_fails(recorded: str, initial: str) -> None:
    scene = a_scene(initial)
    scene.ports.faults.fault_of_call = lambda _call: Fault.REFUSED
    answered = scene.visit(an_event(recorded))
    assert (answered.code, answered.header("Retry-After")) == (503, "5")
    assert answered.is_page == (recorded in PAGES)
    assert answered.is_problem != answered.is_page


def test_a_page_that_cannot_be_rendered_is_replaced_by_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    def missing(*_args: object, **_named: object) -> RenderedPage:
        raise FileNotFoundError("page.html")

    scene = Scene().is_asleep()
    scene.render = missing
    answered = scene.visit(an_event("browser_navigates"))
    assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "5")
    assert "FileNotFoundError: page.html" in caplog.text


def test_the_log_names_the_service_whose_status_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene().is_asleep()
    scene.ports.faults.fail("read")
    answered = scene.visit(an_event("curl"))
    assert answered.json_body()["service"] == "web"
    assert (
        "web: a visitor got 503, because a call to AWS failed: read of city-guided-cluster/web was not answered"
        in caplog.text
    )


def test_a_page_whose_style_cannot_be_read_is_shown_with_the_modules_own_style() -> None:
    scene = Scene().is_asleep()
    scene.ports.faults.fail("waiting_page")
    answered = scene.visit(an_event("browser_navigates"))
    assert (answered.is_page, answered.state) == (True, "unavailable")


class TestAFunctionThatIsNotSetUp:
    """The answers of a function that is not set up."""

    def test_a_browser_gets_a_page(self) -> None:
        answered = as_sent(answer_not_set_up(an_event("browser_navigates"), render=render_page))
        assert (answered.code, answered.is_page, answered.state) == (503, True, "unavailable")
        assert answered.header("Retry-After") == "5"

    def test_a_program_gets_a_problem(self) -> None:
        answered = as_sent(answer_not_set_up(an_event("curl"), render=render_page))
        assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "5")

    def test_an_event_that_is_not_a_visit_gets_a_404(self) -> None:
        assert as_sent(answer_not_set_up({"Records": []}, render=render_page)).code == 404


def test_a_visitor_whose_run_has_no_time_left_is_answered_at_once() -> None:
    for phase in ("asleep", "waking", "draining", "awake"):
        scene = Scene()
        getattr(scene, f"is_{phase}")()
        began = scene.now
        answered = scene.visit(an_event("curl"), cut_off_after=timedelta(seconds=-1))
        assert answered.code in (307, 503)
        assert scene.now == began


@pytest.mark.parametrize("recorded", ["browser_navigates", "curl"])
@pytest.mark.parametrize("denied", ["service_of", "read", "take_lease", "start_watcher"])
def test_a_call_that_aws_forbids_gives_a_503_with_a_long_retry_after(
    recorded: str, denied: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene = a_scene("asleep")
    scene.ports.faults.fail(denied, Fault.FORBIDDEN)
    answered = scene.visit(an_event(recorded))
    assert (answered.code, answered.header("Retry-After")) == (503, "60")
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"{denied} of " in record.getMessage()
    assert record.getMessage().endswith("is denied; allow it in the function's role")
    assert not record.exc_info


def test_visitors_of_a_wake_under_way_wait_for_it_though_starting_a_watcher_is_forbidden() -> None:
    scene = a_scene("woken during the wait")
    scene.ports.faults.fail("start_watcher", Fault.FORBIDDEN)
    assert scene.visit(an_event("browser_navigates")).header("Retry-After") != "60"
