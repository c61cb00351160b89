"""How each operation begins. An operation does nothing if the service has left and nothing remains to act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.rules.payload import PayloadRefused
from simulator import http
from simulator.routing import ClientRequest
from simulator.terraform import Terraform
from tests.simulation.patient_clients import follow
from tests.simulation.scaled_services import VARIANTS as VARIANTS_OF_SCALING
from tests.simulation.scaled_services import Begin as BeginScaling
from tests.simulation.simulation import Simulation

from .history import Kind, Operation, Scaled

TICKS_GO_ON_FOR: Final = 10.0
"""At most this many seconds of a destroy pass until it deletes the tick's schedule."""


class Scene:
    """One service, everything that is done to it, and the operations that have begun."""

    def __init__(
        self, sim: Simulation, service: Service, random: Random, health_check_grace: timedelta, scaled: Scaled
    ) -> None:
        self.sim = sim
        self.service = service
        self.health_check_grace = health_check_grace
        self.scaled = scaled
        self.random = random
        self.terraform = Terraform(sim, service, self._until_configuration_is_deleted)
        self.begun: list[Kind] = []
        self._begun: set[int] = set()
        self.destroyed = False

    def _until_configuration_is_deleted(self) -> timedelta:
        """Draw how long the configuration stays: seconds, or minutes, as late in a destroy or until the next apply."""
        return timedelta(seconds=self.random.uniform(0.2, 20)) if self.random.random() < 0.9 else 25 * MINUTE

    def _can_begin(self, kind: Kind) -> bool:
        """Return whether something remains for such an operation to act on."""
        if kind is Kind.TICK:
            return self.sim.ticking
        if kind in (Kind.SETTINGS, Kind.LEAVE, Kind.UNINSTALL):
            return not self.destroyed or kind is Kind.UNINSTALL
        if kind in (
            Kind.WAKE,
            Kind.HOLD,
            Kind.RELEASE,
            Kind.SLEEP,
            Kind.SCHEDULED_HOLD,
            Kind.HOLD_ALL,
        ):
            return self.sim.checker.service(self.service.name) is not None
        return True

    def begin(self, operation: Operation) -> None:
        """Begin an operation now, unless it has begun already."""
        if id(operation) in self._begun:
            return
        self._begun.add(id(operation))
        if not self._can_begin(operation.kind):
            return
        variants = VARIANTS[operation.kind]
        self.begun.append(operation.kind)
        self.sim.record.note("--- %s", describe(operation))
        variants[operation.variant % len(variants)][1](self)

    def tick(self) -> None:
        """Let EventBridge deliver its event once more."""
        self.sim.tick()

    def wake(self, payload: Mapping[str, object]) -> None:
        """Invoke scale-up."""
        named = payload.get("services", [self.service.key])
        with suppress(PayloadRefused):  # the service has left
            self.sim.wake({} if named == [] else {**payload, "services": named})

    def hold_all(self, minutes: int | None) -> None:
        """Invoke scale-up to hold every service for this long, or to release them."""
        self.sim.hold_all(None if minutes is None else minutes * MINUTE)

    def sleep(self, force: bool) -> None:
        """Invoke scale-to-zero to put the service to sleep."""
        self.sim.sleep({"service": self.service.key, "action": "sleep", "force": force})

    def visit(self, make_request: Callable[[Service, int], ClientRequest]) -> None:
        """Let a client send a request."""
        if self.service.wake_on_request is None:
            self.sim.request(self.service)
        else:
            follow(self.sim, self.service, make_request(self.service, 0))

    def change(self, mode: Mode, idle: int) -> None:
        """Apply the module with other settings."""
        if not self.destroyed:  # a destroy may have begun before the service is added again
            self.terraform.apply(replace(self.service, mode=mode, idle=idle * MINUTE))

    def leave(self, *, comes_back: bool) -> None:
        """Apply the module without the service, and perhaps with it again."""
        if comes_back:
            self.sim.after(timedelta(seconds=1), lambda: self.change(Mode.ACT, 5))
        self.terraform.apply(None)

    def uninstall(self) -> None:
        """Destroy the module. Its ticks end early or late in the destroy."""
        self.sim.after(timedelta(seconds=self.random.uniform(0, TICKS_GO_ON_FOR)), self._end_ticks)
        self.destroyed = True
        self.terraform.apply(None)

    def _end_ticks(self) -> None:
        self.sim.ticking = False

    def set_count(self, desired: int) -> None:
        """Do what ``aws ecs update-service --desired-count`` does."""
        self.sim.set_by_hand(self.service.name, desired)

    def change_scaling(self, begin: BeginScaling) -> None:
        """Let an operator, Terraform or a scheduled action change the scalable target."""
        begin(self.sim.scaled, self.service.name)

    def deploy(self) -> None:
        """Do what ``aws ecs update-service --force-new-deployment`` does."""
        self.sim.deploy(self.service.name)


