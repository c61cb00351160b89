"""Services, the module's functions, and an operator at the dashboard who presses buttons.

scene = Scene()
scene.has("web", Phase.ASLEEP)
shown = scene.view()
assert scene.press(shown.button("Wake", "web")).notices == ["web wakes"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import Refused
from scale_to_zero.model.service_state import Explanation, Hold, HoldAll, Phase, ServiceState
from scale_to_zero.rules.holds import later_of
from scale_to_zero.web.panel import show_panel
from simulator.account import a_service
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World
from tests.unit.web.panel.reading import Pressable, Shown, read

NOW: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
ARN: Final = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"
HOSTILE: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1)//",
    "</cwdb-action><iframe src=//evil.example></iframe>",
    "</style></div></td><b>&lt;b&gt;",
    "&quot; onclick=&quot;x",
    "\ud800\x00\u202e\r\n",
    "{service}{hold}{why}{n}%s",
)


def a_context(**changes: object) -> dict[str, Any]:
    """Return what a dashboard sends with every call, as CloudWatch's user guide shows it."""
    context: dict[str, Any] = {
        "dashboardName": "staging-scale-to-zero",
        "widgetId": "widget-16",
        "accountId": "012345678901",
        "locale": "en",
        "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
        "period": 300,
        "isAutoPeriod": True,
        "timeRange": {
            "mode": "relative",
            "start": 1627236199729,
            "end": 1627322599729,
            "relativeStart": 86400012,
            "zoom": {"start": 1627276030434, "end": 1627282956521},
        },
        "theme": "light",
        "linkCharts": True,
        "title": "Control panel",
        "forms": {"all": {}},
        "params": {},
        "width": 588,
        "height": 369,
    }
    return {**context, **changes}


class Scene:
    """The services and their states. ``params``: the widget's parameters. ``context``: what else the dashboard sends.

    ``says``: the message in the answers of the functions, ``None`` for a standard message.
    ``refuses``: why the functions refuse every call, empty if they accept calls.
    """

    def __init__(self, language: str = "en", longest_hold: timedelta = 168 * HOUR) -> None:
        self.language = language
        self.longest_hold = longest_hold
        self.params: dict[str, object] = {}
        self.context: dict[str, object] = {}
        self.says: str | None = None
        self.refuses = ""
        self.ports = InMemoryPorts(World(seed=1, start=NOW, timings=Timings(jitter=0)))
        self.ports.invoke_scale_up = self._scale_up
        self.ports.invoke_scale_to_zero = self._scale_to_zero

    def has(self, key: str, phase: Phase | None = Phase.AWAKE, *, since: timedelta = HOUR, **more: Any) -> Service:
        """Add a service that has been in ``phase`` for ``since``. It was never observed if ``phase`` is ``None``.

        ``more``: fields of the service, or of its service state if the service has no such field.
        """
        of_service = {name: value for name, value in more.items() if name in Service.__dataclass_fields__}
        service = a_service(key, **of_service)
        self.ports.table.services[key] = service
        if phase is not None:
            state = ServiceState(service.name, phase, since=NOW - since, version=1)
            of_state = {name: value for name, value in more.items() if name not in of_service}
            self.ports.table.states[service.name] = replace(state, **of_state)
        return service

    def is_explained(self, key: str, reason: str, sentence: str, *, needs_attention: bool = True) -> None:
        """Save an explanation of a service, as a tick does."""
        name = self.ports.table.services[key].name
        state = self.ports.table.states.get(name)
        self.ports.table.explanations[name] = Explanation(
            reason, sentence, needs_attention, NOW, NOW, state.phase if state else None
        )

    def state(self, key: str) -> ServiceState:
        """Return the state of a service now."""
        return self.ports.table.states[self.ports.table.services[key].name]

    # What an operator does at the dashboard.

    def answers(self, event: object) -> str:
        """Return what the function answers to an event."""
        return show_panel(
            self.ports.gathered(), event, function_arn=ARN, language=self.language, longest_hold=self.longest_hold
        )

    def view(self, shown: Shown | None = None) -> Shown:
        """Open the dashboard, or refresh what is shown on it."""
        return self._call(self.params, shown)

    def press(self, button: Pressable, shown: Shown | None = None) -> Shown:
        """Press a button that is shown, and confirm the press."""
        assert button.endpoint == ARN
        return self._call(button.payload, shown)

    def act(self, **fields: object) -> Shown:
        """Send fields that no button would send."""
        return self._call(fields, None)

    @property
    def calls(self) -> list[tuple[str, object]]:
        """The calls to the module's functions, each with the payload."""
        return [(call.name, call.value) for call in self.ports.faults.calls if call.name.startswith("invoke_")]

    def _call(self, fields: Mapping[str, object], shown: Shown | None) -> Shown:
        forms = {"all": {"page": shown.field("page")} if shown else {}}
        context = a_context(**{"params": self.params, "forms": forms, **self.context})
        return read(self.answers({**fields, "widgetContext": context}))

    # What the module's functions do.

    def _scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        if "hold_all_until" in payload:
            return self._hold_all(payload)
        key = self._service(payload)
        state = self.state(key)
        if "release" in payload:
            changed = replace(state, hold=None)
        elif "hold_minutes" in payload:
            minutes, reason = payload["hold_minutes"], payload["reason"]
            assert isinstance(minutes, int)
            assert isinstance(reason, str)
            hold = later_of(state, Hold(NOW + minutes * MINUTE, reason), NOW)
            changed = replace(state, hold=hold, sleep_requested=None)
        else:
            changed = replace(state, phase=Phase.WAKING, since=NOW)
        return self._answer(key, changed)

    def _scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        key = self._service(payload)
        return self._answer(key, replace(self.state(key), sleep_requested=NOW))

    def _hold_all(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        if self.refuses:
            raise Refused("PayloadRefused", self.refuses)
        until = payload["hold_all_until"]
        hold_of_all = (
            None if until is None else HoldAll(NOW, datetime.fromisoformat(str(until)), str(payload["reason"]))
        )
        self.ports.table.hold_all = hold_of_all
        says = "all services: as requested" if self.says is None else self.says
        return {"hold_all": None, "message": says, "services": {}}

    def _service(self, payload: Mapping[str, object]) -> str:
        key = payload["service"]
        assert isinstance(key, str)
        if self.refuses:
            raise Refused("SleepRefused", self.refuses)
        if key not in self.ports.table.services:
            raise Refused("PayloadRefused", f"There is no service {key}: this module manages web.")
        return key

    def _answer(self, key: str, changed: ServiceState) -> Mapping[str, object]:
        self.ports.table.states[changed.name] = changed
        says = f"{key}: as requested" if self.says is None else self.says
        return {"services": {key: {"phase": changed.phase.value, "message": says}}}
