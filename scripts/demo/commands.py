"""The requirements' commands to observe and wake the service, with the names of the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scripts.demo.service_client import Subject

HOUR: Final = timedelta(hours=1)
TEN_MINUTES: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Clock:
    """How a shell computes the time of this AWS, which can run faster than the shell's clock or have another date."""

    speed: int
    virtual: datetime
    real: datetime

    def ago(self, duration: timedelta) -> str:
        """Return a command substitution for the instant ``duration`` ago, in GNU ``date`` as in the requirements."""
        seconds = int(duration.total_seconds())
        if self.speed == 1 and self.virtual == self.real:
            when = f"-d '{seconds // 60} minutes ago' " if seconds else ""
            return f"$(date -u {when}+%Y-%m-%dT%H:%M:%S)"
        virtual, real = int(self.virtual.timestamp()) - seconds, int(self.real.timestamp())
        now = f"$(( {virtual} + ($(date +%s) - {real}) * {self.speed} ))"
        return f'$(date -u -d "@{now}" +%Y-%m-%dT%H:%M:%S)'


@dataclass(frozen=True)
class Command:
    """A command: its purpose, and the text to paste."""

    purpose: str
    text: str
    only_version_2: bool = False


def commands(subject: Subject, clock: Clock) -> list[Command]:
    """Return every command of the requirements, in their order."""
    return [*wake_by_hand(subject), *monitoring(subject, clock), *logs(subject), *troubleshooting(subject, clock)]


def wake_by_hand(subject: Subject) -> list[Command]:
    return [
        Command(
            "Wake the service by its function",
            f"aws lambda invoke --function-name {subject.scale_up_function_name} \\\n"
            "  --payload '{}' response.json && cat response.json",
        ),
        Command(
            "Start the service like any ECS service",
            f"aws ecs update-service --cluster {subject.cluster_name} --service {subject.service_name} \\\n"
            "  --desired-count 1 --query 'service.desiredCount'",
        ),
    ]


def monitoring(subject: Subject, clock: Clock) -> list[Command]:
    return [
        Command(
            "Show the desired and the running tasks",
            f"aws ecs describe-services --cluster {subject.cluster_name} --services {subject.service_name} \\\n"
            "  --query 'services[0].{DesiredCount:desiredCount,RunningCount:runningCount}'",
        ),
        Command(
            "Show when the service was active",
            statistics(
                subject.metric_namespace,
                "ServiceStatus",
                f"Name=Service,Value={subject.service_name} Name=Cluster,Value={subject.cluster_name}",
                since=HOUR,
                clock=clock,
                statistic="Maximum",
            ),
        ),
    ]


def logs(subject: Subject) -> list[Command]:
    functions = {
        "scale-to-zero": subject.scale_to_zero_function_name,
        "scale-up": subject.scale_up_function_name,
    }
    return [
        command
        for purpose, function in functions.items()
        for command in (
            Command(
                f"Follow the log of the {purpose} function", f"aws logs tail /aws/lambda/{function} --follow", True
            ),
            Command(
                f"Read the log of the {purpose} function",
                f"aws logs filter-log-events --log-group-name /aws/lambda/{function} \\\n"
                "  --query 'events[].message' --output text",
            ),
        )
    ]


def troubleshooting(subject: Subject, clock: Clock) -> list[Command]:
    rule = subject.tick_rule_arn.rpartition("/")[2]
    load_balancer = subject.load_balancer_arn.partition(":loadbalancer/")[2]
    target_group = subject.target_group_arn.rpartition(":")[2]
    return [
        Command("Check that the tick's rule exists and is enabled", f"aws events list-rules --name-prefix {rule}"),
        Command(
            "Show how many requests the service had",
            statistics(
                "AWS/ApplicationELB",
                "RequestCount",
                f"Name=LoadBalancer,Value={load_balancer} Name=TargetGroup,Value={target_group}",
                since=TEN_MINUTES,
                clock=clock,
                statistic="Sum",
            ),
        ),
        Command(
            "Check that metrics are published",
            f"aws cloudwatch list-metrics --namespace {subject.metric_namespace}",
        ),
        Command(
            "Check that the dashboard exists",
            f"aws cloudwatch list-dashboards --dashboard-name-prefix {subject.dashboard_name}",
        ),
    ]


def statistics(namespace: str, metric: str, dimensions: str, *, since: timedelta, clock: Clock, statistic: str) -> str:
    return (
        f"aws cloudwatch get-metric-statistics --namespace {namespace} --metric-name {metric} \\\n"
        f"  --dimensions {dimensions} \\\n"
        f"  --start-time {clock.ago(since)} --end-time {clock.ago(timedelta(0))} \\\n"
        f"  --period 60 --statistics {statistic}"
    )
