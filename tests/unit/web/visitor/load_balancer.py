"""A service with its wake rules, and visitors that the rules send to the function or to the service.

The functions run one at a time, as in ``ModuleInstance``. A watcher that was sent runs when the test starts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.tick.run import TickFailed
from scale_to_zero.web.page import render_page
from scale_to_zero.web.visitor import answer_visitor
from simulator.account import a_service
from tests.simulation.module_instance import ModuleInstance
from tests.unit.listener import LISTENER, WAKE_RULE, a_listener, woken_by_requests
from tests.unit.web.visitor.scene import MINUTE, WAKE_TARGET_GROUP, Answered, Event, as_sent

THE_APPLICATION: Final = Answered(200, (("Content-Type", "text/html"),), "Bonjour Paris")
NO_HEALTHY_TARGET: Final = Answered(503, (("Server", "awselb/2.0"),), "")


class LoadBalancedService(ModuleInstance):
    """A service that runs ``tasks`` tasks at first, behind a load balancer."""

    def __init__(self, tasks: int = 1, **wake: object) -> None:
        self.web = a_service("web", wake_on_request=woken_by_requests(**wake))
        super().__init__(self.web, desired=tasks)
        self.ports.listeners.put(LISTENER, *a_listener().values())
        self.ports.table.wake_target_groups[WAKE_TARGET_GROUP] = "web"
        self.ports.watcher = lambda keys: self._sent.append(tuple(keys))
        self._sent: list[tuple[str, ...]] = []

    @property
    def is_armed(self) -> bool:
        """Whether visitors are sent to the wake function."""
        return self.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions != DISARMED

    @property
    def saved_state(self) -> ServiceState:
        """The service state of the service."""
        return self.state(self.web.name)

    @property
    def tasks(self) -> int:
        """The desired count of the service in ECS."""
        return self.desired(self.web)

    def visit(self, event: Event) -> Answered:
        """Send a request to the wake function or the service, as the rules say."""
        if self.is_armed:
            ends_at = self.world.now + MINUTE
            return as_sent(answer_visitor(self.ports.gathered(), event, render=render_page, ends_at=ends_at))
        [group] = self.web.target_group_arns
        assert self.web.load_balancer_arn is not None
        answered = self.world.request(self.web.load_balancer_arn, group)
        return THE_APPLICATION if answered else NO_HEALTHY_TARGET

    def arrives(self, event: Event) -> Answered:
        """Send a request, and follow its redirects."""
        answered = self.visit(event)
        while answered.code in (303, 307):
            answered = self.visit(event)
        return answered

    def watchers_run(self) -> Sequence[tuple[str, ...]]:
        """Run each watcher that was sent until it is over, and return the services of the watchers."""
        sent, self._sent = self._sent, []
        for keys in sent:
            self.wake({"services": list(keys), "watcher": True})
        return sent

    def tick_whatever_fails(self) -> None:
        """Run one tick, and ignore ``TickFailed``, which is not what the test is about."""
        with suppress(TickFailed):
            self.tick()
        self.world.advance(MINUTE)

    def falls_asleep(self) -> None:
        """Let the service fall asleep without requests."""
        for _ in range(20):
            self.tick()
            if self.saved_state.phase is Phase.ASLEEP:
                self.world.advance(2 * MINUTE)
                return
            self.world.advance(MINUTE)
        raise AssertionError(f"the service does not fall asleep: {self.saved_state}")

    def drains(self) -> None:
        """Let the service drain without requests, until its rules are armed."""
        for _ in range(20):
            self.tick()
            if self.saved_state.phase is Phase.DRAINING:
                self.world.advance(timedelta(seconds=20))
                return
            self.world.advance(MINUTE)
        raise AssertionError(f"the service does not drain: {self.saved_state}")
