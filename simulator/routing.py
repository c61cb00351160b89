"""Where the listener sends a request: to the service's own target group, to the wake function, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule
from scale_to_zero.rules.rule_positions import DISARMED

from .account import (
    LISTENER,
    RULE,
    conditions_of_own_rule,
    host_of,
    own_rule,
    wake_target_group,
)
from .ports.in_memory import InMemoryPorts
from .wildcards import matches

AT_ONCE: Final = timedelta(0)
RULES_OF_ONE_SERVICE: Final = 100
UPTIME_CHECKS_FROM: Final = 10
WAKE_RULES_FROM: Final = 30
OWN_RULES_FROM: Final = 50


class ClientKind(StrEnum):
    """The sender of a request. ``page``: the waiting page, which polls the status. ``button``: the page's button."""

    PROGRAM = "program"
    BROWSER = "browser"
    PAGE = "page"
    BUTTON = "button"
    MONITOR = "monitor"


@dataclass(frozen=True)
class ClientRequest:
    """One request, as a visitor sends it; header names are in lower case. ``client``: the kind of visitor."""

    client: ClientKind
    host: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: str = ""

    def header(self, name: str) -> str:
        """Return the value of one header, empty if it was not sent."""
        return self.host if name == "host" else (self.headers or {}).get(name, "")


class Destination(NamedTuple):
    """The target group that a request is sent to, and whether it is the wake function's target group."""

    target_group_arn: str
    is_wake_function: bool


class Routing:
    """The listener's rules: the services' own rules, and our rules, which Terraform creates and destroys."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._table = ports.table
        self._listeners = ports.listeners
        self._rules = ports.world.listener_rules
        self._leads_to: dict[str, Destination] = {}
        self._priorities: dict[str, int] = {}
        self._listeners.put(LISTENER, ListenerRule(f"{RULE}/default", None, frozenset()))

    def build(self, service: Service) -> None:
        """Create the rules that a service lacks: its own, and our rules, disarmed. Existing rules are not changed."""
        on_request = service.wake_on_request
        if on_request is None:
            return
        first = self._priorities.setdefault(service.key, RULES_OF_ONE_SERVICE * (1 + len(self._priorities)))
        ours = Destination(wake_target_group(service), is_wake_function=True)
        self._table.wake_target_groups[ours.target_group_arn] = service.key
        for number, uptime_check in enumerate(on_request.uptime_checks):
            self._create(uptime_check.arn, first + UPTIME_CHECKS_FROM + number, DISARMED, ours)
        for number, rule in enumerate(on_request.rules):
            self._create(rule.arn, first + WAKE_RULES_FROM + number, DISARMED, ours)
        for number, arn in enumerate(service.target_group_arns):
            conditions = conditions_of_own_rule(service, number, [host_of(service)])
            self._create(
                own_rule(service, number), first + OWN_RULES_FROM + number, conditions, Destination(arn, False)
            )

    def destroy(self, service: Service) -> None:
        """Delete our rules of a service, as Terraform does when it leaves the module."""
        on_request = service.wake_on_request
        if on_request is not None:
            self._listeners.remove(LISTENER, *(rule.arn for rule in (*on_request.rules, *on_request.uptime_checks)))
            self._table.wake_target_groups.pop(wake_target_group(service), None)

    def set_hosts(self, service: Service, *hosts: str) -> None:
        """Change the hosts of the service's own rules, as an operator does."""
        for number in range(len(service.target_group_arns)):
            conditions = conditions_of_own_rule(service, number, hosts)
            self._listeners.set_conditions(own_rule(service, number), conditions)

    def meets(self, request: ClientRequest) -> Destination | None:
        """Return where a request is sent now, ``None`` if only the listener's default rule takes it."""
        rules = [rule for rule in self._listeners.met(LISTENER).values() if rule.priority is not None]
        for rule in sorted(rules, key=lambda rule: rule.priority or 0):
            if takes(rule.conditions, request):
                return self._leads_to[rule.arn]
        return None

    def _create(self, arn: str, priority: int, conditions: Conditions, leads_to: Destination) -> None:
        if arn in self._listeners.rules(LISTENER):
            return
        self._leads_to[arn] = leads_to
        propagation, self._rules.propagation = self._rules.propagation, AT_ONCE
        self._listeners.put(LISTENER, ListenerRule(arn, priority, conditions))
        self._rules.propagation = propagation


def takes(conditions: Conditions, request: ClientRequest) -> bool:
    """Return whether a rule with these conditions takes a request."""
    return all(_is_met(condition, request) for condition in conditions)


def _is_met(condition: Condition, request: ClientRequest) -> bool:
    """Compare hosts and header values without regard to case, and paths exactly (ELB user guide, condition types)."""
    for name, pattern in condition.values:
        match condition.field:
            case "host-header":
                met = matches(pattern, request.host, ignores_case=True)
            case "path-pattern":
                met = matches(pattern, request.path)
            case "http-header":
                met = matches(pattern, request.header(name.lower()), ignores_case=True)
            case other:
                raise ValueError(f"Unknown condition field: {other}")
        if met:
            return True
    return False
