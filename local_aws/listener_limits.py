"""AWS's limits on listeners and their rules, which moto does not check (ud ELB, "Quotas for your Application Load
Balancers"; bc elbv2). The limits on the values of conditions are in ``condition_limits``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response

from . import condition_limits
from .api_call import AwsError
from .patching import Patches
from .target_groups import weighted_groups

MOST_RULES: Final = 100
"""The most rules of one load balancer, without default rules, unless AWS raised it."""

MOST_TARGET_GROUPS: Final = 100
"""The most target groups of one load balancer, each counted once; AWS does not raise it."""

MOST_TARGET_GROUPS_OF_AN_ACTION: Final = 5

REPEATABLE_FIELDS: Final = frozenset({"http-header", "query-string"})
"""The fields that several conditions of one rule may have (ud ELB, "Condition types for listener rules")."""


def install(patches: Patches) -> None:
    """Apply every patch."""
    bound_rules(patches)
    bound_conditions(patches)
    bound_target_groups(patches)


def bound_rules(patches: Patches) -> None:
    """Limit the number of rules of one load balancer, on all its listeners together, as AWS does."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def create_rule(self: Any, listener_arn: str, *args: Any, **kwargs: Any) -> Any:
            [listener] = self.describe_listeners(None, [listener_arn])
            balancer = self.load_balancers[listener.load_balancer_arn]
            if sum(len(one.rules) - 1 for one in balancer.listeners.values()) >= MOST_RULES:
                message = f"The maximum number of rules on load balancer '{balancer.arn}' has been reached"
                raise AwsError("TooManyRules", message)
            return moto(self, listener_arn, *args, **kwargs)

        return create_rule

    patches.replace(ELBv2Backend, "create_rule", make)


def bound_conditions(patches: Patches) -> None:
    """Limit the conditions of a rule as AWS does.

    A rule can have one condition each on hosts, paths, methods and addresses, none on the header ``Host``, and few
    values.
    """

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any) -> Any:
            conditions = self._get_params().get("Conditions") or ()
            _check_conditions(conditions)
            condition_limits.check(conditions)
            return moto(self)

        return change

    for change in ("create_rule", "modify_rule"):
        patches.replace(ELBV2Response, change, make)


def bound_target_groups(patches: Patches) -> None:
    """Limit the target groups of an action and of a load balancer as AWS does; a group belongs to one load balancer."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any) -> Any:
            _check_target_groups(self.elbv2_backend, self._get_params())
            return moto(self)

        return change

    for change in ("create_listener", "modify_listener", "create_rule", "modify_rule"):
        patches.replace(ELBV2Response, change, make)


def _check_conditions(conditions: Sequence[Mapping[str, Any]]) -> None:
    fields = [condition.get("Field", "") for condition in conditions]
    for field in set(fields) - REPEATABLE_FIELDS:
        if fields.count(field) > 1:
            raise AwsError("ValidationError", f"A rule can only have one '{field}' condition")
    for condition in conditions:
        if str((condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "")).lower() == "host":
            raise AwsError("ValidationError", "The 'host' HTTP header cannot be used in a 'http-header' condition")


def _check_target_groups(backend: Any, request: Mapping[str, Any]) -> None:
    balancer = next((one for one in backend.load_balancers.values() if _concerns(request, one)), None)
    if balancer is None:
        return  # moto reports what does not exist.
    wanted: set[str] = set()
    for action in request.get("Actions") or request.get("DefaultActions") or ():
        groups = {group for group, _weight in weighted_groups(action)} if action["Type"] == "forward" else set()
        if len(groups) > MOST_TARGET_GROUPS_OF_AN_ACTION:
            # AWS's exact words are not known.
            message = f"An action can have {MOST_TARGET_GROUPS_OF_AN_ACTION} target groups at most"
            raise AwsError("ValidationError", message)
        wanted |= groups
    for group in sorted(wanted & backend.target_groups.keys()):
        if set(backend.target_groups[group].load_balancer_arns) - {balancer.arn}:
            message = f"Target group '{group}' cannot be associated with more than one load balancer"
            raise AwsError("TargetGroupAssociationLimit", message)
    if wanted and len(wanted | set(_kept(balancer, request))) > MOST_TARGET_GROUPS:
        message = f"The maximum number of target groups on load balancer '{balancer.arn}' has been reached"
        raise AwsError("TooManyUniqueTargetGroupsPerLoadBalancer", message)


def _concerns(request: Mapping[str, Any], balancer: Any) -> bool:
    rules = {arn for listener in balancer.listeners.values() for arn in listener.rules}
    return (
        request.get("LoadBalancerArn") == balancer.arn
        or request.get("ListenerArn") in balancer.listeners
        or request.get("RuleArn") in rules
    )


def _kept(balancer: Any, request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the target groups of every rule whose actions the request does not replace."""
    for listener in balancer.listeners.values():
        for rule in listener.rules.values():
            replaced = rule.is_default and "DefaultActions" in request and request.get("ListenerArn") == listener.arn
            if rule.arn == request.get("RuleArn") or replaced:
                continue
            for action in rule.actions:
                if action.type == "forward":
                    yield from (group for group, _weight in weighted_groups(action.data))
