"""Every change of phase that can happen has its own sentence for its reason, in each language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import pytest

from scale_to_zero.actions.notification_texts import ANY_REASON, STARTED_IN_ECS, WORDS, ChangeKind, change_of, message
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from scale_to_zero.rules.refused_stops import stop_refused
from tests.service_states import wake_of
from tests.unit.listener import OWN_RULE, WAKE_RULE
from tests.unit.timeline import NOT_READY, Timeline, a_service, a_service_woken_by_requests, at

CHANGES_NO_PHASE: Final = frozenset(
    {
        Reason.OFF,
        Reason.LEAVING,
        Reason.NOT_SEEN,
        Reason.STATE_UNREADABLE,
        Reason.SERVICE_MISSING,
        Reason.SERVICE_NOT_ACTIVE,
        Reason.DAEMON,
        Reason.LEFT_TO_AUTO_SCALING,
        Reason.PREDICTIVE_SCALING,
        Reason.SCALABLE_TARGET_UNKNOWN,
        Reason.SCALING_NOT_SUSPENDED,
        Reason.SCALING_PUT_BACK,
        Reason.FIRST_SEEN,
        Reason.ASLEEP,
        Reason.STOP_UNDER_WAY,
        Reason.STOP_COMPLETED,
        Reason.COUNT_CHANGED,
        Reason.WAKE_WAITS_FOR_STOP,
        Reason.WAKE_UNFINISHED,
        Reason.WAKING,
        Reason.READINESS_UNKNOWN,
        Reason.HAS_WATCHER,
        Reason.AWAKE,
        Reason.HELD,
        Reason.HOLD_ALL_UNKNOWN,
        Reason.RELEASED_FROM_HOLD,
        Reason.DEPLOYMENT_RUNNING,
        Reason.DEPLOYMENT_NOT_ENDING,
        Reason.DEPLOYMENT_ENDED,
        Reason.UNWATCHED_TRAFFIC_SOURCE,
        Reason.NO_TARGET_GROUPS,
        Reason.RECENTLY_ACTIVE,
        Reason.MAY_BE_IDLE,
        Reason.IN_USE,
        Reason.TRAFFIC_UNKNOWN,
        Reason.METRICS_BEHIND,
        Reason.TASK_PROTECTED,
        Reason.PROTECTION_UNKNOWN,
        Reason.SLEEP_ABANDONED,
        Reason.WAKE_RULES_UNKNOWN,
        Reason.WOULD_SLEEP,
        Reason.WOULD_WAKE,
    }
)
"""A decision with one of these reasons does not change the phase, so no notification is sent."""


def draining() -> Timeline:
    return Timeline.draining_since_six_past_ten()


def drains() -> Timeline:
    return draining()


def drains_on_request() -> Timeline:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    return timeline


def is_needed_after_all() -> Timeline:
    timeline = draining()
    timeline.visitor("10:06:30")
    return timeline


def drains_too_long() -> Timeline:
    timeline = draining()
    timeline.unseen = {"RequestCount": Unknown("throttled")}
    timeline.ticks("10:07", "10:16")
    return timeline


def has_a_refused_stop() -> Timeline:
    timeline = draining()
    timeline.ticks("10:07", "10:08")
    before = timeline.saved_state
    timeline.tick("10:09")
    timeline.carry_out(stop_refused(timeline.service, before, timeline.saved_state, "no", at("10:09")), "10:09")
    return timeline


def drains_in_dry_run() -> Timeline:
    timeline = draining()
    timeline.service = replace(timeline.service, mode=Mode.DRY_RUN)
    timeline.tick("10:07")
    return timeline


def drains_and_is_released() -> Timeline:
    timeline = draining()
    timeline.service = replace(timeline.service, mode=Mode.OFF)
    timeline.tick("10:07")
    return timeline


def is_idle() -> Timeline:
    timeline = draining()
    timeline.ticks("10:07", "10:09")
    return timeline


def sleeps_on_request() -> Timeline:
    timeline = Timeline.awake_since("09:00")
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    return timeline


def is_stopped_by_hand() -> Timeline:
    timeline = Timeline.awake_since("09:00").set_in_ecs(0)
    timeline.tick("10:00")
    return timeline


def is_abandoned() -> Timeline:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:10")
    return timeline


def wakes_in_dry_run() -> Timeline:
    timeline = Timeline.asleep_since("09:00", readiness=NOT_READY).save_state(stopped=None)
    timeline.request_wake("10:00")
    timeline.service = a_service(mode=Mode.DRY_RUN)
    timeline.set_in_ecs(0).tick("10:01")
    return timeline


def is_requested() -> Timeline:
    return Timeline.waking_since("10:00")


def is_started_by_hand() -> Timeline:
    timeline = Timeline.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    return timeline


def sleeps_with_a_wake_rule_below_its_own() -> Timeline:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests())
    timeline.change_rule(WAKE_RULE, priority=200).change_rule(OWN_RULE, priority=100)
    timeline.tick("10:00")
    return timeline


def sleeps_and_is_released() -> Timeline:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=Mode.OFF))
    timeline.tick("10:00")
    return timeline


def is_ready() -> Timeline:
    timeline = Timeline.waking_since("10:00")
    timeline.tick("10:01")
    return timeline


def runs_again_after_its_release() -> Timeline:
    timeline = sleeps_and_is_released()
    timeline.save_state(wake=replace(wake_of(timeline.saved_state), accepted=at("10:00:01"))).tick("10:01")
    return timeline


def fails_to_wake() -> Timeline:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:05")
    return timeline


HAPPENS: Final[Mapping[tuple[ChangeKind, Reason], Callable[[], Timeline]]] = {
    (ChangeKind.DRAINS, Reason.DRAINING): drains,
    (ChangeKind.DRAINS, Reason.SLEEP_REQUESTED): drains_on_request,
    (ChangeKind.STAYS_AWAKE, Reason.NEEDED_WHILE_DRAINING): is_needed_after_all,
    (ChangeKind.STAYS_AWAKE, Reason.DRAINED_TOO_LONG): drains_too_long,
    (ChangeKind.STAYS_AWAKE, Reason.STOP_REFUSED): has_a_refused_stop,
    (ChangeKind.STAYS_AWAKE, Reason.DRY_RUN): drains_in_dry_run,
    (ChangeKind.STAYS_AWAKE, Reason.NO_LONGER_MANAGED): drains_and_is_released,
    (ChangeKind.ASLEEP, Reason.IDLE): is_idle,
    (ChangeKind.ASLEEP, Reason.SLEEP_REQUESTED): sleeps_on_request,
    (ChangeKind.ASLEEP, Reason.STOPPED_ELSEWHERE): is_stopped_by_hand,
    (ChangeKind.ASLEEP, Reason.WAKE_ABANDONED): is_abandoned,
    (ChangeKind.ASLEEP, Reason.DRY_RUN): wakes_in_dry_run,
    (ChangeKind.WAKES, Reason.WAKE_REQUESTED): is_requested,
    (ChangeKind.WAKES, Reason.STARTED_ELSEWHERE): is_started_by_hand,
    (ChangeKind.WAKES, Reason.WAKE_RULE_PROBLEM): sleeps_with_a_wake_rule_below_its_own,
    (ChangeKind.WAKES, Reason.NO_LONGER_MANAGED): sleeps_and_is_released,
    (ChangeKind.AWAKE, Reason.READY): is_ready,
    (ChangeKind.AWAKE, Reason.NO_LONGER_MANAGED): runs_again_after_its_release,
    (ChangeKind.WAKE_FAILED, Reason.WAKE_FAILED): fails_to_wake,
}


@pytest.mark.parametrize("what", HAPPENS, ids="-".join)
def test_each_change_happens_and_has_its_own_sentence(what: tuple[ChangeKind, Reason]) -> None:
    change = HAPPENS[what]().saved_state.changes[-1]
    assert (change_of(change), change.reason) == what
    for language, words in WORDS.items():
        begins, _, _ = words[what].removeprefix("{service}").partition("{")
        assert message("web", change, language).startswith(f"web{begins}")


@pytest.mark.parametrize("language", WORDS)
def test_exactly_the_changes_that_happen_have_a_sentence(language: str) -> None:
    assert set(WORDS[language]) == set(HAPPENS)
    assert set(ANY_REASON[language]) == set(ChangeKind)
    assert set(WORDS) == set(ANY_REASON) == set(STARTED_IN_ECS)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_a_sentence_or_changes_no_phase(reason: Reason) -> None:
    """A new reason must be added to ``WORDS`` or to ``CHANGES_NO_PHASE``."""
    for words in WORDS.values():
        assert any(known is reason for _, known in words) is not (reason in CHANGES_NO_PHASE)


@pytest.mark.parametrize("language", WORDS)
def test_no_two_changes_share_a_sentence(language: str) -> None:
    sentences = [*WORDS[language].values(), *ANY_REASON[language].values(), STARTED_IN_ECS[language]]
    assert [sentence for sentence, count in Counter(sentences).items() if count > 1] == []


@pytest.mark.parametrize("language", WORDS)
def test_a_change_that_another_version_recorded_still_has_a_sentence(language: str) -> None:
    """No change of this version needs it: see the tests above, and every change that the simulations record."""
    asleep = PhaseChange(3, at("10:00"), Phase.AWAKE, Phase.ASLEEP, Reason.HELD)
    assert message("web", asleep, language) == ANY_REASON[language][ChangeKind.ASLEEP].format(service="web")


def test_a_service_that_is_released_is_not_said_to_be_started_in_ecs() -> None:
    change = runs_again_after_its_release().saved_state.changes[-1]
    assert (change.reason, change.began) == (Reason.NO_LONGER_MANAGED, None)
    assert message("web", change, "en") == "web runs: this module no longer manages it."
    assert message("web", change, "fr") == "web tourne\N{NO-BREAK SPACE}: ce module ne le gère plus."
