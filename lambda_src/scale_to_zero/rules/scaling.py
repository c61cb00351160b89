"""Services that Application Auto Scaling scales, too: their scaling is suspended while they sleep. Pure.

Every call that suspends scaling, or puts it back, also moves the desired count into the bounds of the scalable target.
So both calls are made while the service runs, and none between its stop and its wake. The bounds are never changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.decided import Action, Decision, Want, observe_first
from scale_to_zero.model.observed import NotObserved, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ALL_SUSPENDED, ScalableTarget, Scaling
from scale_to_zero.model.service_state import Phase, ServiceState

from .leaving import leaves
from .vetoes import Running

SeenTarget = ScalableTarget | None | Unknown | NotObserved
"""What was observed of the scalable target of a service."""

PUTTING_BACK_TAKES: Final = timedelta(seconds=70)
"""A run writes that it puts scaling back, and then does it. A tick is cut off after 60 seconds at the latest; some more
seconds are for clocks that differ, and for a call that AWS carries out just after the run was cut off."""


def is_left_to_auto_scaling(target: SeenTarget) -> bool:
    """Return whether Application Auto Scaling itself may scale the service to zero and back."""
    return isinstance(target, ScalableTarget) and target.minimum == 0


def may_be_scaled_to_zero_elsewhere(target: SeenTarget) -> bool:
    """Return whether Application Auto Scaling itself may scale the service to zero, as far as can be read."""
    return isinstance(target, Unknown | NotObserved) or is_left_to_auto_scaling(target)


def left_to_auto_scaling(service: Service, action: Action = Action.STAY) -> Decision:
    """Leave a service to Application Auto Scaling that it may scale to zero itself."""
    sentence = (
        f"{service.key} is left to Application Auto Scaling, because its minimum capacity is 0; set it to 1 or more if "
        "this module should put it to sleep"
    )
    return Decision(action, Reason.LEFT_TO_AUTO_SCALING, sentence)


def scaled_to_zero_elsewhere(one: Running) -> Decision | None:
    """Leave a service to Application Auto Scaling that it may scale to zero itself."""
    return left_to_auto_scaling(one.service) if is_left_to_auto_scaling(one.snapshot.scalable_target) else None


def scalable_target_unknown(one: Running) -> Decision | None:
    """Keep a service awake if it cannot be read whether Application Auto Scaling scales it."""
    target = one.snapshot.scalable_target
    if isinstance(target, NotObserved):
        sentence = f"{one.service.key} may be idle; the module checks whether it has a scalable target"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.SCALABLE_TARGET)
    if not isinstance(target, Unknown):
        return None
    sentence = f"{one.service.key} stays awake: {target.why}"
    return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)


def scaled_by_forecast(one: Running) -> Decision | None:
    """Keep a service awake that a predictive scaling policy scales: no call suspends such a policy.

    Source: Application Auto Scaling API reference, SuspendedState, which has no attribute for it.
    """
    service, seen = one.service, one.snapshot.scales_by_forecast
    if not isinstance(one.snapshot.scalable_target, ScalableTarget):
        return None
    if isinstance(seen, NotObserved):
        sentence = f"{service.key} may be idle; the module checks whether it has a predictive scaling policy"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.SCALING_POLICIES)
    if isinstance(seen, Unknown):
        sentence = f"{service.key} stays awake, because its scaling policies could not be read: {seen.why}"
        return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    if not seen:
        return None
    sentence = (
        f"{service.key} stays awake: its predictive scaling policy would start it, and cannot be suspended; set the "
        "mode of the policy to ForecastOnly, or delete it"
    )
    return Decision(Action.STAY, Reason.PREDICTIVE_SCALING, sentence, warning=True)


def scaling_being_put_back(one: Running) -> Decision | None:
    """Keep a service awake while a call of an earlier run may still change its scaling, which would start it again.

    That call puts its scaling back, or suspended it for a stop that was undone because AWS did not answer.
    """
    scaling = one.state.scaling
    if scaling is None:
        return None
    undone = scaling_must_be_put_back(one.state) and must_be_suspended(one.snapshot.scalable_target)
    put_back = scaling.put_back_at is not None and one.at < scaling.put_back_at + PUTTING_BACK_TAKES
    if not undone and not put_back:
        return None
    sentence = f"{one.service.key} stays awake: a change of its scaling may still be under way"
    return Decision(Action.STAY, Reason.SCALING_PUT_BACK, sentence)


def with_scaling_suspended(snapshot: Snapshot, state: ServiceState) -> ServiceState:
    """Record for a service that is stopped next how its scaling was suspended before.

    If all is suspended already, an earlier record still says what was suspended before this module suspended it. If
    there is none, an operator suspended it, and nothing will be put back.
    """
    target = snapshot.scalable_target
    if not isinstance(target, ScalableTarget):
        return replace(state, scaling=None)
    before = target.suspended if must_be_suspended(target) else state.scaling and state.scaling.before
    return replace(state, scaling=Scaling(before))


def must_be_suspended(target: SeenTarget) -> bool:
    """Return whether scaling must be suspended before the service is stopped."""
    return isinstance(target, ScalableTarget) and target.suspended != ALL_SUSPENDED


def is_all_suspended(target: SeenTarget) -> bool:
    """Return whether all scaling of a service is suspended."""
    return isinstance(target, ScalableTarget) and target.suspended == ALL_SUSPENDED


def within_bounds(count: int, target: SeenTarget) -> int:
    """Return the count that a wake sets: within the bounds as they are now, and at least one."""
    if not isinstance(target, ScalableTarget):
        return count
    return max(1, min(max(count, target.minimum), target.maximum))


def scaling_must_be_put_back(state: ServiceState) -> bool:
    """Return whether this module has suspended the scaling of a service and not put it back yet."""
    scaling = state.scaling
    return scaling is not None and scaling.before is not None and scaling.put_back_at is None


def newly_known(snapshot: Snapshot, state: ServiceState, now: datetime) -> ServiceState | None:
    """Return what to write about a scalable target that was found, is gone, or is certainly as before; else ``None``.

    If this module no longer acts on the service, it forgets the suspension once it is seen to have ended: what is
    suspended after that is not undone.
    """
    target, scaling = snapshot.scalable_target, state.scaling
    if target is None and scaling is not None:
        return replace(state, scaling=None)
    if not isinstance(target, ScalableTarget):
        return None
    if scaling is None:
        return replace(state, scaling=Scaling())
    was_put_back = scaling.put_back_at is not None and now >= scaling.put_back_at + PUTTING_BACK_TAKES
    if was_put_back and must_be_suspended(target) and not _acts_on(snapshot.service, state, now):
        return replace(state, scaling=Scaling())
    return None


def record_of_put_back(snapshot: Snapshot, state: ServiceState, now: datetime) -> ServiceState | None:
    """Return what to write before scaling is put back, ``None`` if this is not due.

    It is due once as many tasks run as the minimum requires, at the latest at the deadline of the wake; and at once if
    this module no longer acts on the service. ``state``: as this run left it.
    """
    facts, target = snapshot.facts, snapshot.scalable_target
    if not isinstance(facts, ServiceFacts) or not isinstance(target, ScalableTarget):
        return None
    if state.phase is Phase.ASLEEP or facts.desired == 0 or facts.status != "ACTIVE":
        return None
    due = scaling_must_be_put_back(state) and _may_scale_again(snapshot.service, facts, target, state, now)
    return being_put_back(state, now) if due or is_suspended_again(snapshot, state, now) else None


def suspension_is_known(state: ServiceState) -> bool:
    """Return whether this module has suspended the scaling of a service, and may still have to put it back."""
    return state.scaling is not None and state.scaling.before is not None


def being_put_back(state: ServiceState, now: datetime) -> ServiceState:
    """Return the state of a service whose scaling is put back now; it is written before."""
    return replace(state, scaling=state.scaling and state.scaling._replace(put_back_at=now))


def is_suspended_again(snapshot: Snapshot, state: ServiceState, now: datetime) -> bool:
    """Return whether a running service has the suspension of its last sleep again, although it was put back.

    A run was cut off before it put the suspension back, or Terraform applied a plan that was made while it slept.
    """
    scaling = state.scaling
    if scaling is None or scaling.put_back_at is None or not _runs_suspended(snapshot, state):
        return False
    return now >= scaling.put_back_at + PUTTING_BACK_TAKES


def is_suspended_by_others(snapshot: Snapshot, state: ServiceState) -> bool:
    """Return whether all scaling of a running service is suspended, and nothing shows that this module did it."""
    return not suspension_is_known(state) and _runs_suspended(snapshot, state)


def command_to_scale(name: ServiceName) -> str:
    """Return the command with which an operator ends every suspension. It starts a service that is at zero."""
    return (
        "aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension "
        f"ecs:service:DesiredCount --resource-id service/{name} --suspended-state "
        "DynamicScalingInSuspended=false,DynamicScalingOutSuspended=false,ScheduledScalingSuspended=false"
    )


def asleep_without_suspension(snapshot: Snapshot) -> Decision | None:
    """Report a sleeping service whose scaling is not suspended: a call that suspends it would start it."""
    service, target = snapshot.service, snapshot.scalable_target
    if service.mode is not Mode.ACT or is_left_to_auto_scaling(target) or not must_be_suspended(target):
        return None
    sentence = (
        f"{service.key} is asleep, but its scaling is not suspended, so Application Auto Scaling may start it; then it "
        "sleeps again when it is idle, with its scaling suspended"
    )
    return Decision(Action.STAY, Reason.SCALING_NOT_SUSPENDED, sentence)


def _runs_suspended(snapshot: Snapshot, state: ServiceState) -> bool:
    facts = snapshot.facts
    runs = isinstance(facts, ServiceFacts) and facts.desired > 0 and state.phase is not Phase.ASLEEP
    return runs and is_all_suspended(snapshot.scalable_target)


def _may_scale_again(
    service: Service, facts: ServiceFacts, target: ScalableTarget, state: ServiceState, now: datetime
) -> bool:
    if facts.running >= target.minimum and state.phase is not Phase.WAKING:
        return True
    deadline = state.wake.deadline if state.wake is not None else state.since
    return now >= deadline or not _acts_on(service, state, now)


def _acts_on(service: Service, state: ServiceState, now: datetime) -> bool:
    return service.mode is Mode.ACT and not leaves(state, now)
