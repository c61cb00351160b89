"""The load balancer as visitors meet it: a request goes to the application, to the wake function, or to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.memory import Phase
from scale_to_zero.model import Service
from scale_to_zero.visitor import answer_visitor
from simulator import http
from simulator.http import Response
from simulator.ports.faults import RunCutOff
from simulator.record import Wish
from simulator.routing import Ask, Routing, Who
from simulator.runs import VISIT, Run

from .courtesy import Courtesy

if TYPE_CHECKING:
    from .simulation import Simulation

ON_THE_WAY: Final = timedelta(milliseconds=10)
RUNNING: Final = frozenset({Phase.AWAKE, Phase.DRAINING})


class Door:
    """Sends requests through the listener's rules. Only runs may use it: a request takes its time."""

    def __init__(self, sim: Simulation, routing: Routing) -> None:
        self._sim = sim
        self._routing = routing
        self._courtesy = Courtesy(sim)
        self.visits = 0

    def send(self, service: Service, ask: Ask) -> Response:
        """Send one request about a service, and answer what comes back."""
        self._sim.turns.wait(ON_THE_WAY)
        met = self._routing.meets(ask)
        if met is None:
            response = http.NOT_ROUTED
        elif met.is_wake_function:
            return self._visit(service, ask, met.target_group_arn)
        else:
            response = self._serve(service, met.target_group_arn)
        self._sim.chronicle.note("%s at %s: %s", ask.who, service.key, response)
        self._courtesy.judge(service, ask, response, None)
        return response

    def _serve(self, service: Service, target_group_arn: str) -> Response:
        assert service.load_balancer_arn is not None
        target = self._sim.world.request(service.load_balancer_arn, target_group_arn)
        if target is None:
            return http.NOBODY_THERE
        self._sim.chronicle.request(target_group_arn)
        return http.SERVED if target.answers else http.TARGET_IS_SILENT

    def _visit(self, service: Service, ask: Ask, target_group_arn: str) -> Response:
        sim = self._sim
        self.visits += 1
        run = sim.new_run(VISIT)
        run.visited, run.who = service.name, ask.who
        wish = self._wish(service, ask)
        try:
            with sim.running(run) as ports:
                event = http.event_of(ask, target_group_arn)
                answer = answer_visitor(ports, event, ends_at=run.ends_at_by_its_clock)
                response = http.response_of(answer)
        except RunCutOff:
            if sim.is_closing:
                raise
            response = http.CUT_OFF
        sim.chronicle.note("%s, a %s at %s: %s", run, ask.who, service.key, response)
        self._end(run, wish)
        self._courtesy.judge(service, ask, response, run)
        return response

    def _wish(self, service: Service, ask: Ask) -> Wish | None:
        """What the request asks of the module, if anything: it keeps a running service, and wakes a sleeping one."""
        wake = service.wake_on_request
        assert wake is not None
        if ask.who in (Who.PAGE, Who.MONITOR):
            return None
        memory = self._sim.memory(service.name)
        found = memory.phase if memory else None
        if wake.ask_before_waking and ask.who is not Who.BUTTON and found not in RUNNING:
            return None
        self._sim.watch.wished(service.name)
        return self._sim.chronicle.wish(service.name, Wish(self._sim.world.now, found))

    def _end(self, run: Run, wish: Wish | None) -> None:
        if wish is None or run.visited is None:
            return
        wish.answered = self._sim.world.now
        self._sim.watch.wished(run.visited, asked=False)
        wish.sound = run.is_fault_free(run.visited)
