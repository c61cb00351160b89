"""A few services in memory, the module's functions as the API calls them, and callers.

    scene = Scene(a_service("web"))
    scene.is_asleep("web")
    assert scene.post("/services/web/wake").code == 202

Every answer passes through the model of API Gateway, so an answer that could not be sent fails its test. A test also
fails if the API uses anything besides the table and the functions, because its role allows nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.errors import Refused
from scale_to_zero.model.service_state import Explanation, Hold, HoldAll, Phase, ServiceState, Wake
from scale_to_zero.ports import Ports
from scale_to_zero.web.api import answer_call
from simulator.account import a_service
from simulator.ports.in_memory import InMemoryPorts
from simulator.ports.table import InMemoryTable, TableItems
from simulator.world import World
from tests.service_states import a_wake
from tests.unit.web.api.gateway import Answered, Event, an_event, as_sent

START: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
LONGEST_HOLD: Final = timedelta(days=7)
JSON: Final = "application/json"


class Untouched:
    """A port that the API must not use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the API used {name} of {self._name}")


class FakeFunctions:
    """The scale-up and the scale-to-zero function, which the API cannot distinguish from the real ones.

    ``skipped``: keys of services that they skip in addition to those whose mode is not ``act``. ``fails``: what each
    call raises. ``payloads``: every payload, after it was sent as JSON.
    """

    def __init__(self, table: TableItems, clock: Callable[[], datetime]) -> None:
        self._table = table
        self._clock = clock
        self.skipped: set[str] = set()
        self.fails: Exception | None = None
        self.payloads: list[dict[str, Any]] = []

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Wake, hold or release one service, or hold and release all."""
        if "hold_all_until" in payload:
            return self._hold_all(payload)
        service = self._begin(payload)
        if payload.get("release"):
            state = self._table.states.get(service.name)
            return self._answer(service, state and replace(state, hold=None), f"{service.key} is not held")
        if self._is_skipped(service):
            return self._answer(service, None, f"{service.key} is skipped")
        state = self._awake_or_waking(service)
        if "hold_minutes" in payload:
            until = self._clock() + int(str(payload["hold_minutes"])) * MINUTE
            placed = state.hold
            later = Hold(until, str(payload["reason"])) if placed is None or placed.until < until else placed
            state = replace(state, hold=later)
        return self._answer(service, state, f"{service.key} is {state.phase}")

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Put one service to sleep."""
        service = self._begin(payload)
        assert payload["action"] == "sleep"
        state = self._table.states.get(service.name)
        if self._is_skipped(service) or state is None:
            raise Refused("SleepRefused", f"{service.key} is skipped")
        if state.phase is Phase.ASLEEP:
            return self._answer(service, None, f"{service.key} is already asleep")
        if state.hold is not None and not payload["force"]:
            raise Refused("SleepRefused", f'{service.key} is held awake; retry with "force": true')
        requested = replace(state, phase=Phase.DRAINING, since=self._clock(), sleep_requested=self._clock(), hold=None)
        return self._answer(service, requested, f"{service.key} drains")

    def _hold_all(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        self.payloads.append(json.loads(json.dumps(payload)))
        if self.fails:
            raise self.fails
        until = payload["hold_all_until"]
        if until is None:
            self._table.hold_all = None
            return {"hold_all": None, "message": "all services are released", "services": {}}
        self._table.hold_all = HoldAll(self._clock(), datetime.fromisoformat(str(until)), str(payload["reason"]))
        hold = {"until": until, "reason": payload["reason"]}
        return {"hold_all": hold, "message": "all services are held awake", "services": {}}

    def _begin(self, payload: Mapping[str, object]) -> Service:
        self.payloads.append(json.loads(json.dumps(payload)))
        if self.fails:
            raise self.fails
        return self._table.services[str(payload["service"])]

    def _is_skipped(self, service: Service) -> bool:
        return service.mode is not Mode.ACT or service.key in self.skipped

    def _awake_or_waking(self, service: Service) -> ServiceState:
        state = self._table.states.get(service.name) or ServiceState(service.name, Phase.AWAKE, self._clock())
        if state.stop is not None:
            return replace(state, stop=state.stop._replace(wake_requested=self._clock()))
        if state.phase is Phase.ASLEEP:
            return replace(state, phase=Phase.WAKING, since=self._clock(), wake=Wake(self._clock() + 5 * MINUTE))
        return replace(state, phase=Phase.AWAKE) if state.phase is Phase.DRAINING else state

    def _answer(self, service: Service, state: ServiceState | None, message: str) -> Mapping[str, object]:
        if state is not None:
            self._table.states[service.name] = replace(state, version=state.version + 1)
        saved = self._table.states.get(service.name)
        one = {
            "phase": saved.phase.value if saved else None,
            "desired": None,
            "running": None,
            "since": saved.since.isoformat() if saved else None,
            "hold": saved.hold and {"until": saved.hold.until.isoformat(), "reason": saved.hold.reason}
            if saved
            else None,
            "message": message,
        }
        return {"services": {service.key: one}}


class Scene:
    """Services, their states, and the clock."""

    def __init__(self, *services: Service) -> None:
        self._world = World(seed=1, start=START)
        self._in_memory = InMemoryPorts(self._world, services or [a_service("web")])
        self.table = self._in_memory.table
        self.faults = self._in_memory.faults
        self.functions = FakeFunctions(self.table, self._in_memory.clock)
        named: dict[str, Any] = {field.name: Untouched(field.name) for field in fields(Ports)}
        named["table"] = InMemoryTable(self._in_memory)
        named["functions"] = self.functions
        named["clock"] = self._in_memory.clock
        self.ports = Ports(**named)

    @property
    def now(self) -> datetime:
        """The time that the clock shows."""
        return self._world.now

    def passes(self, duration: timedelta) -> None:
        """Let time pass."""
        self._world.advance(duration)

    # The state of the services.

    def is_awake(self, key: str = "web", *, for_: timedelta = HOUR, **state: object) -> None:
        """Let a service be awake."""
        self._put(key, Phase.AWAKE, for_, **state)

    def is_asleep(self, key: str = "web", *, for_: timedelta = HOUR, **state: object) -> None:
        """Let a service be asleep."""
        self._put(key, Phase.ASLEEP, for_, **{"restore": 1, "stopped": self.now - for_, **state})

    def is_waking(self, key: str = "web", *, for_: timedelta = 10 * SECOND, **state: object) -> None:
        """Let a service be waking."""
        begun = a_wake(self.now - for_ + 5 * MINUTE, first_requested_at=self.now - for_, sent=self.now - for_)
        self._put(key, Phase.WAKING, for_, **{"wake": begun, **state})

    def is_explained(self, reason: str, sentence: str, key: str = "web", *, needs_attention: bool = True) -> None:
        """Save an explanation of a service, as a tick does."""
        name = self.table.services[key].name
        state = self.table.states.get(name)
        self.table.explanations[name] = Explanation(
            reason, sentence, needs_attention, self.now, self.now, state.phase if state else None
        )

    def state(self, key: str = "web") -> ServiceState:
        """Return the service state now."""
        return self.table.states[self.table.services[key].name]

    def _put(self, key: str, phase: Phase, for_: timedelta, **state: object) -> None:
        name = self.table.services[key].name
        new = ServiceState(name, phase, since=self.now - for_, version=1)
        self.table.states[name] = replace(new, **state)  # type: ignore[arg-type]

    # Calls.

    def call(self, event: object) -> Answered:
        """Send one call."""
        return as_sent(answer_call(self.ports, event, longest_hold=LONGEST_HOLD))

    def get(self, path: str, query: str = "") -> Answered:
        """Send a GET request."""
        return self.call(an_event("GET", path, query=query))

    def post(self, path: str, body: object = None) -> Answered:
        """Send a POST request. ``body`` is sent as JSON; ``None`` sends no body."""
        return self.call(with_json("POST", path, body))

    def put(self, path: str, body: object) -> Answered:
        """Send a PUT request. ``body`` is sent as JSON."""
        return self.call(with_json("PUT", path, body))

    def delete(self, path: str) -> Answered:
        """Send a DELETE request."""
        return self.call(an_event("DELETE", path))


def with_json(method: str, path: str, body: object) -> Event:
    """Return a call with a JSON body, or with no body."""
    if body is None:
        return an_event(method, path)
    return an_event(method, path, headers={"Content-Type": JSON}, body=json.dumps(body).encode())
