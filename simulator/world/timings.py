"""How long operations of AWS take, and how busy requests make tasks.

Sources: **ud** user guides, **bc** botocore, as in the list of AWS facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .metrics import DEFAULT_AWS_DELAY


@dataclass(frozen=True)
class Timings:
    """Durations and loads, with plausible defaults. None of them was measured on a live account.

    ``scheduling``: from a change of the desired count until ECS starts or stops tasks. Not documented; a few seconds
        are usual.
    ``task_start``: from PROVISIONING to RUNNING. Reports for Fargate: 20-40 s with pulls inside the VPC
        (containers-roadmap#358), 60-90 s (containers-roadmap#649).
    ``health_check``: from registration until a target is ``healthy``, and from the first failing check until it is
        ``unhealthy``: interval times threshold, with the recommended interval of 5 s and threshold of 2.
        The settings of target groups are not used: AWS's pages differ on how many checks a new target must pass.
    ``target_stays_healthy``: how long a target is still shown as ``healthy`` after ECS decided to stop its task.
        Not documented. Because of this time, the health of targets that are going away cannot be relied on.
    ``deregistration``: ``deregistration_delay.timeout_seconds`` if a target group does not set it: 300 s
        (ud ELB). ECS waits for it before it stops the containers (ud ECS, connection draining).
    ``task_stop``: from SIGTERM until the containers have ended. SIGKILL follows 30 s after SIGTERM (bc ecs StopTask).
    ``deprovisioning``: from the end of the containers until STOPPED; in that time the network interface is detached.
    ``stopped_tasks_kept``: how long DescribeTasks still shows a stopped task: one hour (bc ecs DescribeTasks).
    ``first_retry`` and ``longest_retry``: the wait before ECS tries again after tasks failed to reach RUNNING; it
        doubles from the first to the longest, 27 minutes (ud ECS, service throttle logic; the first is not documented).
    ``rule_propagation``: from a change of a listener rule until it applies to requests. Not documented; one runbook
        says "a few seconds".
    ``metric_delay``: from the start of a minute until AWS's metrics of it can be read.
    ``idle_cpu_percent`` and ``cpu_percent_per_request``: the CPU utilization of a task without requests, and how much
        each request of one minute adds to the task that gets it. Requests are shared equally. The seed adds up to 1.
    ``jitter``: the seed varies the durations of scheduling, starting, checking and stopping by up to this fraction.
    """

    scheduling: timedelta = timedelta(seconds=3)
    task_start: timedelta = timedelta(seconds=40)
    health_check: timedelta = timedelta(seconds=10)
    target_stays_healthy: timedelta = timedelta(seconds=5)
    deregistration: timedelta = timedelta(seconds=300)
    task_stop: timedelta = timedelta(seconds=5)
    deprovisioning: timedelta = timedelta(seconds=5)
    stopped_tasks_kept: timedelta = timedelta(hours=1)
    first_retry: timedelta = timedelta(seconds=10)
    longest_retry: timedelta = timedelta(minutes=27)
    rule_propagation: timedelta = timedelta(seconds=3)
    metric_delay: timedelta = DEFAULT_AWS_DELAY
    idle_cpu_percent: float = 1.0
    cpu_percent_per_request: float = 0.5
    jitter: float = 0.1

    def __post_init__(self) -> None:
        """Refuse negative durations, and a jitter that could make a duration negative."""
        for name, value in vars(self).items():
            if isinstance(value, timedelta) and value < timedelta(0):
                raise ValueError(f"Timings.{name} must not be below zero.")
        if not 0 <= self.jitter < 1:
            raise ValueError("Timings.jitter must be at least 0 and below 1.")
