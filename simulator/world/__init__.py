"""A pure, seeded model in virtual time of the parts of AWS that change by themselves.

It has no threads, no clock and no moto. Time passes only in ``World.advance_to``, and chance comes only from the seed,
so the same seed and the same calls give the same history. ``local_aws`` puts moto and real HTTP around it; the
simulation tests use it directly.

    >>> from datetime import UTC, datetime, timedelta
    >>> from simulator.world import Timings, World
    >>> alb, group = "arn:aws:elasticloadbalancing:...:loadbalancer/app/alb/1", "arn:...:targetgroup/web/1"
    >>> world = World(seed=1, start=datetime(2026, 1, 5, 8, tzinfo=UTC), timings=Timings(jitter=0))
    >>> world.create_service("cluster", "web", desired=1, target_groups=[(alb, group, 8080)])
    >>> world.advance(timedelta(minutes=2))
    >>> world.describe_service("cluster", "web").running  # as in DescribeServices
    1
    >>> [target.state.value for target in world.target_health(group)]  # as in DescribeTargetHealth
    ['healthy']
    >>> world.request(alb, group) is not None  # the target that was chosen; it counts in RequestCount
    True

Time: ``now``, ``next_instant``, ``advance_to``, ``advance``. ``rate`` and ``RateSchedule`` compute when an EventBridge
rule is due, ``schedule`` computes when a schedule of EventBridge Scheduler is due. The code that runs functions
advances to each such instant and runs them then.

ECS: ``create_service``, ``set_desired_count``, ``set_health_check_grace``, ``start_deployment``, ``delete_service``,
``describe_service``, ``services``, ``tasks``, ``task``. A change takes effect after ``Timings.scheduling``. Tasks go
through PROVISIONING, PENDING, ACTIVATING (they register at their target groups), RUNNING, DEACTIVATING (they deregister
and drain), STOPPING, DEPROVISIONING, STOPPED, with the times DescribeTasks shows. ``running`` counts tasks in RUNNING
only, so it is 0 soon after a stop while the old targets still drain. ``protect_task`` sets a task's scale-in
protection, which keeps deployments from stopping it. Each deployment has its own service revision, with the gateway
connectors that ``create_service`` or ``start_deployment`` named.

ELB: ``attach_target_group``, ``configure_target_group``, ``forget_target_group``, ``load_balancer``, ``target_health``,
``request``, ``count_request``. ``listener_rules`` (a ``ListenerRules``) holds the setting of every rule, and returns
which setting applies to a request: the previous one for ``Timings.rule_propagation`` after a change.
A target of a stopping task stays ``healthy`` for ``Timings.target_stays_healthy``, then it is ``draining`` until the
deregistration delay is over, then it is gone. An application answers from its target's first health check on.

CloudWatch: ``metrics`` (a ``MetricStore``) holds what AWS publishes at the end of each minute (``RequestCount`` by
LoadBalancer and by LoadBalancer and TargetGroup, ``HealthyHostCount`` by both, ``CPUUtilization`` by ClusterName and
ServiceName with one sample per running task) and the values that are put into it. It shows a value only after its
delay.

Application Auto Scaling: ``scaling`` (a ``Scaling``) holds the scalable targets of services, target tracking policies
and scheduled actions, and changes desired counts by itself. Each of its ``register`` calls moves the desired count into
the bounds, also from zero. ``requests_per_target`` and ``cpu_of_service`` name the metrics that policies usually track.

Faults: ``set_start_fault`` (``ImagePullFails``, ``CrashesAfterStart``, ``NoCapacity``, ``SlowStart``),
``set_passes_health_checks``, ``kill_task``, ``withhold_metric`` and ``publish_metric_again``, ``make_metric_late``.
"""

from __future__ import annotations

from .faults import CrashesAfterStart, ImagePullFails, NoCapacity, SlowStart, StartFault
from .listener_rules import ListenerRules
from .measurements import cpu_of_service, load_balancer_dimension, requests_per_target, target_group_dimension
from .metrics import Metric, MetricStore
from .scalable_targets import (
    NoScalableTarget,
    NoScalingPolicy,
    NoScheduledAction,
    Registration,
    ScalableTarget,
    ScalingActivity,
    Suspension,
)
from .scaling import Scaling, ScheduledAction
from .schedules import RateSchedule, Schedule, rate, schedule
from .services import (
    DeploymentDescription,
    NoSuchService,
    RolloutState,
    ServiceDescription,
    ServiceEvent,
    ServiceExists,
    ServiceStatus,
    ServiceStillWanted,
)
from .target_groups import TargetHealth, TargetState
from .target_tracking import TargetTracking
from .tasks import TargetGroupBinding, Task, TaskStatus
from .timings import Timings
from .world import World

__all__ = [
    "CrashesAfterStart",
    "DeploymentDescription",
    "ImagePullFails",
    "ListenerRules",
    "Metric",
    "MetricStore",
    "NoCapacity",
    "NoScalableTarget",
    "NoScalingPolicy",
    "NoScheduledAction",
    "NoSuchService",
    "RateSchedule",
    "Registration",
    "RolloutState",
    "ScalableTarget",
    "Scaling",
    "ScalingActivity",
    "Schedule",
    "ScheduledAction",
    "ServiceDescription",
    "ServiceEvent",
    "ServiceExists",
    "ServiceStatus",
    "ServiceStillWanted",
    "SlowStart",
    "StartFault",
    "Suspension",
    "TargetGroupBinding",
    "TargetHealth",
    "TargetState",
    "TargetTracking",
    "Task",
    "TaskStatus",
    "Timings",
    "World",
    "cpu_of_service",
    "load_balancer_dimension",
    "rate",
    "requests_per_target",
    "schedule",
    "target_group_dimension",
]
