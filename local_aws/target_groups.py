"""Target groups: moto keeps their settings and the rules that use them, the world keeps the health of their targets.

Targets are tasks, which only ECS registers, or a Lambda function, which a caller registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends

from simulator.world import TargetHealth, World

from . import function_targets
from .patching import Patches

_CHANGES: Final = (
    "create_listener",
    "modify_listener",
    "delete_listener",
    "create_rule",
    "modify_rule",
    "delete_rule",
    "delete_load_balancer",
    "modify_target_group_attributes",
)
"""The calls after which a target group may have another load balancer or deregistration delay."""


def install(patches: Patches, world: World) -> None:
    """Apply every patch."""
    belong_to_the_load_balancer_that_uses_them(patches)
    keep_the_world_in_step(patches, world)
    delete_in_the_world(patches, world)
    health_from_the_world(patches, world)
    function_targets.install(patches)


def belong_to_the_load_balancer_that_uses_them(patches: Patches) -> None:
    """Show only load balancers whose listeners or rules use a group now, as AWS does; moto shows former ones too."""

    def make(_moto: None) -> property:
        def load_balancer_arns(self: Any) -> list[str]:
            backend = elbv2_backends[self.account_id][self.region_name]
            return [arn for arn, balancer in backend.load_balancers.items() if self.arn in _used_groups(balancer)]

        def ignore(_self: Any, _arns: list[str]) -> None:
            """Ignore moto's own list, which only grows."""

        return property(load_balancer_arns, ignore)

    patches.replace(FakeTargetGroup, "load_balancer_arns", make)


def keep_the_world_in_step(patches: Patches, world: World) -> None:
    """Pass load balancers and deregistration delays of groups to the world.

    AWS checks a group's targets as soon as a listener or rule uses the group, and drains them for the group's delay.
    """

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
            answer = moto(self, *args, **kwargs)
            for group in self.target_groups.values():
                world.configure_target_group(group.arn, _deregistration(group))
                world.attach_target_group(group.arn, next(iter(group.load_balancer_arns), None))
            return answer

        return changed

    for change in _CHANGES:
        patches.replace(ELBv2Backend, change, make)


def delete_in_the_world(patches: Patches, world: World) -> None:
    """Delete a group's targets with it, as AWS does, without an error for a group that is already gone."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def delete_target_group(self: Any, target_group_arn: str) -> Any:
            if target_group_arn not in self.target_groups:
                return None
            answer = moto(self, target_group_arn)
            world.forget_target_group(target_group_arn)
            return answer

        return delete_target_group

    patches.replace(ELBv2Backend, "delete_target_group", make)


def health_from_the_world(patches: Patches, world: World) -> None:
    """Report the health of targets with its reason, as AWS does; moto knows only healthy targets."""

    def make(_moto: Callable[..., Any]) -> Callable[..., Any]:
        def describe_target_health(
            self: Any, target_group_arn: str, targets: Sequence[Mapping[str, Any]]
        ) -> list[Mapping[str, Any]]:
            if target_group_arn not in self.target_groups:
                raise TargetGroupNotFoundError
            if function_targets.are_targets(target_group_arn):
                return function_targets.health(target_group_arn, targets)
            known = world.target_health(target_group_arn)
            if not targets:
                return [_shown(target) for target in known]
            return [_find(known, wanted) for wanted in targets]

        return describe_target_health

    patches.replace(ELBv2Backend, "describe_target_health", make)


def _used_groups(load_balancer: Any) -> set[str]:
    return {
        arn
        for listener in list(load_balancer.listeners.values())
        for actions in (listener.default_actions, *(rule.actions for rule in listener.rules.values()))
        for arn in _forwarded_to(actions)
    }


def _forwarded_to(actions: Sequence[Any]) -> Iterator[str]:
    for action in actions:
        if action.type == "forward":
            yield from (group_arn for group_arn, _weight in weighted_groups(action.data))


def weighted_groups(action: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the target groups of a forward action with their weights."""
    groups = action.get("ForwardConfig", {}).get("TargetGroups")
    if groups:
        return [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]
    return [(action["TargetGroupArn"], 1)]


def _deregistration(group: Any) -> timedelta:
    return timedelta(seconds=int(group.attributes.get("deregistration_delay.timeout_seconds", 0)))


def _find(known: Sequence[TargetHealth], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    for target in known:
        if target.ip == wanted["Id"] and int(wanted.get("Port", target.port)) == target.port:
            return _shown(target)
    return function_targets.not_registered(wanted)


def _shown(target: TargetHealth) -> Mapping[str, Any]:
    health = {"State": target.state.value, "Reason": target.reason, "Description": target.description}
    return {
        "Target": {"Id": target.ip, "Port": target.port},
        "HealthCheckPort": str(target.port),
        "TargetHealth": {name: value for name, value in health.items() if value is not None},
    }
