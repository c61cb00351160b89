"""The services that the simulated module manages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from scale_to_zero.model.configured import ModuleRule, Service, ServiceName, WakeOnRequest
from scale_to_zero.model.observed import Condition, Conditions

CLUSTER: Final = "city-guided-cluster"
PREFIX: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER: Final = f"{PREFIX}:loadbalancer/app/city/50dc6c495c0c9188"
LISTENER: Final = f"{PREFIX}:listener/app/city/50dc6c495c0c9188/f2f7dc8efc522ab2"
RULE: Final = LISTENER.replace(":listener/", ":listener-rule/")
MONITORS: Final = "*Uptime*"


def a_service(key: str = "web", groups: int = 1, **changes: object) -> Service:
    """Make a service behind the load balancer, with ``groups`` target groups."""
    arns = tuple(f"{PREFIX}:targetgroup/{key}-{number}/73e2d6bc24d8a067" for number in range(groups))
    service = Service(key, ServiceName(CLUSTER, key), LOAD_BALANCER if groups else None, arns)
    return replace(service, **changes)  # type: ignore[arg-type]


def woken_by_requests(service: Service, *, monitored: bool = False, **changes: object) -> Service:
    """Return the service with a wake rule above each of its own rules.

    ``monitored``: with a rule for uptime checks above each of them too. ``changes``: fields of its ``WakeOnRequest``.
    """
    numbers = range(len(service.target_group_arns))
    rules = tuple(
        ModuleRule(f"group-{number}", f"{RULE}/{service.key}-wake-{number}", LISTENER, own_rule(service, number))
        for number in numbers
    )
    uptime_checks = tuple(
        ModuleRule(
            f"monitor-{n}",
            f"{RULE}/{service.key}-uptime-check-{n}",
            LISTENER,
            own_rule(service, n),
            user_agents=(MONITORS,),
        )
        for n in (numbers if monitored else ())
    )
    wake = replace(WakeOnRequest(rules=rules, uptime_checks=uptime_checks), **changes)  # type: ignore[arg-type]
    return replace(service, wake_on_request=wake)


def own_rule(service: Service, group: int) -> str:
    """Return the ARN of the service's own rule that forwards to one of its target groups."""
    return f"{RULE}/{service.key}-own-{group}"


def wake_target_group(service: Service) -> str:
    """Return the ARN of our target group, through which the service's visitors reach the wake function."""
    return f"{PREFIX}:targetgroup/wake-{service.key}/6d0ecf831eec9f09"


def host_of(service: Service) -> str:
    """Return the host of the service's requests."""
    return f"{service.key}.example.com"


def path_of(group: int) -> str:
    """Return a path whose requests go to the service's target group with this number."""
    return f"/{group}/page"


def conditions_of_own_rule(service: Service, group: int, hosts: Iterable[str]) -> Conditions:
    """Return conditions for the hosts, and, for a service with several target groups, for the paths of this one."""
    conditions = {Condition("host-header", frozenset(("", host) for host in hosts))}
    if len(service.target_group_arns) > 1:
        conditions.add(Condition("path-pattern", frozenset({("", f"/{group}/*")})))
    return frozenset(conditions)
