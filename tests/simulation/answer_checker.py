"""Checks the answers that clients get: each is from the application, or tells the client what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.web.visitor.kinds import STATUS_TYPE
from simulator.http import LOAD_BALANCER, Response
from simulator.record import Record
from simulator.routing import ClientKind, ClientRequest

from .checked_run import CheckedRun
from .promise_tracker import TASKS_ARE_UNHEALTHY, TASKS_DO_NOT_START, PromiseBroken

if TYPE_CHECKING:
    from .simulation import Simulation

PROBLEM: Final = "application/problem+json"
CALM_TICKS: Final = 4
"""Until this many ticks after a fault, a client may still meet its effects."""
UNHEALTHY: Final = frozenset({TASKS_DO_NOT_START, TASKS_ARE_UNHEALTHY})
LONGEST_START: Final = 10 * MINUTE
"""Several starts of tasks without a start fault take at most this long. After many failures ECS waits longer."""
AS_AWAKE: Final = 2 * MINUTE
"""When a service has been awake for longer than this, only ECS keeps its tasks running."""


class AnswerChecker:
    """Gets every answer before the client does."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._record: Record = sim.record

    def check(self, service: Service, request: ClientRequest, response: Response, run: CheckedRun | None) -> None:
        """Check one answer. ``run``: the visit that answered; ``None`` if no function answered."""
        if response.by_application:
            return
        if response.by == LOAD_BALANCER:
            self._check_load_balancer_error(service, request, response, run)
            return
        assert run is not None
        self._sim.checker.stops.check_answer(service, request, run)
        message = f"{run}: a {request.client} at {service.key} was answered {response}: {response.body[:300]!r}"
        configured = self._sim.checker.service(service.name)
        if response.status == 404:
            self._require(configured is None, f"{message}, though the module manages the service")
            return
        self._require(response.headers.get("cache-control") == "no-store", f"{message}, which a cache may store")
        self._require(self._is_useful(service, request, response), f"{message}, which is not useful")
        tracked = self._sim.tracker.of(service.name)
        undisturbed = tracked.disturbed_at < run.begun
        if undisturbed and request.client is ClientKind.PROGRAM and response.media_type == PROBLEM:
            self._require(response.json()["state"] != "unavailable", f"{message}, though there was no fault")

    def _is_useful(self, service: Service, request: ClientRequest, response: Response) -> bool:
        on_request = service.wake_on_request
        assert on_request is not None
        again = response.retry_after is not None
        repeat = response.status == 307 and response.headers.get("location") == request.path
        page = response.is_page and again and response.status in (on_request.page_status, 503)
        match request.client:
            case ClientKind.PROGRAM:
                return repeat or (response.status == 503 and again and response.media_type == PROBLEM)
            case ClientKind.BROWSER:
                return repeat or page
            case ClientKind.BUTTON:
                fetch = response.status == 303 and response.headers.get("location") == request.path
                return fetch or page
            case ClientKind.PAGE:
                status = response.status == 200 and response.media_type == STATUS_TYPE
                return status or (response.status == 503 and again)
            case ClientKind.MONITOR:
                return response.status == 200 or (response.status == 503 and again)

    def _check_load_balancer_error(
        self, service: Service, request: ClientRequest, response: Response, run: CheckedRun | None
    ) -> None:
        """Check an error of the load balancer: allowed during or soon after faults, or if a service lost its tasks."""
        if run is not None and not run.is_fault_free(service.name):
            return
        tracked = self._sim.tracker.of(service.name)
        configured = self._sim.checker.service(service.name)
        if (
            configured is None
            or configured.mode is not Mode.ACT
            or tracked.hindered & UNHEALTHY
            or tracked.fault_free_ticks <= CALM_TICKS
        ):
            return
        state = self._sim.state(service.name)
        self._require(
            state is not None and self._has_been_awake(state) and self._sim.checker.desired(service.name) > 0,
            f"a {request.client} at {service.key} was answered {response}: {state}",
        )

    def _has_been_awake(self, state: ServiceState) -> bool:
        """Return whether its service state says awake or draining, and it has run for long enough or lost its tasks."""
        if state.phase not in (Phase.AWAKE, Phase.DRAINING):
            return False
        if self._sim.world.now - (state.awake_since or state.since) > AS_AWAKE:
            return True
        facts, start = self._sim.ports.facts(state.name), self._sim.record.last(state.name, stop=False)
        tasks_are_gone = facts is not None and facts.running == 0
        return tasks_are_gone and (start is None or self._sim.world.now - start.at > LONGEST_START)

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
