"""When the log explains a service: when an explanation begins, changes or ends, and once an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Explanation, Phase, ServiceState
from scale_to_zero.rules.explanations import (
    HAPPENS_AT_ONE_TICK,
    LASTING,
    LONGEST_SENTENCE,
    NOT_IDLE,
    ExplanationChange,
    ExplanationEvent,
    explanation,
    explanation_change,
    is_kept,
    still_so,
)
from tests.service_states import has_failed
from tests.unit.timeline import NAME, a_service, at, running_facts

MINUTE: Final = timedelta(minutes=1)
UNWATCHED: Final = Explanation(
    "unwatched_traffic_source", "web stays awake: nothing watches srv-1", True, at("10:00"), at("10:00"), Phase.AWAKE
)


def again(clock: str, **changes: object) -> Explanation:
    """Return the same explanation as a later tick finds it."""
    return replace(UNWATCHED, since=at(clock), logged=at(clock), **changes)  # type: ignore[arg-type]


def explained(decision: Decision, mode: Mode = Mode.ACT, phase: Phase = Phase.AWAKE) -> Explanation | None:
    """Return what a tick at noon explains."""
    state = ServiceState(NAME, phase, since=at("11:59"))
    return explanation(Snapshot(a_service(mode=mode), running_facts(), state), decision, state, at("12:00"))


def test_nothing_is_logged_if_there_is_no_explanation_and_was_none() -> None:
    assert explanation_change(None, None, at("10:00")) is None


def test_an_explanation_that_begins_is_logged_and_recorded() -> None:
    assert explanation_change(None, UNWATCHED, at("10:00")) == ExplanationChange(UNWATCHED, ExplanationEvent.BEGAN)


def test_an_explanation_that_ends_is_logged_and_removed() -> None:
    assert explanation_change(UNWATCHED, None, at("10:01")) == ExplanationChange(None, ExplanationEvent.ENDED)


@pytest.mark.parametrize("clock", ["10:01", "10:30", "10:59:59"])
def test_an_explanation_that_lasts_is_not_logged_again_within_the_hour(clock: str) -> None:
    assert explanation_change(UNWATCHED, again(clock), at(clock)) is None


def test_an_explanation_that_lasts_is_logged_again_once_an_hour() -> None:
    result = explanation_change(UNWATCHED, again("11:00"), at("11:00"))
    assert result == ExplanationChange(replace(UNWATCHED, logged=at("11:00")), ExplanationEvent.LASTS)
    assert result.saved is not None
    assert explanation_change(result.saved, again("11:59"), at("11:59")) is None
    later = explanation_change(result.saved, again("12:00"), at("12:00"))
    assert later is not None
    assert later.step is ExplanationEvent.LASTS


def test_an_explanation_that_needs_no_attention_is_logged_once() -> None:
    quiet = replace(UNWATCHED, needs_attention=False)
    assert explanation_change(quiet, again("15:00", needs_attention=False), at("15:00")) is None


def test_a_new_sentence_for_the_same_reason_is_logged_at_once_and_keeps_its_beginning() -> None:
    other = again("10:07", sentence="web stays awake: nothing watches srv-2")
    assert explanation_change(UNWATCHED, other, at("10:07")) == ExplanationChange(
        replace(other, since=at("10:00")), ExplanationEvent.CHANGED
    )


def test_another_reason_is_logged_at_once_with_a_new_beginning() -> None:
    other = again("10:07", reason="daemon", sentence="web is skipped")
    assert explanation_change(UNWATCHED, other, at("10:07")) == ExplanationChange(other, ExplanationEvent.CHANGED)


def test_another_phase_is_recorded_and_not_logged() -> None:
    draining = again("10:07", phase=Phase.DRAINING)
    assert explanation_change(UNWATCHED, draining, at("10:07")) == ExplanationChange(
        replace(UNWATCHED, phase=Phase.DRAINING), None
    )


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_that_warns_is_explained_with_its_sentence(reason: Reason) -> None:
    result = explained(Decision(Action.STAY, reason, f"web is {reason}", warning=True))
    assert result == Explanation(reason.value, f"web is {reason}", True, at("12:00"), at("12:00"), Phase.AWAKE)


@pytest.mark.parametrize("reason", Reason)
def test_a_decision_that_does_not_warn_is_explained_only_if_its_reason_can_last_unnoticed(reason: Reason) -> None:
    result = explained(Decision(Action.STAY, reason, f"web is {reason}"))
    assert (result is not None and not result.needs_attention) == (reason in LASTING)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("warning", [True, False])
def test_nothing_is_explained_for_a_service_in_mode_off(reason: Reason, *, warning: bool) -> None:
    assert explained(Decision(Action.SKIP, reason, f"web is {reason}", warning=warning), Mode.OFF) is None


def test_tasks_that_run_though_the_service_is_asleep_are_reported_with_another_problem() -> None:
    asleep = ServiceState(NAME, Phase.ASLEEP, since=at("10:00"))
    snapshot = Snapshot(a_service(), replace(running_facts(0), running=1), asleep)
    quiet = explanation(snapshot, Decision(Action.STAY, Reason.ASLEEP, "web is asleep"), asleep, at("12:00"))
    wrong = Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, "web is asleep, and its wake rule is gone", warning=True)
    both = explanation(snapshot, wrong, asleep, at("12:00"))
    assert quiet is not None
    assert both is not None
    assert quiet.reason == both.reason == "running_though_asleep"
    assert both.sentence == f"web is asleep, and its wake rule is gone. {quiet.sentence}"


@pytest.mark.parametrize("warning", [True, False])
def test_a_long_sentence_is_cut(*, warning: bool) -> None:
    result = explained(Decision(Action.STAY, Reason.NO_TARGET_GROUPS, "x" * 9999, warning=warning))
    assert result is not None
    assert len(result.sentence) == LONGEST_SENTENCE


def test_an_explanation_has_ended_when_one_that_needs_no_attention_replaces_it() -> None:
    deployed = again("10:07", reason="deployment_running", sentence="web stays awake", needs_attention=False)
    assert explanation_change(UNWATCHED, deployed, at("10:07")) == ExplanationChange(deployed, ExplanationEvent.ENDED)


def test_a_new_sentence_that_needs_no_attention_is_recorded_and_not_logged() -> None:
    quiet = replace(UNWATCHED, needs_attention=False)
    other = again("10:07", needs_attention=False, sentence="in other words")
    assert explanation_change(quiet, other, at("10:07")) == ExplanationChange(
        replace(quiet, sentence="in other words"), None
    )


AWAKE: Final = ServiceState(NAME, Phase.AWAKE, since=at("09:00"))


def still_logged(before: Explanation, reason: Reason, clock: str, state: ServiceState = AWAKE) -> bool:
    """Return whether ``before`` is kept when a tick decides for a reason that needs no attention."""
    return is_kept(before, Decision(Action.STAY, reason, "web is in use"), state, at(clock))


@pytest.mark.parametrize("reason", sorted(NOT_IDLE))
def test_a_problem_that_only_an_idle_service_shows_is_kept_while_the_service_is_in_use_but_not_forever(
    reason: Reason,
) -> None:
    assert still_logged(UNWATCHED, reason, "11:59")
    assert not still_logged(UNWATCHED, reason, "12:00")
    assert not still_logged(UNWATCHED, Reason.DRAINING, "10:01")
    assert not still_logged(UNWATCHED, reason, "10:01", replace(AWAKE, phase=Phase.WAKING))
    assert not still_logged(replace(UNWATCHED, reason="wake_rule_problem"), reason, "10:01")


@pytest.mark.parametrize("reason", sorted(HAPPENS_AT_ONE_TICK))
def test_an_event_of_one_tick_is_shown_for_an_hour_unless_the_phase_changes(reason: str) -> None:
    event = replace(UNWATCHED, reason=reason)
    assert still_logged(event, Reason.RECENTLY_ACTIVE, "10:59")
    assert not still_logged(event, Reason.RECENTLY_ACTIVE, "11:00")
    assert not still_logged(event, Reason.ASLEEP, "10:01", replace(AWAKE, phase=Phase.ASLEEP))


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("warning", [True, False])
def test_a_failed_wake_is_reported_until_it_is_over_whatever_else_is_decided(reason: Reason, *, warning: bool) -> None:
    failed = ServiceState(NAME, Phase.WAKING, since=at("09:00"), wake=has_failed("CannotPullContainerError"))
    decision = Decision(Action.STAY, reason, "web: its readiness could not be seen", warning=warning)
    result = explanation(Snapshot(a_service(), running_facts(), failed), decision, failed, at("12:00"))
    assert result is not None
    assert (result.reason, result.needs_attention) == ("wake_failed", True)
    also = ". web: its readiness could not be seen" if warning and reason is not Reason.WAKE_FAILED else ""
    assert result.sentence == f"web did not wake by its deadline: CannotPullContainerError{also}"


def test_an_explanation_is_valid_while_the_phase_is_the_same() -> None:
    assert still_so(UNWATCHED, ServiceState(NAME, Phase.AWAKE, since=at("09:00"))) == UNWATCHED
    assert still_so(UNWATCHED, ServiceState(NAME, Phase.ASLEEP, since=at("10:30"))) is None
    assert still_so(UNWATCHED, None) is None
    assert still_so(replace(UNWATCHED, phase=None), None) is not None
