"""The deployed service seen from outside: by the AWS APIs, its load balancer and its functions' logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
import requests

from scripts.demo.failure import DemoFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

REQUEST_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Subject:
    """The service's resources, by the names the deployment gave them (the outputs of ``examples/staging``)."""

    cluster_name: str
    service_name: str
    load_balancer_arn: str
    target_group_arn: str
    scale_to_zero_function_name: str
    scale_up_function_name: str
    wake_function_name: str
    panel_function_arn: str
    tick_rule_arn: str
    table_name: str
    metric_namespace: str
    dashboard_name: str
    dashboard_url: str

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> Subject:
        """Return the subject with these outputs. Raise ``DemoFailed`` if the example lacks one."""
        missing = [field.name for field in fields(cls) if field.name not in outputs]
        if missing:
            raise DemoFailed(f"The example lacks these outputs: {', '.join(missing)}. Add them.")
        return cls(**{field.name: str(outputs[field.name]) for field in fields(cls)})


@dataclass(frozen=True)
class Facts:
    """What ECS and the load balancer report of the service at one instant."""

    at: datetime
    desired: int
    running: int
    healthy: int

    def same_tasks(self, other: Facts | None) -> bool:
        """Return whether only the time differs."""
        return other is not None and (self.desired, self.running, self.healthy) == (
            other.desired,
            other.running,
            other.healthy,
        )


@dataclass(frozen=True)
class Answer:
    """A response of the load balancer to a real HTTP request."""

    status: int
    body: str


@dataclass(frozen=True)
class LogLine:
    """A line that a function logged with a reason: what it did and why, or what an operator should check."""

    at: datetime
    function: str
    level: str
    message: str


class ServiceClient:
    """A client that observes and uses one service. ``settings`` are the AWS settings of its clients, by variable."""

    def __init__(self, subject: Subject, url: str, settings: Mapping[str, str]) -> None:
        self.subject = subject
        self.url = url
        session = boto3.Session(
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            region_name=settings["AWS_REGION"],
        )
        endpoint_url = settings["AWS_ENDPOINT_URL"]
        self._ecs: ECSClient = session.client("ecs", endpoint_url=endpoint_url)
        self._elbv2: ElasticLoadBalancingv2Client = session.client("elbv2", endpoint_url=endpoint_url)
        self._lambda: LambdaClient = session.client("lambda", endpoint_url=endpoint_url)
        self._logs: CloudWatchLogsClient = session.client("logs", endpoint_url=endpoint_url)
        self._cloudwatch: CloudWatchClient = session.client("cloudwatch", endpoint_url=endpoint_url)
        self._dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=endpoint_url)
        self._lines_read: set[str] = set()

    def observe(self, at: datetime) -> Facts:
        """Return the service's task counts and the number of its healthy targets."""
        subject = self.subject
        [service] = self._ecs.describe_services(cluster=subject.cluster_name, services=[subject.service_name])[
            "services"
        ]
        health = self._elbv2.describe_target_health(TargetGroupArn=subject.target_group_arn)
        healthy = sum(target["TargetHealth"]["State"] == "healthy" for target in health["TargetHealthDescriptions"])
        return Facts(at, service["desiredCount"], service["runningCount"], healthy)

    def request(self) -> Answer:
        """Request the application's front page from the load balancer."""
        response = requests.get(self.url, timeout=REQUEST_SECONDS)
        return Answer(response.status_code, response.text)

    def start_by_hand(self, desired: int) -> None:
        """Set the desired count, as ``aws ecs update-service`` does."""
        self._ecs.update_service(
            cluster=self.subject.cluster_name, service=self.subject.service_name, desiredCount=desired
        )

    def scale_up(self, payload: Mapping[str, object]) -> str:
        """Invoke the scale-up function. Return its answer, or its error, as JSON."""
        return self._invoke(self.subject.scale_up_function_name, payload)

    def show_panel(self, event: Mapping[str, object]) -> str:
        """Invoke the control panel's function as CloudWatch does. Return its HTML; raise ``DemoFailed`` without any."""
        answer = json.loads(self._invoke(self.subject.panel_function_arn, event))
        if not isinstance(answer, str):
            raise DemoFailed(f"The control panel must answer HTML, but answered {answer}.")
        return answer

    def _invoke(self, function: str, payload: Mapping[str, object]) -> str:
        answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        return answer["Payload"].read().decode()

    def new_log_lines(self) -> list[LogLine]:
        """Return the lines with a reason that the functions logged since the last call, oldest first."""
        subject = self.subject
        functions = (subject.scale_to_zero_function_name, subject.scale_up_function_name, subject.wake_function_name)
        return sorted(
            (line for function in functions for line in self._new_lines_of(function)), key=lambda line: line.at
        )

    def idle(self) -> timedelta:
        """Return the service's idle window, from its item in the table, where the functions read it too."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.subject.table_name)
        configs = (json.loads(item["config"]["S"]) for page in pages for item in page["Items"] if "config" in item)
        names = (self.subject.cluster_name, self.subject.service_name)
        [minutes] = [
            config["idle_minutes"] for config in configs if (config["cluster_name"], config["service_name"]) == names
        ]
        return timedelta(minutes=minutes)

    def dashboard_body(self) -> str:
        """Return the dashboard's body as it was applied."""
        return self._cloudwatch.get_dashboard(DashboardName=self.subject.dashboard_name)["DashboardBody"]

    def _new_lines_of(self, function: str) -> list[LogLine]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        events = [event for page in pages for event in page["events"] if event["eventId"] not in self._lines_read]
        self._lines_read.update(event["eventId"] for event in events)
        read = (
            read_line(function, datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"])
            for event in events
        )
        return [line for line in read if line is not None]


def read_line(function: str, at: datetime, line: str) -> LogLine | None:
    """Return the line if it has a reason, else ``None``: Lambda's own lines and summaries have none."""
    try:
        fields: Mapping[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    if "reason" not in fields:
        return None
    return LogLine(at, function, str(fields.get("level", "INFO")), str(fields["message"]))
