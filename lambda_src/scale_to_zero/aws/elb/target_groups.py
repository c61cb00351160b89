"""Elastic Load Balancing: the load balancers of target groups, and their healthy targets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from scale_to_zero.aws.addresses import same_spelling
from scale_to_zero.aws.batches import in_batches, in_parallel
from scale_to_zero.aws.errors import AWS_ERRORS, explained, unknown, unseen
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Target, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.ports import Clock

DESCRIBE: Final = "elasticloadbalancing:DescribeTargetGroups"

# The API reference has no limit for TargetGroupArns; 20 is its limit for load balancers and rules.
TARGET_GROUPS_PER_CALL: Final = 20
# A target group changes its load balancer rarely, by hand or by Terraform.
KNOWN_FOR: Final = timedelta(minutes=15)


class _Known(NamedTuple):
    load_balancer_arn: str
    until: datetime


class AwsTargetGroups:
    """``TargetGroups`` on Elastic Load Balancing."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """Read twenty target groups per call, several calls in parallel, and only those not known yet.

        A load balancer that was found is cached for 15 minutes; a target group without one is read again each time.
        """
        now = self._clock()
        known = {
            arn: self._known[arn].load_balancer_arn
            for arn in target_group_arns
            if arn in self._known and now < self._known[arn].until
        }
        batches = in_batches((arn for arn in target_group_arns if arn not in known), TARGET_GROUPS_PER_CALL)
        answers: dict[str, str | None | Unknown] = dict(known)
        for answer in in_parallel(self._read, batches):
            answers.update(answer)
            for arn, load_balancer_arn in answer.items():
                if isinstance(load_balancer_arn, str):
                    self._known[arn] = _Known(load_balancer_arn, now + KNOWN_FOR)
        return answers

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Return whether it has a target that is not ``draining``; a draining target is no longer registered."""
        described = self._describe_health(target_group_arn)
        if isinstance(described, Unknown):
            return described
        return any(state != "draining" for state in described.values())

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        """Read the targets in state ``healthy``; draining, initial and unused ones are in other states."""
        described = self._describe_health(target_group_arn)
        if isinstance(described, Unknown):
            return described
        return frozenset(target for target, state in described.items() if state == "healthy")

    def _describe_health(self, target_group_arn: str) -> dict[Target, str] | Unknown:
        try:
            with explained("elasticloadbalancing:DescribeTargetHealth", target_group_arn):
                response = self._clients.elbv2.describe_target_health(TargetGroupArn=target_group_arn)
                return {
                    # A Lambda function as a target has no port.
                    Target(same_spelling(described["Target"]["Id"]), described["Target"].get("Port", 0)): described[
                        "TargetHealth"
                    ]["State"]
                    for described in response["TargetHealthDescriptions"]
                }
        except CallFailed as failure:
            return unknown(failure)

    def _read(self, arns: list[str]) -> dict[str, str | None | Unknown]:
        try:
            response = self._clients.elbv2.describe_target_groups(TargetGroupArns=arns)
        except AWS_ERRORS as error:
            # One target group that is deleted or misspelt must not hide the others.
            if len(arns) > 1 and _may_be_of_one(error):
                return {arn: answer for alone in arns for arn, answer in self._read([alone]).items()}
            return {arn: unseen(error, DESCRIBE, arn) for arn in arns}
        groups = response.get("TargetGroups", [])
        found = {group.get("TargetGroupArn"): group.get("LoadBalancerArns", []) for group in groups}
        return {arn: _only(arn, found.get(arn)) for arn in arns}


def _may_be_of_one(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in {
        "TargetGroupNotFound",
        "ValidationError",
    }


def _only(arn: str, load_balancer_arns: list[str] | None) -> str | None | Unknown:
    if load_balancer_arns is None:
        return Unknown(f"{DESCRIBE} returned nothing about {arn}")
    if len(load_balancer_arns) > 1:
        several = ", ".join(sorted(load_balancer_arns))
        return Unknown(f"{arn} belongs to several load balancers: {several}", call_failed=False)
    return load_balancer_arns[0] if load_balancer_arns else None
