"""Clients that wait for the application: programs that repeat a request, browsers with the waiting page; monitors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.web.visitor.kinds import STATUS_TYPE
from simulator import http
from simulator.http import Response
from simulator.routing import ClientRequest

from .promise_tracker import PromiseBroken

if TYPE_CHECKING:
    from .simulation import Simulation

MOST_REDIRECTS: Final = 20
"""Fetch and httpx follow 20 redirects, requests and curl more."""
NO_RETRY_AFTER: Final = timedelta(seconds=5)
"""The pause before a client repeats its request, if the answer has no ``Retry-After``."""
FIRST_POLL: Final = timedelta(seconds=2)
RELOADS: Final = 30
LONG_ENOUGH: Final = timedelta(minutes=8)
"""A client that waits this long for a service without faults, and gets no answer from it, was not served."""


def follow(sim: Simulation, service: Service, request: ClientRequest) -> Response:
    """Send a request and follow redirects, as every client does."""
    redirects = 0
    while True:
        response = sim.load_balancer.send(service, request)
        if response.status not in http.FOLLOWED:
            return response
        redirects += 1
        if redirects > MOST_REDIRECTS:
            raise PromiseBroken(f"a {request.client} at {service.key} was redirected {redirects} times")
        if response.status == 303:
            request = http.by_browser(service)


def program(sim: Simulation, service: Service, group: int = 0, patience: timedelta = LONG_ENOUGH) -> Response:
    """Send a program's request again and again, as ``Retry-After`` says, until it is served or ``patience`` is over."""
    began = sim.world.now
    while True:
        response = follow(sim, service, http.by_program(service, group))
        if response.by_application or sim.world.now - began >= patience:
            break
        pause = response.retry_after
        sim.turns.wait(timedelta(seconds=pause) if pause is not None else NO_RETRY_AFTER)
    if not response.by_application:
        must_have_been_served(sim, service, began)
    return response


def browser(
    sim: Simulation, service: Service, group: int = 0, *, presses: bool = True, patience: timedelta = LONG_ENOUGH
) -> Response:
    """Open a browser and keep its waiting page open. ``presses``: whether the user presses the button, if it exists."""
    began = sim.world.now
    response = follow(sim, service, http.by_browser(service, group))
    for _ in range(RELOADS):
        if not response.is_page or not _polls(sim, service, group, began + patience, presses=presses):
            break
        response = follow(sim, service, http.by_browser(service, group))
    if not response.by_application and presses and sim.world.now - began >= LONG_ENOUGH:
        must_have_been_served(sim, service, began)
    return response


def _polls(sim: Simulation, service: Service, group: int, until: datetime, *, presses: bool) -> bool:
    """Poll the status as the page does; return whether the page then loads itself again."""
    pause: timedelta = FIRST_POLL
    while sim.world.now < until:
        sim.turns.wait(pause)
        answer = sim.load_balancer.send(service, http.by_page(service, group))
        if answer.by_application:
            return True
        if answer.media_type != STATUS_TYPE:
            pause = NO_RETRY_AFTER
            continue
        status = answer.json()
        if status["state"] == "ready":
            return True
        if status["state"] == "needs_confirmation" and presses:
            sim.load_balancer.send(service, http.by_button(service, group))
        if status["poll_after_seconds"] is None:
            return False
        pause = timedelta(seconds=status["poll_after_seconds"])
    return False


def must_have_been_served(sim: Simulation, service: Service, began: datetime) -> None:
    """Check a client that was not served: this is allowed only after a fault, or if the tasks do not start."""
    tracked, state = sim.tracker.of(service.name), sim.state(service.name)
    configured, on_request = sim.checker.service(service.name), service.wake_on_request
    facts = sim.ports.facts(service.name)
    if configured is None or configured.mode is not Mode.ACT or state is None or facts is None or on_request is None:
        return
    ecs_failed = tracked.hindered or state.failed or state.failures or (facts.desired > 0 and facts.running == 0)
    if on_request.ask_before_waking or ecs_failed or tracked.disturbed_at >= began:
        return
    raise PromiseBroken(f"a client of {service.key} has waited since {began:%H:%M:%S} and was never served: {state}")


def monitor(sim: Simulation, service: Service, every: timedelta) -> None:
    """Let a monitor check the service repeatedly."""

    def send() -> None:
        sim.after(every, send)
        if service.key in sim.ports.table.services:
            sim.load_balancer.send(service, http.by_monitor(service))

    sim.after(every, send)
