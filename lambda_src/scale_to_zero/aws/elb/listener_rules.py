"""Elastic Load Balancing: the rules of listeners. All are read, and only the module's own are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scale_to_zero.aws.batches import in_parallel
from scale_to_zero.aws.errors import explained, unknown
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Conditions, ListenerRule, Unknown

from .listener_conditions import as_requested, conditions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef, RuleTypeDef

    from scale_to_zero.aws.clients import Clients

# The maximum in the API reference. Few listeners have more rules, so one call is usually enough.
RULES_PER_PAGE: Final = 400

AUTHENTICATING: Final = frozenset({"authenticate-cognito", "authenticate-oidc", "jwt-validation"})
DEFAULT: Final = "default"


class AwsListenerRules:
    """``ListenerRules`` on Elastic Load Balancing."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, listener_arns: Collection[str]) -> Mapping[str, Mapping[str, ListenerRule] | Unknown]:
        """Read each listener once, several in parallel."""
        in_order = sorted(set(listener_arns))
        return dict(zip(in_order, in_parallel(self._read, in_order), strict=True))

    def set_conditions(self, rule_arn: str, conditions: Conditions) -> None:
        """Replace the conditions of a rule; its actions and its priority stay the same."""
        with explained("elasticloadbalancing:ModifyRule", rule_arn):
            self._clients.elbv2.modify_rule(RuleArn=rule_arn, Conditions=as_requested(conditions))

    def _read(self, listener_arn: str) -> dict[str, ListenerRule] | Unknown:
        pages = self._clients.elbv2.get_paginator("describe_rules").paginate(
            ListenerArn=listener_arn, PaginationConfig={"PageSize": RULES_PER_PAGE}
        )
        try:
            with explained("elasticloadbalancing:DescribeRules", listener_arn):
                rules = [_rule(described) for page in pages for described in page["Rules"]]
        except CallFailed as failure:
            return unknown(failure)
        return {rule.arn: rule for rule in rules}


def _rule(described: RuleTypeDef) -> ListenerRule:
    conditions, unreadable = conditions_of(described.get("Conditions", []))
    priority = described["Priority"]
    return ListenerRule(
        arn=described["RuleArn"],
        priority=None if priority == DEFAULT else int(priority),
        conditions=conditions,
        authenticates=any(action.get("Type") in AUTHENTICATING for action in described.get("Actions", [])),
        unreadable=unreadable,
        forwards_to=frozenset(arn for action in described.get("Actions", []) for arn in _groups_of(action)),
    )


def _groups_of(action: ActionOutputTypeDef) -> Iterator[str]:
    """Yield an action's target groups: one is in the action itself (in older answers only there), several in config."""
    if "TargetGroupArn" in action:
        yield action["TargetGroupArn"]
    for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
        if "TargetGroupArn" in group:
            yield group["TargetGroupArn"]
