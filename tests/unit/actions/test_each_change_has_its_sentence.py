"""Every change of phase that can happen has a sentence of its own, for its reason, in each language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import pytest

from scale_to_zero.actions.notification_texts import ANY_REASON, STARTED_IN_ECS, WORDS, Change, change_of, message
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from scale_to_zero.rules.refused_stops import stop_refused
from tests.service_states import wake_of
from tests.unit.listener import OWN_RULE, WAKE_RULE
from tests.unit.timeline import NOT_READY, Story, a_service, a_service_woken_by_requests, at

CHANGES_NO_PHASE: Final = frozenset(
    {
        Reason.OFF,
        Reason.LEAVING,
        Reason.NOT_SEEN,
        Reason.MEMORY_UNREADABLE,
        Reason.SERVICE_MISSING,
        Reason.SERVICE_NOT_ACTIVE,
        Reason.DAEMON,
        Reason.SCALABLE_TARGET,
        Reason.SCALABLE_TARGET_UNKNOWN,
        Reason.FIRST_SEEN,
        Reason.ASLEEP,
        Reason.STOP_UNDER_WAY,
        Reason.STOP_COMPLETED,
        Reason.COUNT_CHANGED,
        Reason.WAKE_WAITS_FOR_STOP,
        Reason.WAKE_UNFINISHED,
        Reason.WAKING,
        Reason.READINESS_UNKNOWN,
        Reason.ESCORTED,
        Reason.AWAKE,
        Reason.HELD,
        Reason.HOLD_ALL_UNKNOWN,
        Reason.RELEASED_FROM_HOLD,
        Reason.DEPLOYMENT_RUNNING,
        Reason.DEPLOYMENT_NOT_ENDING,
        Reason.DEPLOYMENT_ENDED,
        Reason.UNWATCHED_ENTRANCE,
        Reason.NO_TARGET_GROUPS,
        Reason.RECENTLY_ACTIVE,
        Reason.MAY_BE_IDLE,
        Reason.IN_USE,
        Reason.TRAFFIC_UNKNOWN,
        Reason.METRICS_BEHIND,
        Reason.TASK_PROTECTED,
        Reason.PROTECTION_UNKNOWN,
        Reason.SLEEP_NOT_DONE,
        Reason.WAKE_RULES_UNKNOWN,
        Reason.WOULD_SLEEP,
        Reason.WOULD_WAKE,
    }
)
"""A decision with one of these leaves the phase as it is, so no notification is sent."""


def draining() -> Story:
    return Story.draining_since_six_past_ten()


def drains() -> Story:
    return draining()


def drains_on_request() -> Story:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    story.tick("10:00")
    return story


def is_needed_after_all() -> Story:
    story = draining()
    story.visitor("10:06:30")
    return story


def drains_too_long() -> Story:
    story = draining()
    story.unseen = {"RequestCount": Unknown("throttled")}
    story.ticks("10:07", "10:16")
    return story


def is_refused_its_stop() -> Story:
    story = draining()
    story.ticks("10:07", "10:08")
    before = story.saved_state
    story.tick("10:09")
    story.carried_out(stop_refused(story.service, before, story.saved_state, "no", at("10:09")), "10:09")
    return story


def drains_in_dry_run() -> Story:
    story = draining()
    story.service = replace(story.service, mode=Mode.OBSERVE)
    story.tick("10:07")
    return story


def drains_and_is_released() -> Story:
    story = draining()
    story.service = replace(story.service, mode=Mode.OFF)
    story.tick("10:07")
    return story


def is_idle() -> Story:
    story = draining()
    story.ticks("10:07", "10:09")
    return story


def sleeps_on_request() -> Story:
    story = Story.awake_since("09:00")
    story.request_sleep("10:00")
    story.tick("10:00")
    return story


def is_stopped_by_hand() -> Story:
    story = Story.awake_since("09:00").set_in_ecs(0)
    story.tick("10:00")
    return story


def is_abandoned() -> Story:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    story.ticks("10:01", "10:10")
    return story


def wakes_in_dry_run() -> Story:
    story = Story.asleep_since("09:00", readiness=NOT_READY).save_state(stopped=None)
    story.request_wake("10:00")
    story.service = a_service(mode=Mode.OBSERVE)
    story.set_in_ecs(0).tick("10:01")
    return story


def is_requested() -> Story:
    return Story.waking_since("10:00")


def is_started_by_hand() -> Story:
    story = Story.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(1)
    story.tick("10:00")
    return story


def sleeps_behind_a_useless_rule() -> Story:
    story = Story.asleep_since("09:00", service=a_service_woken_by_requests())
    story.change_rule(WAKE_RULE, priority=200).change_rule(OWN_RULE, priority=100)
    story.tick("10:00")
    return story


def sleeps_and_is_released() -> Story:
    story = Story.asleep_since("09:00", service=a_service(mode=Mode.OFF))
    story.tick("10:00")
    return story


def is_ready() -> Story:
    story = Story.waking_since("10:00")
    story.tick("10:01")
    return story


def runs_again_after_its_release() -> Story:
    story = sleeps_and_is_released()
    story.save_state(wake=replace(wake_of(story.saved_state), accepted=at("10:00:01"))).tick("10:01")
    return story


def fails_to_wake() -> Story:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    story.ticks("10:01", "10:05")
    return story


HAPPENS: Final[Mapping[tuple[Change, Reason], Callable[[], Story]]] = {
    (Change.DRAINS, Reason.DRAINING): drains,
    (Change.DRAINS, Reason.ASKED_TO_SLEEP): drains_on_request,
    (Change.STAYS_AWAKE, Reason.NEEDED_WHILE_DRAINING): is_needed_after_all,
    (Change.STAYS_AWAKE, Reason.DRAINED_TOO_LONG): drains_too_long,
    (Change.STAYS_AWAKE, Reason.STOP_REFUSED): is_refused_its_stop,
    (Change.STAYS_AWAKE, Reason.ONLY_OBSERVED): drains_in_dry_run,
    (Change.STAYS_AWAKE, Reason.RELEASED): drains_and_is_released,
    (Change.ASLEEP, Reason.IDLE): is_idle,
    (Change.ASLEEP, Reason.ASKED_TO_SLEEP): sleeps_on_request,
    (Change.ASLEEP, Reason.STOPPED_ELSEWHERE): is_stopped_by_hand,
    (Change.ASLEEP, Reason.WAKE_GIVEN_UP): is_abandoned,
    (Change.ASLEEP, Reason.ONLY_OBSERVED): wakes_in_dry_run,
    (Change.WAKES, Reason.ASKED_TO_WAKE): is_requested,
    (Change.WAKES, Reason.STARTED_ELSEWHERE): is_started_by_hand,
    (Change.WAKES, Reason.WAKE_RULE_PROBLEM): sleeps_behind_a_useless_rule,
    (Change.WAKES, Reason.RELEASED): sleeps_and_is_released,
    (Change.AWAKE, Reason.READY): is_ready,
    (Change.AWAKE, Reason.RELEASED): runs_again_after_its_release,
    (Change.WAKE_FAILED, Reason.WAKE_FAILED): fails_to_wake,
}


@pytest.mark.parametrize("what", HAPPENS, ids="-".join)
def test_each_happens_and_has_its_own_sentence(what: tuple[Change, Reason]) -> None:
    change = HAPPENS[what]().saved_state.changes[-1]
    assert (change_of(change), change.reason) == what
    for language, words in WORDS.items():
        begins, _, _ = words[what].removeprefix("{service}").partition("{")
        assert message("web", change, language).startswith(f"web{begins}")


@pytest.mark.parametrize("language", WORDS)
def test_what_has_a_sentence_is_what_happens(language: str) -> None:
    assert set(WORDS[language]) == set(HAPPENS)
    assert set(ANY_REASON[language]) == set(Change)
    assert set(WORDS) == set(ANY_REASON) == set(STARTED_IN_ECS)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_a_sentence_or_changes_no_phase(reason: Reason) -> None:
    """A new reason has to be put into ``WORDS``, or is named above."""
    for words in WORDS.values():
        assert any(known is reason for _, known in words) is not (reason in CHANGES_NO_PHASE)


@pytest.mark.parametrize("language", WORDS)
def test_no_two_share_a_sentence(language: str) -> None:
    sentences = [*WORDS[language].values(), *ANY_REASON[language].values(), STARTED_IN_ECS[language]]
    assert [sentence for sentence, count in Counter(sentences).items() if count > 1] == []


@pytest.mark.parametrize("language", WORDS)
def test_a_change_that_another_version_recorded_still_has_a_sentence(language: str) -> None:
    """Nothing in this version uses that: see above, and every change that the simulations note."""
    asleep = PhaseChange(3, at("10:00"), Phase.AWAKE, Phase.ASLEEP, Reason.HELD)
    assert message("web", asleep, language) == ANY_REASON[language][Change.ASLEEP].format(service="web")


def test_a_service_that_is_released_is_not_said_to_be_started_in_ecs() -> None:
    change = runs_again_after_its_release().saved_state.changes[-1]
    assert (change.reason, change.began) == (Reason.RELEASED, None)
    assert message("web", change, "en") == "web runs: this module no longer looks after it."
    assert message("web", change, "fr") == "web tourne : ce module ne s'en occupe plus."
