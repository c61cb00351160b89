"""Sleep is requested for a service that wakes or drains: what of it is not safe to stop goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.unit.listener import WAKE_RULE
from tests.unit.timeline import NOT_READY, Story, a_service_woken_by_requests, at

UNSEEN = Unknown("elasticloadbalancing:DescribeRules failed: Throttling: Rate exceeded")


def failed_and_in_use(**parts: object) -> Story:
    """Its wake failed long ago, its last request is a minute old, and sleep is requested."""
    story = Story.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY, **parts)
    story.ticks("10:01", "10:06")
    assert story.saved_state.failed
    return story.request("10:28:30")


@pytest.mark.parametrize("what", ["disarmed", "in the wrong place", "unseen", "disarmed, and traffic unknown"])
def test_a_failed_wake_that_cannot_be_stopped_at_once_is_not_stopped_while_it_is_used(what: str) -> None:
    story = failed_and_in_use()
    story.save_state(sleep_requested=at("10:29"))
    if what == "unseen":
        story.rules = UNSEEN
    elif what == "in the wrong place":
        story.change_rule(WAKE_RULE, priority=49_000)
    else:
        story.refused_changes = frozenset({WAKE_RULE})
        story.change_rule(WAKE_RULE, conditions=frozenset())
    if what.endswith("unknown"):
        story.unseen = {"RequestCount": Unknown("throttled")}
    decisions = story.ticks("10:30", "10:33")
    assert Action.SLEEP not in {decision.action for decision in decisions}
    assert story.phase is Phase.WAKING


def test_a_failed_wake_that_can_be_stopped_at_once_is() -> None:
    story = failed_and_in_use()
    story.save_state(sleep_requested=at("10:29"))
    decision = story.tick("10:30")
    assert (decision.action, decision.reason) == (Action.SLEEP, Reason.ASKED_TO_SLEEP)


def test_what_drains_because_it_is_idle_never_says_that_it_was_requested() -> None:
    story = Story.awake_since("09:57", service=a_service_woken_by_requests())
    story.request("10:00:30")
    assert not [d.sentence for d in story.ticks("10:01", "10:08") if "somebody asked" in d.sentence]
    # The rules were armed just now, again.
    story.save_state(armed=at("10:08:50"))
    assert "somebody asked" not in story.tick("10:09").sentence


def requested_and_draining() -> Story:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    assert story.tick("10:00:01").action is Action.DRAIN
    return story


def test_a_busy_task_makes_a_service_awake_again_before_its_rules_take_effect() -> None:
    story = requested_and_draining()
    story.protected = True
    decision = story.tick("10:00:05")
    assert (story.phase, decision.reason) == (Phase.AWAKE, Reason.NEEDED_WHILE_DRAINING)


def test_activity_before_a_request_to_sleep_does_not_count() -> None:
    """A deployment that began and ended between two ticks is activity, which a request to sleep does not count."""
    story = requested_and_draining()
    story.memory = replace(story.saved_state, last_activity=at("10:00:10"))
    story.ticks("10:00:20", "10:01:20")
    assert story.phase is Phase.ASLEEP


def test_a_hold_of_all_is_reported_before_a_wake_rule_problem() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    story.change_rule(WAKE_RULE, priority=49_000).write_hold_of_all("10:00:30", "12:00")
    assert story.tick("10:01").reason is Reason.HELD
