"""What each row shows about its service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Backoff, Hold, Phase, TimeAsleep
from scale_to_zero.rules.attention import Attention
from scale_to_zero.web.panel.reason_words import REASONS
from tests.service_states import a_wake, has_failed
from tests.unit.web.panel.scene import HOUR, MINUTE, NOW, Scene

SECOND: Final = timedelta(seconds=1)
CAUSE: Final = "CannotPullContainerError: no such image"


def test_a_row_shows_everything_about_its_service() -> None:
    scene = Scene()
    scene.has(
        "web",
        Phase.AWAKE,
        since=90 * MINUTE,
        last_activity=NOW - 3 * MINUTE,
        hold=Hold(NOW + HOUR, "demo for the board"),
        usual_wake=75 * SECOND,
        time_asleep=TimeAsleep(NOW.date(), 5 * HOUR + 4 * MINUTE, 100 * HOUR),
        hourly_cost=0.5,
    )
    assert scene.view().rows == {
        "web": {
            "Service": "web",
            "Phase": "Awake",
            "Since": "08:30",
            "Last activity": "09:57",
            "Held until": "11:00 demo for the board",
            "Usual wake": "75\N{NO-BREAK SPACE}s",
            "Asleep today": "5\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}04\N{NO-BREAK SPACE}min",
            "Saved": "$50.00",
            "Actions": "Keep awake 2\N{NO-BREAK SPACE}h Release",
        }
    }


def test_an_unknown_value_is_a_dash_and_not_a_zero() -> None:
    scene = Scene()
    scene.has("web", Phase.AWAKE)
    row = scene.view().rows["web"]
    assert [row[column] for column in ("Last activity", "Held until", "Usual wake", "Asleep today")] == ["–"] * 4


@pytest.mark.parametrize(
    ("phase", "state", "text"),
    [
        (Phase.AWAKE, {}, "Awake"),
        (Phase.DRAINING, {}, "Draining"),
        (Phase.ASLEEP, {}, "Asleep"),
        (Phase.WAKING, {}, "Waking"),
        (Phase.WAKING, {"wake": has_failed()}, "! Wake failed"),
        (None, {}, "? Not seen yet"),
    ],
)
def test_every_phase_is_shown_in_words(phase: Phase | None, state: dict[str, Any], text: str) -> None:
    scene = Scene()
    scene.has("web", phase, **state)
    assert scene.view().rows["web"]["Phase"] == text


def test_a_failed_wake_is_shown_with_its_cause() -> None:
    scene = Scene()
    scene.has("shop", Phase.WAKING, wake=has_failed(CAUSE), usual_wake=MINUTE)
    scene.has("web", Phase.ASLEEP, backoff=Backoff(NOW, CAUSE))
    assert scene.view().causes == [f"Reported cause: {CAUSE}"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("needs_attention", [True, False])
@pytest.mark.parametrize("reason", [*Reason, *Attention])
def test_each_reason_is_shown_in_the_words_of_the_language_and_of_the_log(
    reason: Reason | Attention, language: str, *, needs_attention: bool
) -> None:
    scene = Scene(language=language)
    scene.has("web")
    scene.is_explained("web", reason.value, f"web is {reason.value}; do what helps", needs_attention=needs_attention)
    labels = {
        ("en", True): "Needs attention:",
        ("en", False): "Why:",
        ("fr", True): "À vérifier\N{NO-BREAK SPACE}:",
        ("fr", False): "Pourquoi\N{NO-BREAK SPACE}:",
    }
    text = f"{labels[language, needs_attention]} {REASONS[language][reason]} web is {reason.value}; do what helps"
    assert scene.view().causes == [text]


def test_a_reason_of_another_version_is_shown_in_the_words_of_the_log() -> None:
    scene = Scene()
    scene.has("web")
    scene.is_explained("web", "no_such_reason", "web is not as it should be")
    assert scene.view().causes == ["Needs attention: web is not as it should be"]


def test_a_service_that_ecs_does_not_know_is_shown_with_what_to_do() -> None:
    scene = Scene()
    scene.has("web", None)
    scene.is_explained("web", "service_missing", "web: ECS knows no such service")
    shown = scene.view()
    assert shown.causes == [f"Needs attention: {REASONS['en'][Reason.SERVICE_MISSING]} web: ECS knows no such service"]
    assert shown.rows["web"]["Phase"] == "? Unknown"


def test_a_service_state_that_cannot_be_read_is_shown_with_its_cause() -> None:
    scene = Scene()
    service = scene.has("web", None)
    unread = Unknown("the item state#web is of a newer schema")
    scene.ports.table.states[service.name] = unread  # type: ignore[assignment]
    scene.ports.table.with_leases = lambda state: state  # type: ignore[method-assign]
    shown = scene.view()
    assert shown.rows["web"]["Phase"] == "? Unknown"
    assert shown.causes == ["Reported cause: the item state#web is of a newer schema"]


@pytest.mark.parametrize(
    ("since", "text"), [(20, "ready in about 40\N{NO-BREAK SPACE}s"), (60, "takes longer than usual")]
)
def test_a_wake_is_shown_with_its_remaining_time(since: int, text: str) -> None:
    scene = Scene()
    scene.has("web", Phase.WAKING, since=since * SECOND, usual_wake=MINUTE, wake=a_wake(sent=NOW))
    assert scene.view().rows["web"]["Phase"] == f"Waking {text}"


def test_a_first_wake_is_shown_without_an_estimate() -> None:
    scene = Scene()
    scene.has("web", Phase.WAKING, since=SECOND)
    assert scene.view().rows["web"]["Phase"] == "Waking"


def test_a_request_to_sleep_is_shown() -> None:
    scene = Scene()
    scene.has("web", Phase.AWAKE, sleep_requested=NOW)
    assert scene.view().rows["web"]["Phase"] == "Awake will be put to sleep"


@pytest.mark.parametrize(("mode", "text"), [(Mode.DRY_RUN, "web dry run"), (Mode.OFF, "web skipped")])
def test_a_mode_that_is_not_act_is_shown(mode: Mode, text: str) -> None:
    scene = Scene()
    scene.has("web", mode=mode)
    assert scene.view().rows["web"]["Service"] == text


def test_the_saved_amount_is_shown_if_any_service_on_any_page_has_a_price() -> None:
    scene = Scene()
    scene.has("api", Phase.ASLEEP)
    assert "Saved" not in scene.view().columns
    scene.has("web", Phase.ASLEEP, since=2 * HOUR, restore=3, hourly_cost=1000.0)
    assert scene.view().rows["api"]["Saved"] == "–"
    assert scene.view().rows["web"]["Saved"] == "$6,000.00"
    assert "$6,000.00 saved so far" in scene.view().counted
    scene.params = {"rows": 1}
    assert "Saved" in scene.view().columns


def test_the_services_are_counted_and_those_that_need_attention_come_first() -> None:
    scene = Scene()
    scene.has("a", Phase.ASLEEP)
    scene.has("b", Phase.ASLEEP)
    scene.has("c", Phase.WAKING, wake=has_failed())
    scene.has("d", Phase.AWAKE)
    scene.has("e", None)
    assert scene.view().counted == "5 services ! 1 wake failed 1 awake 2 asleep ? 1 not seen yet"


def test_one_service_is_counted_as_one() -> None:
    scene = Scene()
    scene.has("a", Phase.ASLEEP)
    assert scene.view().counted == "1 service 1 asleep"


def test_a_screen_reader_gets_the_heads_of_the_table() -> None:
    scene = Scene()
    scene.has("web", hourly_cost=1.0)
    shown = scene.view()
    heads = [element.attributes["scope"] for element in shown.root.all("th")]
    assert heads == ["col"] * len(shown.columns) + ["row"]
    assert shown.caption
    for disc in shown.root.all(cls="s2z-disc"):
        assert disc.attributes["aria-hidden"] == "true"


class TestInstants:
    """Times in the zone of the dashboard."""

    @pytest.mark.parametrize(
        ("offset", "text", "zone"),
        [
            ("+00:00", "2\N{NO-BREAK SPACE}Mar, 23:30", "UTC"),
            ("+02:00", "01:30", "UTC+02:00"),
            ("-05:30", "18:00", "UTC-05:30"),
            ("Europe/Paris", "2\N{NO-BREAK SPACE}Mar, 23:30", "UTC"),
            (120, "2\N{NO-BREAK SPACE}Mar, 23:30", "UTC"),
            (None, "2\N{NO-BREAK SPACE}Mar, 23:30", "UTC"),
        ],
    )
    def test_an_instant_is_shown_in_the_dashboards_zone(self, offset: object, text: str, zone: str) -> None:
        scene = Scene()
        scene.ports.clock_ahead = timedelta(hours=14, minutes=30)
        scene.has("web", since=-timedelta(hours=13, minutes=30))
        # `offsetInMinutes` is positive west of Greenwich, contrary to its name, so the panel does not read it.
        scene.context = {"timezone": {"label": "Local", "offsetISO": offset, "offsetInMinutes": -120}}
        shown = scene.view()
        assert shown.rows["web"]["Since"] == text
        assert shown.caption.endswith(f"times are {zone}.")

    @pytest.mark.parametrize(
        ("ago", "text"),
        [
            (timedelta(hours=10), "00:00"),
            (timedelta(hours=10, seconds=1), "1\N{NO-BREAK SPACE}Mar, 23:59"),
            (timedelta(days=200), "14\N{NO-BREAK SPACE}Aug\N{NO-BREAK SPACE}2025, 10:00"),
        ],
    )
    def test_another_day_and_another_year_are_named(self, ago: timedelta, text: str) -> None:
        scene = Scene()
        scene.has("web", since=ago)
        assert scene.view().rows["web"]["Since"] == text

    def test_the_exact_instant_is_in_the_tooltip(self) -> None:
        scene = Scene()
        scene.context = {"timezone": {"offsetISO": "+02:00"}}
        scene.has("web", since=SECOND)
        titles = [element.attributes.get("title") for element in scene.view().root.all("span")]
        assert "2026-03-02 11:59:59 UTC+02:00" in titles

    def test_the_caption_says_when_the_table_was_read(self) -> None:
        scene = Scene()
        scene.has("web")
        assert scene.view().caption == "Services 1 to 1 of 1. As of 10:00:00; times are UTC."


@pytest.mark.parametrize(
    ("language", "services", "text"),
    [
        ("en", 1, "1 service 1 asleep"),
        ("en", 2, "2 services 2 asleep"),
        ("fr", 1, "1 service 1 endormi"),
        ("fr", 2, "2 services 2 endormis"),
    ],
)
def test_services_are_counted_in_the_singular_and_the_plural(language: str, services: int, text: str) -> None:
    scene = Scene(language)
    for number in range(services):
        scene.has(f"s{number}", Phase.ASLEEP)
    assert scene.view().counted == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0.5, "0,50 $ économisé à ce jour"),
        (1.99, "1,99 $ économisé à ce jour"),
        (1.999, "2,00 $ économisés à ce jour"),
        (2.0, "2,00 $ économisés à ce jour"),
    ],
)
def test_less_than_two_dollars_are_singular_in_french(dollars: float, text: str) -> None:
    scene = Scene("fr")
    scene.has("web", hourly_cost=1.0, time_asleep=TimeAsleep(NOW.date(), HOUR, dollars * HOUR))
    assert scene.view().counted.replace("\N{NO-BREAK SPACE}", " ").endswith(text)
