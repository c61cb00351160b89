"""What operators, Terraform and Application Auto Scaling do with the scalable targets of services in a simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import Mode, ServiceName
from simulator.runs import SCALE_TO_ZERO_RUNS
from simulator.world import ScalableTarget, ScheduledAction, Suspension
from simulator.world.scalable_targets import NOTHING_SUSPENDED, ScalingActivity
from simulator.world.schedules import OneTimeSchedule

if TYPE_CHECKING:
    from .simulation import Simulation

ALL_SUSPENDED: Final = Suspension(scale_in=True, scale_out=True, scheduled=True)
IN_SUSPENDED: Final = Suspension(scale_in=True)
A_PREDICTIVE_POLICY: Final = "a predictive scaling policy"


class ScaledServices:
    """The scalable targets of services, and what their owners want.

    ``wanted``: what the owner of each service may want suspended while it runs: one suspension, or several if it was
    changed while a run may have read an earlier one. ``changed_at``: when others than the functions last changed a
    scalable target.
    """

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self.wanted: dict[ServiceName, frozenset[Suspension]] = {}
        self.changed_at: dict[ServiceName, datetime] = {}
        self._bounds: dict[ServiceName, list[ScalableTarget]] = {}

    def target(self, name: ServiceName) -> ScalableTarget | None:
        """Return the scalable target of a service, ``None`` if it has none."""
        return self._sim.world.scaling.target(*name)

    def register(
        self, name: ServiceName, minimum: int, maximum: int, suspended: Suspension = NOTHING_SUSPENDED
    ) -> None:
        """Register a service, as an apply does that creates its scalable target."""
        self.wanted[name] = frozenset({suspended})
        self._register(name, minimum=minimum, maximum=maximum, suspended=suspended)

    def deregister(self, name: ServiceName) -> None:
        """Remove the scalable target."""
        if self.target(name) is not None:
            self._changes(name, "the scalable target is removed")
            for run in self._sim.under_way:  # AWS refuses its next change of this target
                run.disturbed.add(name)
            self._sim.world.scaling.deregister(*name)
            self.wanted.pop(name, None)

    def apply_other_bounds(self, name: ServiceName, minimum: int | None = None, maximum: int | None = None) -> None:
        """Do what an apply with other bounds does: with ``suspended_state`` unset, it sends what it has just read."""
        target = self.target(name)
        if target is not None:
            self._register(name, minimum=minimum, maximum=maximum, suspended=target.suspended)

    def apply_an_old_plan(self, name: ServiceName, maximum: int) -> None:
        """Do what an apply of a plan does that was made while the service slept, if there can be such a plan.

        What was suspended before the sleep is then put back, whatever an operator has suspended since.
        """
        state = self._sim.state(name)
        if self.target(name) is None or state is None or state.scaling is None:
            return
        if state.scaling.before is not None:
            configured = self._sim.checker.service(name)
            acts = configured is not None and configured.mode is Mode.ACT and state.leaving is None
            # For a service on which the module no longer acts, it may not be undone.
            allowed = set() if acts else {ALL_SUSPENDED}
            self.wanted[name] = frozenset({Suspension(*state.scaling.before), *allowed})
            self._register(name, maximum=maximum, suspended=ALL_SUSPENDED)

    def suspend_by_hand(self, name: ServiceName, suspended: Suspension) -> None:
        """Let an operator set what is suspended; this is what the owner wants from now on."""
        if self.target(name) is not None:
            may_be_outdated = any(run.kind in SCALE_TO_ZERO_RUNS for run in self._sim.under_way)
            earlier = self.wanted[name] if may_be_outdated else frozenset()
            self.wanted[name] = earlier | {suspended}
            self._register(name, suspended=suspended)

    def schedule(self, name: ServiceName, minimum: int) -> None:
        """Let a scheduled action that raises the minimum be due a second from now."""
        if self.target(name) is None:
            return
        due = self._sim.world.now + timedelta(seconds=1)
        action = ScheduledAction(OneTimeSchedule(due), minimum=minimum)
        self._changes(name, f"a scheduled action sets the minimum to {minimum} at {due:%H:%M:%S}")
        self._sim.world.scaling.put_scheduled_action(*name, f"at {due:%d %H:%M:%S}", action)
        self._sim.after(timedelta(seconds=2), lambda: self._remember(name))

    def forecast(self, name: ServiceName, lasts: timedelta) -> None:
        """Let the service have a predictive scaling policy for a while."""
        if self.target(name) is None or name in self._sim.ports.forecasting:
            return
        self._changes(name, "a predictive scaling policy is added")
        self._sim.tracker.hinder(name, A_PREDICTIVE_POLICY)
        self._sim.ports.forecasting.add(name)

        def ends() -> None:
            self._changes(name, "the predictive scaling policy is deleted")
            self._sim.tracker.no_longer_hinder(name, A_PREDICTIVE_POLICY)
            self._sim.ports.forecasting.discard(name)

        self._sim.after(lasts, ends)

    def state_lost(self, name: ServiceName) -> None:
        """Record that nobody knows any more whether the module suspended the scaling: it stays suspended."""
        target = self.target(name)
        if target is not None and target.suspended == ALL_SUSPENDED:
            self.wanted[name] = frozenset({ALL_SUSPENDED})

    def moved(self, activity: ScalingActivity) -> None:
        """Record a change of a desired count by Application Auto Scaling."""
        name = ServiceName(activity.cluster, activity.name)
        self._sim.tracker.count_by_scaling(name, activity.after)

    def counts(self, name: ServiceName, count: int) -> set[int]:
        """Return what a wake may set instead of a count: the nearest within bounds that the service has had."""
        return {max(1, target.within(count)) for target in self._bounds.get(name, [])}

    def _register(self, name: ServiceName, **changes: object) -> None:
        self._changes(name, f"the scalable target gets {_in_words(changes)}")
        self._sim.world.scaling.register(*name, **changes)  # type: ignore[arg-type]
        self._remember(name)

    def _remember(self, name: ServiceName) -> None:
        target, known = self.target(name), self._bounds.setdefault(name, [])
        if target is not None and target not in known:
            known.append(target)

    def _changes(self, name: ServiceName, what: str) -> None:
        self.changed_at[name] = self._sim.world.now
        self._sim.tracker.disturb(name)
        self._sim.record.note("%s: %s", name, what)


Begin = Callable[[ScaledServices, ServiceName], None]
VARIANTS: Final[Mapping[str, Begin]] = {
    "another maximum is applied": lambda scaled, name: scaled.apply_other_bounds(name, maximum=4),
    "an old plan is applied": lambda scaled, name: scaled.apply_an_old_plan(name, maximum=4),
    "nothing is suspended by hand": lambda scaled, name: scaled.suspend_by_hand(name, NOTHING_SUSPENDED),
    "scale-in is suspended by hand": lambda scaled, name: scaled.suspend_by_hand(name, IN_SUSPENDED),
    "a scheduled action": lambda scaled, name: scaled.schedule(name, minimum=3),
    "a predictive policy": lambda scaled, name: scaled.forecast(name, timedelta(seconds=90)),
    "removed": ScaledServices.deregister,
}


def _in_words(changes: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in changes.items() if value is not None)
