"""The stage on which the contract of the ports is tested: the same scenes in memory and on AWS's doubles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.observed import Conditions, Pair, Target
from scale_to_zero.model.scaling import Suspension
from scale_to_zero.ports import Ports

NOW: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
NAMESPACE: Final = "CityGuided/ECS"
PORT: Final = 8080
WEB: Final = ServiceName("city-guided-cluster", "city-guided-service")
API: Final = ServiceName("city-guided-cluster", "api")


class Stage(Protocol):
    """The scenes that a test can set for one implementation of the ports."""

    ports: Ports

    def create_target_group(self, name: str, *, load_balanced: bool = True) -> str:
        """Create a target group, behind the stage's load balancer or behind none. Return its ARN."""

    def pair(self, target_group_arn: str) -> Pair:
        """Return the target group with the stage's load balancer."""

    def create_service(self, name: ServiceName, desired: int = 0, target_groups: Sequence[str] = ()) -> None:
        """Create a service, and its cluster if it does not exist."""

    def run_tasks(self, name: ServiceName, count: int) -> frozenset[Target]:
        """Let the service have ``count`` healthy tasks. Return their targets."""

    def stop_one_task(self, name: ServiceName) -> Target:
        """Let ECS stop a task whose target is still healthy. Return its target."""

    def protect_tasks(self, name: ServiceName, until: datetime) -> None:
        """Let the service's tasks turn on scale-in protection that ends at an instant."""

    def fail_a_task(self, name: ServiceName, reason: str) -> None:
        """Let a task of the service end by itself, with this reason of ECS."""

    def create_listener(self) -> str:
        """Create a listener with its default rule. Return its ARN."""

    def create_rule(self, listener_arn: str, priority: int, conditions: Conditions) -> str:
        """Add a rule to a listener. Return its ARN."""

    def register_scalable_target(
        self, name: ServiceName, minimum: int = 1, maximum: int = 2, suspended: Suspension | None = None
    ) -> None:
        """Register a service with Application Auto Scaling, as its owner does."""

    def scale_by_forecast(self, name: ServiceName) -> None:
        """Add a predictive scaling policy that changes the count of a registered service."""

    def publish_minute(self, metric_name: str, pair: Pair, minute: datetime, *values: float) -> None:
        """Publish values of one of the load balancer's metrics, as AWS does."""

    def published(self, metric_name: str, dimensions: dict[str, str], minute: datetime) -> float | None:
        """Return the average of the values published in the stage's own namespace in one minute."""

    def configure(self, service: Service) -> None:
        """Write a service's configuration, as the module's Terraform does."""

    def configure_wake_target_group(self, arn: str, key: str) -> None:
        """Write to which service a wake target group belongs, as the module's Terraform does."""

    def configure_waiting_page(self, page: WaitingPage) -> None:
        """Write the style of the waiting page, as the module's Terraform does."""

    def delete_state(self, name: ServiceName) -> None:
        """Delete a service's state item, as DynamoDB does when it has expired."""

    def watchers_started(self) -> list[tuple[str, ...]]:
        """Return the keys of the services for which watchers were started, in order."""

    def refuse(self, call: str) -> None:
        """Let AWS forbid every call of this name from now on."""


class MovingStage(Stage, Protocol):
    """A stage on which time passes, and tasks and metrics change with it."""

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] = ()) -> None:
        """Begin a deployment, which replaces the tasks. Its gateway connectors are named by their ports."""

    def desired(self, name: ServiceName) -> int:
        """Return the service's desired count."""

    def request(self, pair: Pair) -> None:
        """Send a request to a target group."""

    def pass_time(self, duration: timedelta) -> datetime:
        """Let time pass. Return the new instant."""
