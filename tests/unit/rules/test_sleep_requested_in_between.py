"""Sleep is requested for a service that wakes or drains. If a stop is not safe, the service runs on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.unit.listener import WAKE_RULE
from tests.unit.timeline import NOT_READY, Timeline, a_service_woken_by_requests, at

UNSEEN = Unknown("elasticloadbalancing:DescribeRules failed: Throttling: Rate exceeded")


def failed_and_in_use(**parts: object) -> Timeline:
    """Return a service whose wake failed long ago and whose last request is a minute old."""
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY, **parts)
    timeline.ticks("10:01", "10:06")
    assert timeline.saved_state.failed
    return timeline.request("10:28:30")


@pytest.mark.parametrize("what", ["disarmed", "in the wrong place", "unseen", "disarmed, and traffic unknown"])
def test_a_failed_wake_that_cannot_be_stopped_at_once_is_not_stopped_while_it_is_used(what: str) -> None:
    timeline = failed_and_in_use()
    timeline.save_state(sleep_requested=at("10:29"))
    if what == "unseen":
        timeline.rules = UNSEEN
    elif what == "in the wrong place":
        timeline.change_rule(WAKE_RULE, priority=49_000)
    else:
        timeline.refused_changes = frozenset({WAKE_RULE})
        timeline.change_rule(WAKE_RULE, conditions=frozenset())
    if what.endswith("unknown"):
        timeline.unseen = {"RequestCount": Unknown("throttled")}
    decisions = timeline.ticks("10:30", "10:33")
    assert Action.SLEEP not in {decision.action for decision in decisions}
    assert timeline.phase is Phase.WAKING


def test_a_failed_wake_that_can_be_stopped_at_once_is_stopped() -> None:
    timeline = failed_and_in_use()
    timeline.save_state(sleep_requested=at("10:29"))
    decision = timeline.tick("10:30")
    assert (decision.action, decision.reason) == (Action.SLEEP, Reason.SLEEP_REQUESTED)


def test_a_service_that_drains_because_it_is_idle_never_mentions_a_request() -> None:
    timeline = Timeline.awake_since("09:57", service=a_service_woken_by_requests())
    timeline.request("10:00:30")
    assert not [d.sentence for d in timeline.ticks("10:01", "10:08") if "requested" in d.sentence]
    # The rules were armed again just now.
    timeline.save_state(armed=at("10:08:50"))
    assert "requested" not in timeline.tick("10:09").sentence


def requested_and_draining() -> Timeline:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    assert timeline.tick("10:00:01").action is Action.DRAIN
    return timeline


def test_a_busy_task_makes_a_service_awake_again_before_its_rules_take_effect() -> None:
    timeline = requested_and_draining()
    timeline.protected = True
    decision = timeline.tick("10:00:05")
    assert (timeline.phase, decision.reason) == (Phase.AWAKE, Reason.NEEDED_WHILE_DRAINING)


def test_a_request_to_sleep_ignores_activity_between_two_ticks() -> None:
    """A deployment that began and ended between two ticks is activity, but does not cancel a request to sleep."""
    timeline = requested_and_draining()
    timeline.state = replace(timeline.saved_state, last_activity=at("10:00:10"))
    timeline.ticks("10:00:20", "10:01:20")
    assert timeline.phase is Phase.ASLEEP


def test_a_hold_of_all_is_reported_before_a_wake_rule_problem() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    timeline.change_rule(WAKE_RULE, priority=49_000).write_hold_of_all("10:00:30", "12:00")
    assert timeline.tick("10:01").reason is Reason.HELD
