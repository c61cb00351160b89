"""Clients at random times: most of them do not wait until the service is ready."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from simulator.http import by_browser, by_button, by_page, by_program

from .patient_clients import browser, follow, program
from .simulation import Simulation

PATIENT: Final = 0.2
MOST_WAITING: Final = 2


class Clients:
    """Clients that send bursts of requests, with pauses of about an idle window or of hours between them."""

    def __init__(self, sim: Simulation, service: Service) -> None:
        self._sim = sim
        self._service = service
        self._waiting = 0
        self._send_later()

    def _send_later(self) -> None:
        random, idle = self._sim.random, self._service.idle
        kind = random.random()
        if kind < 0.55:
            gap = timedelta(seconds=random.uniform(0.2, 90))
        elif kind < 0.85:
            gap = idle * random.uniform(0.7, 2.2)
        else:
            gap = timedelta(minutes=random.expovariate(1 / 120))
        self._sim.after(gap, self._send_request)

    def _send_request(self) -> None:
        self._send_later()
        sim, service = self._sim, self._service
        if not service.target_group_arns:
            return
        if service.wake_on_request is not None:
            self._send_to_a_wake_rule()
            return
        met = sim.request(service, sim.random.randrange(len(service.target_group_arns)))
        if not met and sim.random.random() < 0.7 and service.key in sim.ports.table.services:
            sim.wake({"service": service.key, "wait": sim.random.random() < 0.3})

    def _send_to_a_wake_rule(self) -> None:
        """Send a request. Most clients take the first answer; some programs and browsers wait for the application."""
        sim, service, random = self._sim, self._service, self._sim.random
        group = random.randrange(len(service.target_group_arns))
        if random.random() > PATIENT or self._waiting >= MOST_WAITING:
            by = random.choice([by_program, by_program, by_browser, by_page, by_button])
            follow(sim, service, by(service, group))
            return
        self._waiting += 1
        if random.random() < 0.5:
            program(sim, service, group)
        else:
            browser(sim, service, group, presses=random.random() < 0.7)
        self._waiting -= 1
