"""Listeners and their rules: moto keeps them, the world decides which of their settings applies to a request.

Where moto answers or accepts something that AWS does not, a patch changes it to what AWS does (bc elbv2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from moto.elbv2.exceptions import DuplicatePriorityError, PriorityInUseError
from moto.elbv2.models import ELBv2Backend, FakeRule
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random

from simulator.world import World

from . import listener_limits
from .api_call import AwsError
from .patching import Patches

PLAIN_FIELDS: Final[Mapping[str, str]] = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
"""The fields of conditions that AWS returns in two forms at once: ``Values`` and their ``Config``."""

ACTIONS: Final = frozenset({"forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito"})
"""The types of actions that the listeners here support."""

_CHANGES: Final = (
    "create_listener",
    "modify_listener",
    "delete_listener",
    "create_rule",
    "modify_rule",
    "set_rule_priorities",
    "delete_rule",
    "delete_load_balancer",
)


@dataclass(frozen=True)
class Rule:
    """The setting of a rule. ``priority`` is ``None`` for a default rule. Conditions and actions are as in the API."""

    priority: int | None
    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]


def install(patches: Patches, world: World) -> None:
    """Apply every patch."""
    keep_both_forms_of_conditions(patches)
    listener_limits.install(patches)
    refuse_to_touch_default_rules(patches)
    swap_priorities(patches)
    name_default_rules_by_the_seed(patches)
    refuse_what_is_not_modelled(patches)
    refuse_other_load_balancers(patches)
    keep_the_world_in_step(patches, world)


def keep_both_forms_of_conditions(patches: Patches) -> None:
    """Return hosts and paths both as ``Values`` and within their ``Config``, as AWS does; moto returns them as set."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any, *args: Any, **kwargs: Any) -> Any:
            rule = moto(self, *args, **kwargs)
            rule.conditions = [_in_both_forms(condition) for condition in rule.conditions]
            return rule

        return change

    for change in ("create_rule", "modify_rule"):
        patches.replace(ELBv2Backend, change, make)


def refuse_to_touch_default_rules(patches: Patches) -> None:
    """Refuse to change or delete a default rule, as AWS does, and report a rule that does not exist.

    A default rule is changed and deleted only with its listener.
    """

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any, *args: Any, **kwargs: Any) -> Any:
            arn = kwargs.get("rule_arn") or kwargs.get("arn") or args[0]
            [rule] = self.describe_rules(listener_arn=None, rule_arns=[arn])
            if rule.is_default:
                raise AwsError("OperationNotPermitted", f"Default rule '{arn}' cannot be modified or deleted")
            return moto(self, *args, **kwargs)

        return change

    for change in ("modify_rule", "delete_rule"):
        patches.replace(ELBv2Backend, change, make)


def swap_priorities(patches: Patches) -> None:
    """Accept a priority that another rule frees in the same call, as AWS does; moto refuses it."""

    def make(_moto: Callable[..., Any]) -> Callable[..., Any]:
        def set_rule_priorities(self: Any, rule_priorities: Sequence[Mapping[str, Any]]) -> list[Any]:
            wanted = {one["RuleArn"]: one["Priority"] for one in rule_priorities}
            for priority in wanted.values():
                if list(wanted.values()).count(priority) > 1:
                    raise DuplicatePriorityError(priority)
            rules = [self.describe_rules(listener_arn=None, rule_arns=[arn])[0] for arn in wanted]
            for rule in rules:
                if rule.is_default:
                    raise AwsError("OperationNotPermitted", f"Default rule '{rule.arn}' cannot be modified or deleted")
                [listener] = self.describe_listeners(None, [rule.listener_arn])
                others = [one.priority for arn, one in listener.rules.items() if arn not in wanted]
                if wanted[rule.arn] in others:
                    raise PriorityInUseError
            for rule in rules:
                rule.priority = wanted[rule.arn]
            return rules

        return set_rule_priorities

    patches.replace(ELBv2Backend, "set_rule_priorities", make)


def name_default_rules_by_the_seed(patches: Patches) -> None:
    """End a default rule's ARN in 16 hexadecimal digits, as AWS does; moto uses a memory address of this process."""

    def make(moto: Callable[..., None]) -> Callable[..., None]:
        def initialize(self: Any, listener_arn: str, *args: Any, **kwargs: Any) -> None:
            moto(self, listener_arn, *args, **kwargs)
            self.arn = f"{listener_arn.replace(':listener/', ':listener-rule/')}/{mock_random.get_random_hex(16)}"

        return initialize

    patches.replace(FakeRule, "__init__", make)


def refuse_what_is_not_modelled(patches: Patches) -> None:
    """Refuse regular expressions, rewritten requests and token checks, which AWS supports and nothing here does."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any) -> Any:
            request = self._get_params()
            if request.get("Transforms"):
                raise AwsError("NotModelled", "not modelled: listener rules with transforms")
            for condition in request.get("Conditions") or ():
                if condition.get("RegexValues") or any(
                    config.get("RegexValues") for config in condition.values() if isinstance(config, Mapping)
                ):
                    raise AwsError("NotModelled", "not modelled: rule conditions with regular expressions")
            for action in request.get("Actions") or request.get("DefaultActions") or ():
                if action["Type"] not in ACTIONS:
                    raise AwsError("NotModelled", f"not modelled: {action['Type']} actions")
            return moto(self)

        return change

    for change in ("create_rule", "modify_rule", "create_listener", "modify_listener"):
        patches.replace(ELBV2Response, change, make)


def refuse_other_load_balancers(patches: Patches) -> None:
    """Refuse Network and Gateway Load Balancers, because nothing here would listen for them."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def create_load_balancer(self: Any) -> Any:
            kind = self._get_params().get("Type") or "application"
            if kind != "application":
                raise AwsError("NotModelled", f"not modelled: load balancers of type {kind}")
            return moto(self)

        return create_load_balancer

    patches.replace(ELBV2Response, "create_load_balancer", make)


def keep_the_world_in_step(patches: Patches, world: World) -> None:
    """Pass every change of a rule to the world, where it applies to requests after a delay, as on AWS."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
            answer = moto(self, *args, **kwargs)
            listeners = [one for balancer in self.load_balancers.values() for one in balancer.listeners.values()]
            for arn in set(world.listener_rules.listener_arns) - {listener.arn for listener in listeners}:
                world.listener_rules.forget_listener(arn)
            for listener in listeners:
                world.listener_rules.replace(listener.arn, {rule.arn: _setting(rule) for rule in _rules(listener)})
            return answer

        return changed

    for change in _CHANGES:
        patches.replace(ELBv2Backend, change, make)


def _rules(listener: Any) -> Sequence[Any]:
    return list(listener.rules.values())


def _setting(rule: Any) -> Rule:
    priority = None if rule.is_default else int(rule.priority)
    return Rule(priority, deepcopy(rule.conditions), [deepcopy(action.data) for action in rule.actions])


def _in_both_forms(condition: Mapping[str, Any]) -> dict[str, Any]:
    config = PLAIN_FIELDS.get(condition.get("Field", ""))
    if config is None:
        return dict(condition)
    values = (condition.get(config) or {}).get("Values") or condition.get("Values")
    return {"Field": condition["Field"], "Values": values, config: {"Values": values}}
