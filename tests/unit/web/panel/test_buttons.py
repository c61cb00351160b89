"""Which buttons a service has, and what a press of each button does."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Hold, Phase
from simulator.ports.faults import Fault
from tests.service_states import has_failed
from tests.unit.web.panel.scene import ARN, HOUR, MINUTE, NOW, Scene

KEEP = "Keep awake 2\N{NO-BREAK SPACE}h"
SHORT, LONG = Hold(NOW + HOUR), Hold(NOW + 2 * HOUR)
# JSON can hold half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=10)
no_text = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([["wake"], ["web"], {"wake": 1}, {"web": 1}])
)


def labels(scene: Scene, key: str = "web") -> list[str]:
    return [button.label for button in scene.view().buttons(key)]


@pytest.mark.parametrize(
    ("phase", "state", "offered"),
    [
        (Phase.ASLEEP, {}, ["Wake", KEEP]),
        (Phase.AWAKE, {}, ["Sleep", KEEP]),
        (Phase.DRAINING, {}, ["Wake", "Sleep", KEEP]),
        (Phase.WAKING, {}, ["Sleep", KEEP]),
        (Phase.WAKING, {"wake": has_failed()}, ["Sleep", KEEP]),
        (None, {}, ["Wake", KEEP]),
        (Phase.AWAKE, {"hold": SHORT}, [KEEP, "Release"]),
        (Phase.AWAKE, {"hold": LONG}, ["Release"]),
        (Phase.ASLEEP, {"hold": LONG}, ["Wake", "Release"]),
        (Phase.AWAKE, {"hold": Hold(NOW)}, ["Sleep", KEEP]),
        (Phase.AWAKE, {"sleep_requested": NOW}, ["Wake", KEEP]),
        (Phase.DRAINING, {"sleep_requested": NOW}, ["Wake", KEEP]),
    ],
)
def test_a_service_has_the_buttons_that_make_sense(
    phase: Phase | None, state: dict[str, Any], offered: list[str]
) -> None:
    scene = Scene()
    scene.has("web", phase, **state)
    assert labels(scene) == offered


@settings(max_examples=10)
@given(mode=st.sampled_from([Mode.DRY_RUN, Mode.OFF]), phase=st.none() | st.sampled_from(Phase))
def test_a_service_whose_mode_is_not_act_has_no_buttons(mode: Mode, phase: Phase | None) -> None:
    scene = Scene()
    scene.has("web", phase, mode=mode, hold=SHORT)
    assert labels(scene) == []
    assert scene.view().rows["web"]["Actions"] == "–"


def test_a_service_whose_state_cannot_be_read_has_no_buttons() -> None:
    scene = Scene()
    service = scene.has("web", None)
    scene.ports.table.states[service.name] = Unknown("of a newer schema")  # type: ignore[assignment]
    scene.ports.table.with_leases = lambda state: state  # type: ignore[method-assign]
    assert labels(scene) == []


def test_every_button_asks_for_confirmation_and_names_the_service() -> None:
    scene = Scene()
    scene.has("web", Phase.DRAINING)
    scene.has("api", hold=SHORT)
    shown = scene.view()
    buttons = shown.buttons("web") + shown.buttons("api")
    assert {button.label for button in buttons} == {"Wake", "Sleep", KEEP, "Release"}
    for button in buttons:
        assert button.endpoint == ARN
        assert button.payload["service"] in (button.confirmation or "")
    assert shown.button(KEEP, "web").confirmation == (
        "Keep web awake for 2\N{NO-BREAK SPACE}h from now? If it is asleep, it is woken."
    )


@pytest.mark.parametrize(
    ("label", "state", "function", "payload"),
    [
        ("Wake", {}, "invoke_scale_up", {"service": "web"}),
        ("Sleep", {}, "invoke_scale_to_zero", {"service": "web", "action": "sleep", "force": False}),
        (KEEP, {}, "invoke_scale_up", {"service": "web", "hold_minutes": 120, "reason": "control panel"}),
        ("Release", {"hold": SHORT}, "invoke_scale_up", {"service": "web", "release": True}),
    ],
)
def test_a_press_calls_the_modules_own_function(
    label: str, state: dict[str, Any], function: str, payload: dict[str, Any]
) -> None:
    scene = Scene()
    scene.has("web", Phase.DRAINING, **state)
    shown = scene.press(scene.view().button(label, "web"))
    assert scene.calls == [(function, payload)]
    assert shown.notices == ["web: as requested"]
    assert shown.all_is_well


def test_the_table_below_the_notice_is_read_after_the_press() -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    shown = scene.press(scene.view().button("Wake", "web"))
    assert shown.rows["web"]["Phase"] == "Waking"
    shown = scene.press(shown.button(KEEP, "web"))
    assert shown.rows["web"]["Held until"] == "12:00 control panel"
    shown = scene.press(shown.button("Release", "web"))
    assert shown.rows["web"]["Held until"] == "–"
    shown = scene.press(shown.button("Sleep", "web"))
    assert shown.rows["web"]["Phase"] == "Waking will be put to sleep"


def test_a_refresh_after_a_press_does_not_repeat_the_press() -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    shown = scene.press(scene.view().button("Wake", "web"))
    again = scene.view(shown)
    assert len(scene.calls) == 1
    assert again.notices == []


def test_a_service_is_held_no_longer_than_the_module_allows() -> None:
    scene = Scene(longest_hold=45 * MINUTE)
    scene.has("web", Phase.ASLEEP)
    button = scene.view().button("Keep awake 45\N{NO-BREAK SPACE}min", "web")
    scene.press(button)
    assert scene.calls == [("invoke_scale_up", {"service": "web", "hold_minutes": 45, "reason": "control panel"})]


def test_a_function_that_answers_without_a_message_has_done_what_was_requested() -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    scene.says = ""
    assert scene.press(scene.view().button("Wake", "web")).notices == ["web: request sent."]


class TestNotDone:
    """An action that is refused or fails changes nothing, and is shown in one sentence."""

    def test_a_refusal_is_shown_in_the_functions_own_sentence(self) -> None:
        scene = Scene()
        scene.has("web")
        scene.refuses = "web is held awake until 12:00 UTC; release it first"
        shown = scene.press(scene.view().button("Sleep", "web"))
        assert shown.notices == ["web is held awake until 12:00 UTC; release it first"]
        assert not shown.all_is_well
        assert shown.rows["web"]["Phase"] == "Awake"

    def test_the_function_refuses_a_service_that_does_not_exist(self) -> None:
        scene = Scene()
        scene.has("web")
        shown = scene.act(action="wake", service="shop")
        assert shown.notices == ["There is no service shop: this module manages web."]

    @settings(max_examples=30)
    @example(action="WAKE")
    @example(action="wake ")
    @given(action=no_text | texts.filter(lambda action: action not in ("wake", "sleep", "hold", "release")))
    def test_an_unknown_action_is_shown_and_calls_no_function(self, action: object) -> None:
        scene = Scene()
        scene.has("web")
        shown = scene.act(action=action, service="web")
        assert scene.calls == []
        [notice] = shown.notices
        assert notice.startswith("Unknown action. Nothing was changed. Allowed actions: wake, sleep, hold, ")
        assert not shown.all_is_well
        assert list(shown.rows) == ["web"]

    @settings(max_examples=20)
    @given(service=no_text | st.just(""))
    def test_an_action_on_no_service_is_shown_and_calls_no_function(self, service: object) -> None:
        scene = Scene()
        scene.has("web")
        shown = scene.act(action="wake", service=service)
        assert scene.calls == []
        assert shown.notices == [
            "The button named no service, so nothing was changed. Reload the dashboard and try again."
        ]

    def test_an_action_among_the_widgets_parameters_is_not_done(self) -> None:
        """It would be repeated at every refresh, with the rights of any viewer."""
        scene = Scene()
        scene.has("web", Phase.ASLEEP)
        scene.params = {"action": "wake", "service": "web"}
        shown = scene.view()
        assert scene.calls == []
        assert shown.notices[-1].startswith("Only a button can send an action")

    def test_a_call_that_fails_is_shown_with_its_cause_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        scene = Scene()
        scene.has("web", Phase.ASLEEP)
        scene.ports.faults.fail("invoke_scale_up", Fault.REFUSED)
        shown = scene.press(scene.view().button("Wake", "web"))
        assert shown.notices == ["The request failed: invoke_scale_up of None was refused"]
        assert list(shown.rows) == ["web"]
        assert "invoke_scale_up of None was refused" in caplog.text

    def test_an_answer_without_the_service_is_shown(self) -> None:
        scene = Scene()
        scene.has("web", Phase.ASLEEP)
        scene.ports.invoke_scale_up = lambda _payload: {"services": {}}
        [notice] = scene.press(scene.view().button("Wake", "web")).notices
        assert notice.startswith("The request failed: the function's answer does not contain web")

    def test_an_unexpected_error_is_not_shown_as_an_action_that_was_not_done(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        scene = Scene()
        scene.has("web", Phase.ASLEEP)

        def raises(_payload: object) -> dict[str, object]:
            raise ZeroDivisionError("unforeseen")

        scene.ports.invoke_scale_up = raises
        shown = scene.press(scene.view().button("Wake", "web"))
        assert "perhaps after the request was carried out" in shown.notices[0]
        assert list(shown.rows) == ["web"]
        assert "ZeroDivisionError: unforeseen" in caplog.text


def test_the_log_has_each_action_and_only_the_kind_of_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    scene.act(action="wake", service="web")
    scene.act(action="wake", service="s3cr3t")
    logged = [
        (record.getMessage(), getattr(record, "service", None), getattr(record, "kind", None))
        for record in caplog.records
    ]
    assert logged == [
        ("the control panel requested wake", "web", None),
        ("the control panel requested wake and was refused", None, "PayloadRefused"),
    ]


def test_a_hold_of_two_hours_lasts_two_hours() -> None:
    scene = Scene(longest_hold=timedelta(days=7))
    scene.has("web", Phase.ASLEEP)
    scene.press(scene.view().button(KEEP, "web"))
    assert scene.state("web").hold == Hold(NOW + 2 * HOUR, "control panel")