def describe(operation: Operation) -> str:
    """Return an operation in words."""
    variants = VARIANTS[operation.kind]
    of_kind = variants[operation.variant % len(variants)][0]
    during = f", during {operation.during}" if operation.during else ""
    return f"{operation.kind}{f' ({of_kind})' if of_kind else ''}{during}"


Begin = Callable[[Scene], None]
VARIANTS: Final[Mapping[Kind, Sequence[tuple[str, Begin]]]] = {
    Kind.TICK: [("", Scene.tick)],
    Kind.WAKE: [
        ("", lambda scene: scene.wake({})),
        ("waits", lambda scene: scene.wake({"wait": True})),
        ("of every service", lambda scene: scene.wake({"services": []})),
    ],
    Kind.VISIT: [
        (by.__name__.removeprefix("by_"), partial(Scene.visit, make_request=by))
        for by in (http.by_program, http.by_browser, http.by_page, http.by_button)
    ],
    Kind.HOLD: [
        ("5 minutes", lambda scene: scene.wake({"hold_minutes": 5, "reason": "demo"})),
        ("1 minute", lambda scene: scene.wake({"hold_minutes": 1})),
        ("waits", lambda scene: scene.wake({"hold_minutes": 5, "wait": True})),
    ],
    Kind.RELEASE: [("", lambda scene: scene.wake({"release": True}))],
    Kind.SLEEP: [("", partial(Scene.sleep, force=False)), ("by force", partial(Scene.sleep, force=True))],
    Kind.SCHEDULED_HOLD: [
        ("5 minutes", lambda scene: scene.wake({"scheduled": True, "hold_minutes": 5})),
        ("1 minute", lambda scene: scene.wake({"scheduled": True, "hold_minutes": 1})),
    ],
    Kind.DEPLOYMENT: [("", Scene.deploy)],
    Kind.SETTINGS: [
        ("dry_run", partial(Scene.change, mode=Mode.DRY_RUN, idle=5)),
        ("off", partial(Scene.change, mode=Mode.OFF, idle=5)),
        ("act, idle for 1 minute", partial(Scene.change, mode=Mode.ACT, idle=1)),
        ("act, idle for 5 minutes", partial(Scene.change, mode=Mode.ACT, idle=5)),
    ],
    Kind.SET_COUNT: [(str(count), partial(Scene.set_count, desired=count)) for count in (0, 2, 1)],
    Kind.LEAVE: [
        ("forever", partial(Scene.leave, comes_back=False)),
        ("forever, too", partial(Scene.leave, comes_back=False)),
        ("and comes back", partial(Scene.leave, comes_back=True)),
    ],
    Kind.UNINSTALL: [("", Scene.uninstall)],
    Kind.HOLD_ALL: [
        ("5 minutes", partial(Scene.hold_all, minutes=5)),
        ("released", partial(Scene.hold_all, minutes=None)),
        ("15 minutes", partial(Scene.hold_all, minutes=15)),
        ("1 minute", partial(Scene.hold_all, minutes=1)),
    ],
    Kind.SCALING: [(what, partial(Scene.change_scaling, begin=begin)) for what, begin in VARIANTS_OF_SCALING.items()],
}
