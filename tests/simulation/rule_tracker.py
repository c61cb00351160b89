"""Checks that wake rules get the conditions that the phase requires, and that draining ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scale_to_zero.model.configured import Mode, ModuleRule, Service
from scale_to_zero.model.observed import Condition, Conditions
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.rule_positions import DISARMED
from simulator.account import LISTENER
from simulator.ports.in_memory import InMemoryPorts

TICKS_UNTIL_RULES_AGREE: Final = 3
LONGEST_DRAINING: Final = 10 * MINUTE
SLACK: Final = 2 * MINUTE
ARMED_PHASES: Final = frozenset({Phase.DRAINING, Phase.ASLEEP, Phase.WAKING})


@dataclass
class TrackedRules:
    """What ticks have observed of the rules of a service.

    ``ticks_wrong``: how many fault-free ticks in a row have found rules that differ from what the phase requires.
    """

    ticks_wrong: int = 0


class RuleTracker:
    """Says what is wrong with the rules of a service after a fault-free tick."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def rules_disagree(self, tracked: TrackedRules, service: Service, state: ServiceState | None) -> str:
        """Return what is wrong if the rules have differed from what the phase requires for too many ticks; else ""."""
        wrong = self._wrong_rules(service, state)
        tracked.ticks_wrong = tracked.ticks_wrong + 1 if wrong else 0
        if tracked.ticks_wrong <= TICKS_UNTIL_RULES_AGREE:
            return ""
        return f"the rules of {service.name} do not agree with its phase: {wrong}, {state}"

    def drains_for_too_long(self, service: Service, state: ServiceState | None) -> str:
        """Return what is wrong if the service neither stops nor becomes awake again in time; else ""."""
        on_request = service.wake_on_request
        if on_request is None or state is None or state.phase is not Phase.DRAINING:
            return ""
        longest = LONGEST_DRAINING + on_request.drain_lead + SLACK
        drains = self._ports.world.now - state.since
        return f"{service.name} has been draining for {drains}: {state}" if drains > longest else ""

    def _wrong_rules(self, service: Service, state: ServiceState | None) -> str:
        on_request = service.wake_on_request
        if on_request is None or state is None:
            return ""
        acts = service.mode is Mode.ACT
        armed = [rule.name for rule in on_request.rules if self.is_armed(rule)]
        if acts and state.phase in ARMED_PHASES:
            missing = [rule.name for rule in on_request.rules if rule.name not in armed]
            if missing:
                return f"{', '.join(missing)} not armed"
        elif any(self._set(rule) != DISARMED for rule in on_request.rules):
            return "not all disarmed"
        if acts and not all(self.is_armed(rule) for rule in on_request.uptime_checks):
            return "a rule for uptime checks not armed"
        return ""

    def is_armed(self, rule: ModuleRule) -> bool:
        """Return whether a rule has the present conditions of the service's own rule, plus its user agents if any."""
        assert rule.own_rule_arn is not None
        own = self._ports.listeners.rules(LISTENER).get(rule.own_rule_arn)
        return own is not None and self._set(rule) == armed_like(rule, own.conditions)

    def _set(self, rule: ModuleRule) -> Conditions | None:
        ours = self._ports.listeners.rules(LISTENER).get(rule.arn)
        return ours.conditions if ours else None


def armed_like(rule: ModuleRule, own: Conditions) -> Conditions:
    """Return the conditions of an armed rule above the service's own rule with conditions ``own``."""
    agents = frozenset(("User-Agent", pattern) for pattern in rule.user_agents)
    return own | {Condition("http-header", agents)} if agents else own
