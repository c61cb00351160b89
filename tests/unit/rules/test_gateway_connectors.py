"""An ECS Gateway sends requests that no target group counts, so a service with a gateway connector is never idle."""

from __future__ import annotations

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TARGET_GROUP, TrafficSource, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ScalableTarget
from tests.unit.timeline import GATEWAY, TARGET_GROUP_ARN, Timeline, a_service, a_service_woken_by_requests

REFUSED = Unknown("ecs:DescribeServiceRevisions failed; allow ecs:DescribeServiceRevisions in the function's role")


def test_a_gateway_connector_keeps_its_service_awake_and_is_named() -> None:
    timeline = Timeline.awake_since("09:00", gateways=frozenset({GATEWAY}))
    decisions = timeline.ticks("09:05", "12:00")
    assert {decision.reason for decision in decisions} == {Reason.UNWATCHED_TRAFFIC_SOURCE}
    assert decisions[0].sentence == (
        "web stays awake: the module does not watch gateway connector http; add target groups to "
        "target_group_arns, or set ignore_other_traffic"
    )
    timeline.gateways = frozenset()
    assert timeline.tick("12:01").action is Action.SLEEP


def test_a_service_with_wake_rules_and_a_gateway_connector_does_not_drain() -> None:
    service = a_service_woken_by_requests()
    timeline = Timeline.awake_since("09:00", service=service, gateways=frozenset({GATEWAY}))
    assert {decision.reason for decision in timeline.ticks("09:05", "12:00")} == {Reason.UNWATCHED_TRAFFIC_SOURCE}


def test_a_service_in_dry_run_mode_with_a_gateway_connector_would_not_sleep() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(mode=Mode.DRY_RUN), gateways=frozenset({GATEWAY}))
    assert timeline.tick("10:00").reason is Reason.UNWATCHED_TRAFFIC_SOURCE


def test_revisions_that_could_not_be_observed_keep_the_service_awake_and_the_log_says_what_to_do() -> None:
    timeline = Timeline.awake_since("09:00", gateways=REFUSED)
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason) == (Action.STAY, Reason.TRAFFIC_UNKNOWN)
    assert "allow ecs:DescribeServiceRevisions" in decision.sentence
    assert decision.sentence.endswith("set ignore_other_traffic if it has none")


def test_gateways_are_not_observed_if_other_traffic_is_ignored() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(ignore_other_traffic=True), gateways=REFUSED)
    assert timeline.tick("10:00").action is Action.SLEEP


def test_a_service_without_revisions_has_no_gateway_connectors() -> None:
    """Its deployment controller is CODE_DEPLOY or EXTERNAL: ECS names no current revisions."""
    timeline = Timeline.awake_since("09:00", gateways=REFUSED).observed(revisions=frozenset())
    assert timeline.tick("10:00").action is Action.SLEEP


def test_gateways_are_not_observed_for_a_service_that_something_else_keeps_awake() -> None:
    in_use = Timeline.awake_since("09:00", gateways=REFUSED).request("09:58:30")
    assert in_use.tick("10:00").reason is Reason.IN_USE
    scaled = Timeline.awake_since("09:00", gateways=REFUSED, scalable_target=ScalableTarget(0, 3))
    assert scaled.tick("10:00").reason is Reason.LEFT_TO_AUTO_SCALING
    unwatched = Timeline.awake_since("09:00", gateways=REFUSED)
    unwatched.observed(traffic_sources=frozenset({TrafficSource(TARGET_GROUP, f"{TARGET_GROUP_ARN}-other")}))
    assert unwatched.tick("10:00").reason is Reason.UNWATCHED_TRAFFIC_SOURCE
