"""One service that requests wake, in a phase that the test chooses, and visitors of the wake function.

    scene = Scene(hold=timedelta(seconds=20))
    scene.is_waking(usual=30 * SECOND, for_=15 * SECOND)
    scene.after(8, scene.becomes_awake)
    assert scene.visit(an_event("curl")).code == 307

Every answer passes through the model of the load balancer, so an answer that could not be sent fails its test.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from local_aws.load_balancing import lambda_events
from scale_to_zero.actions.disarming import disarm_wake_rules
from scale_to_zero.model.configured import Mode, WakeOnRequest
from scale_to_zero.model.observed import Conditions
from scale_to_zero.model.service_state import Lease, Phase, ServiceState
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.web.page import render_page
from scale_to_zero.web.rendered_page import Renderer
from scale_to_zero.web.visitor import answer_visitor
from simulator.account import a_service
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World
from tests.service_states import a_wake, wake_of
from tests.unit.listener import LISTENER, ON_THE_CITY, WAKE_RULE, a_listener, woken_by_requests

START: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
EVENTS: Final = Path(__file__).parent / "events"
WAKE_TARGET_GROUP: Final = (
    "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/s2z-web-1f0c2a9b/49e9d65c45c6791a"
)
OUR_OWN_PAGE: Final = "https://app.example.com"
ONE_OF_EACH_KIND: Final = (
    "browser_navigates",
    "curl_posts_json",
    "page_polls",
    "button",
    "uptime_robot",
    "preflight",
)
"""A recorded event of each kind of visitor."""

Event = dict[str, Any]


def an_event(recorded: str, *, headers: Mapping[str, str] | None = None, **changes: object) -> Event:
    """Return a recorded event in which ``headers`` are added or replaced, and other parts are changed."""
    event: Event = json.loads((EVENTS / f"{recorded}.json").read_text(encoding="utf-8"))
    event.update(deepcopy(changes))
    if headers:
        event["multiValueHeaders"].update({name: [value] for name, value in headers.items()})
    return event


@contextmanager
def log_records(level: int = logging.WARNING) -> Iterator[list[logging.LogRecord]]:
    """Collect the log records of this level or above. ``caplog`` has one list for all examples of Hypothesis."""
    records: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    root, collector = logging.getLogger(), Collector()
    level_before = root.level
    root.addHandler(collector)
    root.setLevel(level)
    try:
        yield records
    finally:
        root.setLevel(level_before)
        root.removeHandler(collector)


def as_logged(records: list[logging.LogRecord]) -> str:
    """Return the log lines, each with its traceback."""
    return "\n".join(map(logging.Formatter().format, records))


@dataclass(frozen=True)
class Answered:
    """What the load balancer sends to the visitor."""

    code: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str | None:
        """Return the value of a header that occurs once, or ``None`` if it does not occur."""
        values = [value for own, value in self.headers if own.lower() == name.lower()]
        assert len(values) <= 1, f"{name} occurs more than once"
        return values[0] if values else None

    def json_body(self) -> dict[str, Any]:
        """Return the body, which is a JSON object."""
        body = json.loads(self.body)
        assert isinstance(body, dict)
        return body

    @property
    def is_page(self) -> bool:
        """Whether the answer is the waiting page, in any state."""
        return self.header("Content-Type") == "text/html; charset=utf-8" and 'id="page"' in self.body

    @property
    def is_problem(self) -> bool:
        """Whether the answer is a problem for a program."""
        return self.header("Content-Type") == "application/problem+json"

    @property
    def state(self) -> str:
        """The state of the service in this answer, whatever form the answer has."""
        if self.is_page:
            return self.body.partition('data-state="')[2].partition('"')[0]
        state = self.json_body()["state"]
        assert isinstance(state, str)
        return state


def as_sent(answer: object) -> Answered:
    """Return what the load balancer sends for a function's answer. Raises ``Malformed`` if it would answer 502."""
    read = lambda_events.answer(json.dumps(answer, ensure_ascii=False).encode(), several_values=True)
    return Answered(int(read.status[:3]), read.headers, read.body.decode())


