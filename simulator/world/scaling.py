"""Application Auto Scaling for ECS services: scalable targets, target tracking policies and scheduled actions.

Every call that registers a scalable target moves the desired count into its bounds, also a call that only sets the
suspension, and also from zero: AWS does so "even if you don't include the MinCapacity or MaxCapacity request
parameters" (bc application-autoscaling RegisterScalableTarget). The count of a service that is not active stays.

Scaling sets the desired count as UpdateService does, so it begins no deployment. Nothing happens by itself, and nothing
is drawn from the seed, as long as there is neither a policy nor a scheduled action.

When a service is deleted, AWS deletes its scalable target with its policies (hashicorp/terraform-provider-aws#10432,
eagletmt/hako#69). Step scaling and predictive scaling are not modelled, nor alarms that can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from .measurements import Measurements
from .metrics import MINUTE, MetricStore
from .scalable_targets import (
    NoScalableTarget,
    NoScalingPolicy,
    NoScheduledAction,
    Registration,
    ScalableTarget,
    ScalingActivity,
    Suspension,
)
from .scheduler import Scheduler
from .schedules import Schedule
from .services import RolloutState, Service, ServiceStatus
from .target_tracking import TargetTracking, Tracked, scaled_in, scaled_out, track
from .timeline import Timeline


@dataclass(frozen=True)
class ScheduledAction:
    """New bounds of a scalable target, set whenever ``schedule`` is due. ``None``: that bound stays."""

    schedule: Schedule
    minimum: int | None = None
    maximum: int | None = None


@dataclass
class _Scaled:
    """A service's scalable target with its policies and scheduled actions, by name.

    ``scaled_out_at``: when a policy last scaled out. ``count_before``: the count before the scale-out that began the
    present or last cooldown. ``scaled_in_at``: when a policy last scaled in.
    """

    target: ScalableTarget
    policies: dict[str, TargetTracking] = field(default_factory=dict)
    scheduled: dict[str, ScheduledAction] = field(default_factory=dict)
    scaled_out_at: datetime | None = None
    count_before: int = 0
    scaled_in_at: datetime | None = None


class Scaling:
    """The scalable targets of every service.

    ``registrations``: every call of RegisterScalableTarget, oldest first. ``activities``: every change of a desired
    count by Application Auto Scaling, oldest first. ``on_activity`` is called for each just before it takes effect.
    """

    def __init__(
        self, timeline: Timeline, scheduler: Scheduler, metrics: MetricStore, measurements: Measurements
    ) -> None:
        self.registrations: list[Registration] = []
        self.activities: list[ScalingActivity] = []
        self.on_activity: Callable[[ScalingActivity], None] = lambda _activity: None
        self._timeline = timeline
        self._scheduler = scheduler
        self._metrics = metrics
        self._measurements = measurements
        self._scaled: dict[tuple[str, str], _Scaled] = {}
        self._evaluates = False

    # Scalable targets

    def target(self, cluster: str, name: str) -> ScalableTarget | None:
        """Return a service's scalable target, ``None`` if it has none."""
        scaled = self._scaled.get((cluster, name))
        return scaled.target if scaled else None

    def register(
        self,
        cluster: str,
        name: str,
        minimum: int | None = None,
        maximum: int | None = None,
        suspended: Suspension | None = None,
    ) -> ScalableTarget:
        """Register a service, or change its scalable target, and move its desired count into the bounds.

        What is ``None`` stays as it is. Raises ``NoSuchService``, ``NoScalableTarget`` if a service without scalable
        target is registered without both bounds, and ``ValueError`` for bounds that AWS refuses.
        """
        service = self._scheduler.service(cluster, name)
        before = self.target(cluster, name)
        after = _changed(before, minimum, maximum)
        if after is None:
            raise NoScalableTarget(f"The service {name} in cluster {cluster} has no scalable target; name both bounds.")
        if suspended is not None:
            after = replace(after, suspended=suspended)
        self._scaled.setdefault((cluster, name), _Scaled(after)).target = after
        count = service.desired
        self._move_within_bounds(service, after, "RegisterScalableTarget")
        self.registrations.append(
            Registration(self._timeline.now, cluster, name, before, after, count, service.desired)
        )
        return after

    def deregister(self, cluster: str, name: str) -> None:
        """Delete a scalable target with its policies and scheduled actions. Raises ``NoScalableTarget``."""
        self._get(cluster, name)
        self.forget(cluster, name)

    def forget(self, cluster: str, name: str) -> None:
        """Delete the scalable target of a service that is deleted, if it has one."""
        scaled = self._scaled.pop((cluster, name), None)
        if scaled is not None:
            self._follow_metrics()

    # Scaling policies

    def put_policy(self, cluster: str, name: str, policy_name: str, policy: TargetTracking) -> None:
        """Create or replace a policy. Raises ``NoScalableTarget``, and ``ValueError`` for a target not above zero."""
        if policy.target <= 0:
            raise ValueError(f"The target value must be above 0, not {policy.target}.")
        self._get(cluster, name).policies[policy_name] = policy
        self._follow_metrics()
        if not self._evaluates:
            self._evaluates = True
            now = self._timeline.now
            self._timeline.at(now.replace(second=0, microsecond=0) + MINUTE, self._evaluate)

    def delete_policy(self, cluster: str, name: str, policy_name: str) -> None:
        """Delete a policy. Raises ``NoScalableTarget`` and ``NoScalingPolicy``."""
        if self._get(cluster, name).policies.pop(policy_name, None) is None:
            raise NoScalingPolicy(f"The service {name} in cluster {cluster} has no scaling policy {policy_name}.")
        self._follow_metrics()

    # Scheduled actions

    def put_scheduled_action(self, cluster: str, name: str, action_name: str, action: ScheduledAction) -> None:
        """Create or replace a scheduled action; it is first due after now. Raises ``NoScalableTarget``.

        An action that is due while scheduled scaling is suspended is skipped; it is not carried out later.
        """
        scaled = self._get(cluster, name)
        scaled.scheduled[action_name] = action
        self._await_next(scaled, self._scheduler.service(cluster, name), action_name, action)

    def delete_scheduled_action(self, cluster: str, name: str, action_name: str) -> None:
        """Delete a scheduled action. Raises ``NoScalableTarget`` and ``NoScheduledAction``."""
        if self._get(cluster, name).scheduled.pop(action_name, None) is None:
            raise NoScheduledAction(f"The service {name} in cluster {cluster} has no scheduled action {action_name}.")

    def _await_next(self, scaled: _Scaled, service: Service, action_name: str, action: ScheduledAction) -> None:
        due = action.schedule.next_after(self._timeline.now)
        if due is not None:
            self._timeline.at(due, lambda: self._fall_due(scaled, service, action_name, action))

    def _fall_due(self, scaled: _Scaled, service: Service, action_name: str, action: ScheduledAction) -> None:
        known = self._scaled.get((service.cluster, service.name)) is scaled
        if not known or scaled.scheduled.get(action_name) is not action:
            return  # The scheduled action was deleted or replaced.
        self._await_next(scaled, service, action_name, action)
        if scaled.target.suspended.scheduled:
            return
        try:
            after = _changed(scaled.target, action.minimum, action.maximum)
        except ValueError:
            return  # AWS does not document what it does with a bound that contradicts the present other bound.
        assert after is not None
        scaled.target = after
        self._move_within_bounds(service, after, f"scheduled action {action_name}")

    # Every minute, if there are policies

    def _evaluate(self) -> None:
        with_policies = list(self._with_policies())
        self._evaluates = bool(with_policies)
        if self._evaluates:
            self._timeline.after(MINUTE, self._evaluate)
        now = self._timeline.now
        for service, scaled in with_policies:
            if service.status is not ServiceStatus.ACTIVE:
                continue
            tracked = [track(name, policy, self._metrics, now) for name, policy in scaled.policies.items()]
            if not self._scale_out(service, scaled, tracked):
                self._scale_in(service, scaled, tracked)

    def _scale_out(self, service: Service, scaled: _Scaled, tracked: list[Tracked]) -> bool:
        """Scale out if a policy says so, and return whether one does.

        In its cooldown, only a scale-out that is larger than the previous one takes effect: "the capacity added by the
        initiating scale-out event is calculated as part of the desired capacity for the next scale-out event" (User
        Guide, "Define cooldown periods").
        """
        now = self._timeline.now
        cooldown = max(one.policy.scale_out_cooldown for one in tracked)
        cools = scaled.scaled_out_at is not None and now < scaled.scaled_out_at + cooldown
        count_before = min(service.desired, scaled.count_before) if cools else service.desired
        proposed = [(count, one.name) for one in tracked if (count := scaled_out(one, count_before)) is not None]
        if not proposed:
            return False
        largest, name = max(proposed)
        count = scaled.target.within(largest)
        if count > service.desired and not scaled.target.suspended.scale_out:
            scaled.scaled_out_at, scaled.count_before = now, count_before
            self._set(service, count, f"scaling policy {name}")
        return True

    def _scale_in(self, service: Service, scaled: _Scaled, tracked: list[Tracked]) -> None:
        """Scale in if every policy says so, but not in a cooldown, and not while a deployment runs.

        ECS Developer Guide, "Automatically scale your Amazon ECS service": scale-in is off during a deployment.
        """
        now = self._timeline.now
        cooldown = max(one.policy.scale_in_cooldown for one in tracked)
        cools = scaled.scaled_in_at is not None and now < scaled.scaled_in_at + cooldown
        deploys = len(service.deployments) > 1 or service.primary.rollout_state is RolloutState.IN_PROGRESS
        if cools or deploys or scaled.target.suspended.scale_in:
            return
        lower = scaled_in(tracked, service.desired)
        if lower is not None and (count := max(lower, scaled.target.minimum)) < service.desired:
            scaled.scaled_in_at = now
            self._set(service, count, f"scaling policy {', '.join(one.name for one in tracked)}")

    # Within

    def _get(self, cluster: str, name: str) -> _Scaled:
        scaled = self._scaled.get((cluster, name))
        if scaled is None:
            raise NoScalableTarget(f"The service {name} in cluster {cluster} has no scalable target.")
        return scaled

    def _with_policies(self) -> Iterator[tuple[Service, _Scaled]]:
        for (cluster, name), scaled in self._scaled.items():
            if scaled.policies:
                yield self._scheduler.service(cluster, name), scaled

    def _follow_metrics(self) -> None:
        """Have the metrics measured that the present policies track."""
        self._measurements.tracked = {
            policy.metric for _, scaled in self._with_policies() for policy in scaled.policies.values()
        }

    def _move_within_bounds(self, service: Service, target: ScalableTarget, cause: str) -> None:
        """Move a count into the bounds. One of a service that is not active stays (bc RegisterScalableTarget)."""
        if service.status is ServiceStatus.ACTIVE:
            self._set(service, target.within(service.desired), cause)

    def _set(self, service: Service, count: int, cause: str) -> None:
        if count == service.desired:
            return
        activity = ScalingActivity(self._timeline.now, service.cluster, service.name, service.desired, count, cause)
        self.on_activity(activity)
        self.activities.append(activity)
        self._scheduler.set_desired_count(service, count)


def _changed(before: ScalableTarget | None, minimum: int | None, maximum: int | None) -> ScalableTarget | None:
    """Return a scalable target with new bounds, ``None`` if there is none and not both bounds are named."""
    if before is not None:
        return replace(
            before,
            minimum=before.minimum if minimum is None else minimum,
            maximum=before.maximum if maximum is None else maximum,
        )
    return None if minimum is None or maximum is None else ScalableTarget(minimum, maximum)
