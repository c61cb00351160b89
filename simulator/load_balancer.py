"""The load balancer in virtual time: it sends a request to the application, to the wake function, or nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import Service
from scale_to_zero.web.page import render_page
from scale_to_zero.web.visitor import answer_visitor

from . import http
from .http import Response
from .ports.faults import RunCutOff
from .routing import ClientRequest
from .runs import VISIT

if TYPE_CHECKING:
    from .simulation import Simulation

NETWORK_LATENCY: Final = timedelta(milliseconds=10)


class LoadBalancer:
    """A load balancer that follows the listener's rules. Only runs can use it, because a request takes time."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def send(self, service: Service, request: ClientRequest) -> Response:
        """Send one request for a service, and return the answer."""
        sim = self._sim
        sim.turns.wait(NETWORK_LATENCY)
        met = sim.routing.meets(request)
        if met is not None and met.is_wake_function:
            return self._visit(service, request, met.target_group_arn)
        response = self._serve(service, met.target_group_arn) if met else http.NOT_ROUTED
        sim.record.note("%s at %s: %s", request.client, service.key, response)
        sim.answered(service, request, response, None)
        return response

    def _serve(self, service: Service, target_group_arn: str) -> Response:
        assert service.load_balancer_arn is not None
        target = self._sim.world.request(service.load_balancer_arn, target_group_arn)
        if target is None:
            return http.NO_TARGET
        self._sim.record.request(target_group_arn)
        return http.SERVED if target.answers else http.TARGET_DID_NOT_ANSWER

    def _visit(self, service: Service, request: ClientRequest, target_group_arn: str) -> Response:
        sim = self._sim
        run = sim.new_run(VISIT)
        run.visited, run.client = service.name, request.client
        sim.visit_begins(run, service, request)
        try:
            with sim.running(run) as ports:
                event, ends_at = http.event_of(request, target_group_arn), run.ends_at_by_its_clock
                answer = answer_visitor(ports, event, render=render_page, ends_at=ends_at)
                run.answer, response = answer, http.response_of(answer)
        except RunCutOff:
            if sim.is_closing:
                raise
            response = http.CUT_OFF
        sim.record.note("%s, a %s at %s: %s", run, request.client, service.key, response)
        sim.answered(service, request, response, run)
        return response