class Scene:
    """The service, its state and rules, and the clock. ``wake``: fields of its ``WakeOnRequest``."""

    def __init__(self, mode: Mode = Mode.ACT, **wake: object) -> None:
        self.render: Renderer = render_page
        self.service = a_service("web", mode=mode, wake_on_request=woken_by_requests(**wake))
        self.world = World(seed=1, start=START, timings=Timings(jitter=0))
        [group] = self.service.target_group_arns
        self.world.create_service(
            *self.service.name, desired=0, target_groups=[(self.service.load_balancer_arn, group, 8080)]
        )
        self.ports = InMemoryPorts(self.world, [self.service])
        self.ports.table.wake_target_groups[WAKE_TARGET_GROUP] = "web"
        self.ports.listeners.put(LISTENER, *a_listener().values())
        self.ports.sleep = self._wait
        self._planned: list[tuple[datetime, Callable[[], object]]] = []

    @property
    def wake(self) -> WakeOnRequest:
        """How requests wake the service."""
        assert self.service.wake_on_request is not None
        return self.service.wake_on_request

    @property
    def now(self) -> datetime:
        """The time that the clock shows."""
        return self.world.now

    @property
    def state(self) -> ServiceState:
        """The service state now."""
        return self.ports.table.states[self.service.name]

    # The state of the service.

    def is_asleep(self, *, for_: timedelta = HOUR, **state: object) -> Scene:
        """Let the service be asleep, with its rules armed."""
        return self._put(Phase.ASLEEP, for_, ON_THE_CITY, restore=1, stopped=self.now - for_, **state)

    def is_waking(self, *, for_: timedelta = 10 * SECOND, usual: timedelta | None = None, **state: object) -> Scene:
        """Let the service be waking, with its rules armed and a watcher."""
        requested = self.now - for_
        self.ports.table.leases[self.service.name, Lease.WATCHER] = self.now + 20 * SECOND
        parts: dict[str, object] = {
            "requested_at": requested,
            "wake": a_wake(requested + 5 * MINUTE, first_requested_at=requested, sent=requested),
            "usual_wake": usual,
        }
        return self._put(Phase.WAKING, for_, ON_THE_CITY, **{**parts, **state})

    def is_draining(self, *, routing_restored_at: timedelta = HOUR, **state: object) -> Scene:
        """Let the service drain, with its rules armed. Routing was last restored ``routing_restored_at`` ago."""
        at = self.now - routing_restored_at
        return self._put(
            Phase.DRAINING, MINUTE, ON_THE_CITY, **{"wake": a_wake(healthy=at), "routing_restored_at": at, **state}
        )

    def is_awake(self, *, for_: timedelta = HOUR, conditions: Conditions = DISARMED, **state: object) -> Scene:
        """Let the service be awake. A request still arrives by a rule that the load balancer has not changed yet."""
        routing_restored_at = self.now - for_
        return self._put(
            Phase.AWAKE,
            for_,
            conditions,
            **{"wake": a_wake(healthy=routing_restored_at), "routing_restored_at": routing_restored_at, **state},
        )

    def is_without_state(self, conditions: Conditions = ON_THE_CITY) -> Scene:
        """Let the service have no service state."""
        self.ports.listeners.set_conditions(WAKE_RULE, conditions)
        self.ports.table.states.clear()
        return self

    def _put(self, phase: Phase, since: timedelta, conditions: Conditions, **state: object) -> Scene:
        self.ports.listeners.set_conditions(WAKE_RULE, conditions)
        version = self.state.version + 1 if self.service.name in self.ports.table.states else 1
        new = ServiceState(self.service.name, phase, since=self.now - since, version=version)
        self.ports.table.states[self.service.name] = replace(new, **state)  # type: ignore[arg-type]
        return self

    # What happens.

    def after(self, seconds: float, happens: Callable[[], object]) -> Scene:
        """Let something happen ``seconds`` from now, while a request waits."""
        self._planned.append((self.now + timedelta(seconds=seconds), happens))
        self._planned.sort(key=lambda entry: entry[0])
        return self

    def passes(self, duration: timedelta) -> Scene:
        """Let time pass."""
        self._wait(duration.total_seconds())
        return self

    def begins_to_wake(self) -> None:
        """Let a watcher start, and begin the wake."""
        usual, leases = self.state.usual_wake, self.ports.table.leases
        self.is_waking(for_=timedelta(0), usual=usual)
        leases[self.service.name, Lease.WATCHER] = self.now + HOUR

    def becomes_awake(self) -> None:
        """Let the service be ready, and its watcher restore routing."""
        self.is_ready_but_still_armed()
        disarm_wake_rules(self.ports.gathered(), self.service, self.state)

    def is_ready_but_still_armed(self) -> None:
        """Let the service be ready, with its rules still armed."""
        parts = replace(wake_of(self.state), healthy=self.now)
        self._put(Phase.AWAKE, timedelta(0), ON_THE_CITY, wake=parts, usual_wake=self.state.usual_wake)

    def fails(self) -> None:
        """Let the wake be past its deadline."""
        wake = replace(wake_of(self.state), failed=True, cause="CannotPullContainerError")
        failed = replace(self.state, wake=wake, version=self.state.version + 1)
        self.ports.table.states[self.service.name] = failed

    # Requests.

    def visit(self, event: object, *, cut_off_after: timedelta = MINUTE) -> Answered:
        """Send a request. The function's run ends after ``cut_off_after``."""
        return as_sent(
            answer_visitor(self.ports.gathered(), event, render=self.render, ends_at=self.now + cut_off_after)
        )

    def calls(self, name: str) -> list[object]:
        """Return the subject of every call of this name."""
        return [call.subject for call in self.ports.faults.calls if call.name == name]

    @property
    def watchers_started(self) -> int:
        """How often a watcher was started to wake the service."""
        return len(self.calls("start_watcher"))

    @property
    def is_armed(self) -> bool:
        """Whether requests are sent to the wake function."""
        return self.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions != DISARMED

    @property
    def waiting(self) -> int:
        """How many requests are counted as waiting."""
        waiting = self.ports.table.waiting_requests.get(self.service.name)
        return waiting.requests if waiting else 0

    def _wait(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self._planned and self._planned[0][0] <= until:
            at, happens = self._planned.pop(0)
            self.world.advance(max(timedelta(0), at - self.now))
            happens()
        self.world.advance(max(timedelta(0), until - self.now))
