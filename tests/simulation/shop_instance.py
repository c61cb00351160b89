"""A sleeping shop with a wake rule and a rule for uptime checks, and the calls of Terraform to scale-up about it."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.rule_positions import DISARMED
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.terraform import payload_of_terraform
from tests.unit.listener import LISTENER, MONITOR, UPTIME_CHECK, WAKE_RULE, a_listener
from tests.unit.listener import woken_by_requests as waking_rules

from .module_instance import ModuleInstance

SHOP = a_service("shop", wake_on_request=waking_rules(uptime_checks=(MONITOR,)))


class ShopInstance(ModuleInstance):
    """The shop, asleep, with its wake rule and its rule for uptime checks armed."""

    def __init__(self) -> None:
        super().__init__(SHOP)
        self.ports.listeners.put(LISTENER, *a_listener().values())
        self.ticks(12)
        assert (self.desired(SHOP), self.state(SHOP.name).phase) == (0, Phase.ASLEEP)
        assert self.diverting() == {WAKE_RULE, UPTIME_CHECK}
        self.ports.faults.calls.clear()

    def diverting(self) -> set[str]:
        rules = self.ports.listeners.rules(LISTENER)
        return {arn for arn in (WAKE_RULE, UPTIME_CHECK) if rules[arn].conditions != DISARMED}

    def terraform(self, mode: Mode | None = None) -> object:
        """Return the answer of scale-up when the service leaves, or when its mode changes."""
        return self._answer(
            payload_of_terraform(SHOP) if mode is None else payload_of_terraform(replace(SHOP, mode=mode), Mode.ACT)
        )

    def replace_rules(self) -> None:
        """Simulate an apply that replaces the shop's own rule: the module's rules are new too, and disarmed."""
        self.ports.listeners.put(LISTENER, *a_listener().values())
        assert self.diverting() == set()

    def apply(self, action: str = "update", mode: Mode = Mode.ACT) -> object:
        """Return the answer of scale-up when Terraform creates or updates its invocation."""
        return self._answer(payload_of_terraform(replace(SHOP, mode=mode), mode, action))

    def _answer(self, payload: dict[str, object]) -> object:
        return run_scale_up(
            self.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=self.world.now + 15 * MINUTE
        )
