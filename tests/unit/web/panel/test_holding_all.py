"""One button holds all services, and one button releases all of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Hold, HoldAll, Phase
from simulator.ports.faults import Fault
from tests.unit.web.panel.scene import ARN, HOSTILE, HOUR, MINUTE, NOW, Scene

KEEP_ALL = "Keep all awake 2\N{NO-BREAK SPACE}h"
KEEP = "Keep awake 2\N{NO-BREAK SPACE}h"
HELD = HoldAll(NOW - HOUR, NOW + 13 * HOUR, "incident 42")
SAID = "All services are held awake until 23:00: incident 42."
FRENCH_SAID = "Tous les services sont maintenus éveillés. Fin\N{NO-BREAK SPACE}: 23:00."
HOLD_ALL_CALL = ("invoke_scale_up", {"hold_all_until": "2026-03-02T12:00:00+00:00", "reason": "control panel"})


def a_scene(hold_all: HoldAll | Unknown | None = None, **more: Any) -> Scene:
    scene = Scene(**more)
    scene.has("web")
    scene.ports.table.hold_all = hold_all
    return scene


class TestTheLine:
    @pytest.mark.parametrize(
        ("language", "hold", "line"),
        [
            ("en", HELD, SAID),
            ("en", HELD._replace(reason=""), "All services are held awake until 23:00."),
            ("fr", HELD, f"{FRENCH_SAID} Motif\N{NO-BREAK SPACE}: incident 42."),
            ("fr", HELD._replace(reason=""), FRENCH_SAID),
        ],
    )
    def test_the_line_is_above_the_table_while_all_are_held(self, language: str, hold: HoldAll, line: str) -> None:
        shown = a_scene(hold, language=language).view()
        assert shown.held_with_all == f"{line} {next(iter(shown.buttons_for_all))}"
        assert shown.html.index("s2z-all") < shown.html.index("s2z-head")
        assert shown.all_is_well

    def test_the_time_is_in_the_zone_of_the_dashboard(self) -> None:
        scene = a_scene(HELD)
        scene.context = {"timezone": {"label": "Paris", "offsetISO": "+01:00"}}
        assert scene.view().held_with_all.startswith("All services are held awake until 3\N{NO-BREAK SPACE}Mar, 00:00:")

    @pytest.mark.parametrize("hold", [None, HoldAll(NOW - HOUR, NOW, "over")])
    def test_the_line_is_not_shown_otherwise(self, hold: HoldAll | None) -> None:
        assert a_scene(hold).view().held_with_all == KEEP_ALL

    @pytest.mark.parametrize("text", [*HOSTILE, "{until}{reason}{hold}"])
    def test_a_hostile_reason_is_shown_and_is_not_html(self, text: str) -> None:
        shown = a_scene(HELD._replace(reason=text)).view()
        assert [element.tag for element in shown.root.all() if element.tag in ("script", "img", "iframe")] == []
        if text.isprintable():
            assert shown.held_with_all == f"All services are held awake until 23:00: {text}. Release all"

    def test_the_line_is_also_shown_if_no_service_is_shown(self) -> None:
        scene = Scene()
        scene.ports.table.hold_all = HELD
        assert scene.view().held_with_all == f"{SAID} Release all"


class TestTheRows:
    def test_each_row_says_until_when_its_service_is_held(self) -> None:
        scene = a_scene(HELD)
        scene.has("longer", hold=Hold(NOW + 13 * HOUR + MINUTE, "demo"))
        scene.has("shorter", hold=Hold(NOW + HOUR, "demo"))
        scene.has("dry-run", mode=Mode.DRY_RUN)
        scene.has("stopped", Phase.ASLEEP, since=MINUTE)
        rows = scene.view().rows
        assert {key: row["Held until"] for key, row in rows.items()} == {
            "longer": "23:01 demo",
            "dry-run": "–",
            "shorter": "23:00 incident 42",
            "stopped": "–",
            "web": "23:00 incident 42",
        }

    def test_no_row_has_a_sleep_button_and_only_an_own_hold_can_be_released(self) -> None:
        scene = a_scene(HELD)
        scene.has("held", hold=Hold(NOW + HOUR))
        shown = scene.view()
        assert [button.label for button in shown.buttons("web")] == []
        assert [button.label for button in shown.buttons("held")] == ["Release"]

    def test_one_service_can_be_held_for_longer(self) -> None:
        shown = a_scene(HELD._replace(until=NOW + HOUR)).view()
        assert [button.label for button in shown.buttons("web")] == [KEEP]


class TestTheButtons:
    @pytest.mark.parametrize(
        ("hold", "labels"),
        [
            (None, [KEEP_ALL]),
            (HoldAll(NOW, NOW + HOUR), [KEEP_ALL, "Release all"]),
            (HoldAll(NOW, NOW + 2 * HOUR), ["Release all"]),
            (HELD, ["Release all"]),
            (Unknown("the item hold_all cannot be read"), [KEEP_ALL, "Release all"]),
        ],
    )
    def test_the_buttons_that_make_sense_are_shown(self, hold: HoldAll | Unknown | None, labels: list[str]) -> None:
        assert list(a_scene(hold).view().buttons_for_all) == labels

    def test_services_whose_mode_is_not_act_are_not_held(self) -> None:
        scene = Scene()
        scene.has("dry-run", mode=Mode.DRY_RUN)
        assert scene.view().buttons_for_all == {}

    def test_each_button_asks_for_confirmation(self) -> None:
        buttons = a_scene(HoldAll(NOW, NOW + HOUR)).view().buttons_for_all
        assert {label: button.confirmation for label, button in buttons.items()} == {
            KEEP_ALL: "Keep all services of this module awake for 2\N{NO-BREAK SPACE}h from now? "
            "Sleeping services are woken.",
            "Release all": "Release all services? Each then sleeps as soon as it is idle, unless it has its own hold.",
        }
        assert {button.endpoint for button in buttons.values()} == {ARN}
        assert [button.payload for button in buttons.values()] == [
            {"action": "hold_all", "page": 1},
            {"action": "release_all", "page": 1},
        ]

    def test_one_press_holds_all_and_another_releases_all(self) -> None:
        scene = a_scene()
        shown = scene.press(scene.view().buttons_for_all[KEEP_ALL])
        assert scene.calls == [HOLD_ALL_CALL]
        assert shown.notices == ["all services: as requested"]
        assert shown.held_with_all == "All services are held awake until 12:00: control panel. Release all"
        shown = scene.press(shown.buttons_for_all["Release all"])
        assert scene.calls == [HOLD_ALL_CALL, ("invoke_scale_up", {"hold_all_until": None})]
        assert shown.held_with_all == KEEP_ALL

    def test_all_are_held_for_at_most_as_long_as_the_module_allows(self) -> None:
        scene = a_scene(longest_hold=30 * MINUTE)
        scene.press(scene.view().buttons_for_all["Keep all awake 30\N{NO-BREAK SPACE}min"])
        assert scene.calls[0][1] == {"hold_all_until": "2026-03-02T10:30:00+00:00", "reason": "control panel"}

    def test_a_press_on_an_old_table_does_not_shorten_a_newer_hold(self) -> None:
        scene = a_scene()
        old = scene.view()
        scene.ports.table.hold_all = HELD
        shown = scene.press(old.buttons_for_all[KEEP_ALL])
        assert scene.calls == []
        assert shown.notices == ["All services are already held awake until 23:00. Nothing was changed."]
        assert scene.ports.table.hold_all == HELD

    @pytest.mark.parametrize("action", ["hold_all", "release_all"])
    def test_an_action_in_the_widgets_parameters_is_refused(self, action: str) -> None:
        scene = a_scene(HELD)
        scene.params = {"action": action}
        for shown in (scene.view(), scene.act(action=action)):
            assert "Only a button can send an action" in shown.notices[0]
        assert scene.calls == []

    @pytest.mark.parametrize("text", [*HOSTILE, "", 42, None, ["web"]])
    def test_other_fields_that_are_sent_with_a_press_are_ignored(
        self, text: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        scene = a_scene()
        scene.act(action="hold_all", service=text, hold_all_until=text, reason=text, minutes=text, rows=text)
        assert scene.calls == [HOLD_ALL_CALL]
        if isinstance(text, str) and text:
            assert text not in caplog.text

    @pytest.mark.parametrize("action", ["HOLD_ALL", "hold_all ", "holdall", "all", ["hold_all"], {"hold_all": 1}])
    def test_a_value_that_only_resembles_an_action_is_refused(self, action: object) -> None:
        scene = a_scene()
        assert scene.act(action=action).notices[0].endswith("sleep, hold, release, hold_all and release_all.")
        assert scene.calls == []

    def test_a_refusal_and_a_failure_are_shown(self) -> None:
        scene = a_scene()
        scene.refuses = "it is too late"
        assert scene.act(action="hold_all").notices == ["it is too late"]
        scene.refuses = ""
        scene.ports.faults.fail("invoke_scale_up", Fault.LOST)
        [notice] = scene.act(action="release_all").notices
        assert notice.startswith("The request failed: ")

    def test_no_hold_is_shortened_if_the_current_hold_cannot_be_read(self) -> None:
        scene = a_scene()
        scene.ports.faults.fail("read_all", times=1)
        [notice] = scene.act(action="hold_all").notices
        assert notice.startswith("The request failed: read_all")
        assert scene.calls == []

    def test_a_function_that_answers_without_a_message_has_done_what_was_requested(self) -> None:
        scene = a_scene()
        scene.says = ""
        assert scene.act(action="hold_all").notices == ["Request sent for all services."]


def test_a_hold_of_all_that_cannot_be_read_is_shown_above_the_table_with_the_fix() -> None:
    shown = a_scene(Unknown("the item hold_all cannot be read; send a new hold_all_until")).view()
    assert shown.notices == ["the item hold_all cannot be read; send a new hold_all_until"]
    assert not shown.all_is_well
