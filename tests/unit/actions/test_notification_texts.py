"""Every change of phase has a sentence, in every language, that an operator can read in an email."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scale_to_zero.actions.notification_events import event_detail
from scale_to_zero.actions.notification_texts import CAUSE, WORDS, ChangeKind, change_of, message
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from tests.unit.timeline import NOT_READY, Timeline, a_service, at

NOON = at("10:09").timestamp()
ASLEEP = PhaseChange(7, at("10:09"), Phase.AWAKE, Phase.ASLEEP, Reason.IDLE, quiet_since=at("10:01"))


@pytest.mark.parametrize("language", WORDS)
def test_every_change_has_a_text(language: str) -> None:
    possible = [
        (b, a, f) for b, a, f in product(Phase, Phase, (False, True)) if b is not a or (f and a is Phase.WAKING)
    ]
    for (before, after, failed), reason in product(possible, Reason):
        change = PhaseChange(3, at("10:00"), before, after, reason, failed=failed, began=at("09:59"))
        text = message("web", change, language)
        assert text.startswith("web ")
        assert text.endswith(".")
        assert "{" not in text


def test_all_languages_say_the_same_things() -> None:
    assert set(WORDS["en"]) == set(WORDS["fr"])
    assert set(WORDS) == set(CAUSE)


def test_a_sleep_says_for_how_long_the_service_was_idle() -> None:
    assert message("web", ASLEEP, "en") == "web is asleep: it was not used for 8 minutes."
    assert (
        message("web", ASLEEP, "fr") == "web est endormi\N{NO-BREAK SPACE}: il n'a pas été utilisé pendant 8 minutes."
    )


def test_a_wake_says_how_long_it_took_and_a_start_by_hand_says_that_it_was_made_in_ecs() -> None:
    woken = PhaseChange(8, at("10:01"), Phase.WAKING, Phase.AWAKE, Reason.READY, began=at("10:00"))
    assert message("web", woken, "en") == "web is awake, 60 seconds after it was requested."
    assert message("web", replace(woken, began=None), "en") == "web is awake: it was started in ECS."


def test_a_failed_wake_says_what_ecs_said() -> None:
    timeline = Timeline.waking_since(
        "10:00", readiness=NOT_READY, stop_reasons=("CannotPullContainerError: not found",)
    )
    timeline.ticks("10:01", "10:06")
    change = timeline.saved_state.changes[-1]
    assert change_of(change) is ChangeKind.WAKE_FAILED
    text = message("web", change, "fr")
    assert text.startswith("web ne s'est pas réveillé")
    assert "CannotPullContainerError" in text


def test_the_words_of_ecs_are_on_one_line_that_fits_into_a_template_of_eventbridge() -> None:
    failed = PhaseChange(3, at("10:00"), Phase.WAKING, Phase.WAKING, Reason.WAKE_FAILED, True, cause='a "b"\n\tc\\d')
    assert message("web", failed, "en").endswith("The cause: a 'b' c/d")


@given(cause=st.text(), language=st.sampled_from(sorted(WORDS)))
@example(cause="\x1b[31mout of memory\x1b[0m", language="en")
@example(cause="\x00", language="fr")
def test_the_sentence_is_valid_in_json_without_escapes(cause: str, language: str) -> None:
    """EventBridge inserts the sentence unescaped between the quotes of a template."""
    failed = PhaseChange(3, at("10:00"), Phase.WAKING, Phase.WAKING, Reason.WAKE_FAILED, True, cause=cause)
    text = message("web", failed, language)
    assert json.loads(f'"{text}"') == text
    assert len(text.splitlines()) == 1


def test_a_cause_of_only_control_characters_is_left_out() -> None:
    failed = PhaseChange(3, at("10:00"), Phase.WAKING, Phase.WAKING, Reason.WAKE_FAILED, True, cause="\x00\r\n")
    assert message("web", failed, "en") == "web did not wake by its deadline."


def test_the_id_of_an_event_is_always_the_same_and_differs_between_changes_and_instances() -> None:
    def the_id(instance: str, change: PhaseChange) -> object:
        return event_detail(Notification(a_service(), change), instance=instance, language="en")["id"]

    assert the_id("staging", ASLEEP) == f"staging/city-guided-cluster/city-guided-service/7@{NOON:.0f}"
    again = replace(ASLEEP, at=at("11:00"))
    others = [the_id("prod", ASLEEP), the_id("staging", replace(ASLEEP, version=8)), the_id("staging", again)]
    assert len({the_id("staging", ASLEEP), *others}) == 4, (
        "a service that was removed and added again has version 7 again"
    )
