"""A run of scale-up whose answer is checked service by service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from scale_to_zero.actions.reading import read_named
from scale_to_zero.commands.scale_up import carry_out
from scale_to_zero.commands.wake import ServiceProgress, answer
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.service_state import Hold
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import WakeRequest, named_services, read_wake_request
from simulator.functions import LONGEST_HOLD
from simulator.runs import WATCHER

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken

if TYPE_CHECKING:
    from .simulation import Simulation

RECORDED_SOON: Final = timedelta(seconds=5)
"""By then a watcher has recorded the request for which it was sent."""


class CheckedWake:
    """A run of scale-up that wakes, holds or releases services. It keeps the progress of each service to check it."""

    def __init__(self, sim: Simulation, run: CheckedRun, payload: Mapping[str, object]) -> None:
        self._sim = sim
        self._run = run
        self._payload = payload
        self._request: WakeRequest | None = None
        self._progress: list[ServiceProgress] = []
        self._held_before: dict[ServiceName, Hold] = {}
        self.requested_services: tuple[Service, ...] = ()

    def __call__(self, ports: Ports, ends_at: datetime) -> dict[str, object]:
        """Do what ``run_scale_up`` does."""
        began = self._run.begun + self._run.clock_ahead
        stored = read_named(ports, named_services(self._payload))
        request = read_wake_request(self._payload, stored.services, stored.unreadable, longest_hold=LONGEST_HOLD)
        self._request, self.requested_services = request, () if request.release else request.services
        states = {one.name: self._sim.state(one.name) for one in request.services}
        self._held_before = {name: state.hold for name, state in states.items() if state and state.hold}
        self._expect(request)
        self._progress = carry_out(ports, request, stored, began=began, ends_at=ends_at)
        return answer(self._progress, began, stored)

    def _expect(self, request: WakeRequest) -> None:
        self._run.lifts_holds = request.release
        for service in request.services:
            self._sim.tracker.wake_begins(service.name)
            if request.release:
                continue
            if self._run.kind == WATCHER:  # its run lasts as long as the wake
                self._sim.after(RECORDED_SOON, partial(self._sim.expect_wake, self._run, service))
            else:
                self._sim.tracker.awake_requested(service.name)

    def check(self) -> None:
        """Check the result of each service."""
        for step in self._progress:
            assert self._request is not None
            self._check_holds(self._request, step)
            if step.fault and not self._run.disturbed:
                raise PromiseBroken(f"{self._run} failed though there was no fault: {step.message}")

    def _check_holds(self, request: WakeRequest, step: ServiceProgress) -> None:
        """Check the answer about a hold, and that a release without faults has ended it."""
        name = step.service.name
        state, before = self._sim.state(name), self._held_before.get(name)
        if step.fault or step.refused:
            return
        if request.hold is not None:
            self._sim.checker.holds.check_answer(self._run, name, request.hold)
        was_held = before is not None and before.until > self._sim.world.now + self._run.clock_ahead
        if request.release and was_held and not self._run.disturbed and state is not None and state.hold == before:
            raise PromiseBroken(f"{self._run} released {name}, but it is still held: {before}")
