"""The services of a measured run: their names, and the state of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Final

from scale_to_zero.model.quantities import either

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
SERVICES_PER_CLUSTER: Final = 100
SERVICES_PER_LOAD_BALANCER: Final = 49
"""Each has two target groups, its own and the wake function's. A load balancer takes 100 (AWS: quotas for ALB)."""


@dataclass(frozen=True)
class Scenario:
    """How many services there are, how many of them are awake, and how many of the awake services are due.

    An awake service has a request every minute. It is due once its last recorded request is ``idle_minutes`` old. The
    tick then reads its metrics, and the requests in them keep it awake.
    ``woken_by_requests``: whether each has a wake rule.
    """

    services: int
    awake: int
    due: int
    woken_by_requests: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.due <= self.awake <= self.services or self.services == 0:
            raise ValueError(f"{self}: there must be at least one service, and due <= awake <= services")

    def __str__(self) -> str:
        services = f"{self.services:,} {either(self.services, 'service', 'services')}"
        rules = ", each with a wake rule" if self.woken_by_requests else ""
        return f"{services}, {self.awake:,} awake, {self.due:,} due{rules}"

    def as_json(self) -> dict[str, int | bool]:
        return asdict(self)


def all_asleep(services: int) -> Scenario:
    return Scenario(services, awake=0, due=0)


def awake_not_due(services: int) -> Scenario:
    return Scenario(services, awake=services, due=0)


def all_due(services: int) -> Scenario:
    return Scenario(services, awake=services, due=services)


@dataclass(frozen=True)
class Member:
    """One service of the fleet. ``number`` counts from 0."""

    number: int
    awake: bool
    due: bool

    @property
    def key(self) -> str:
        return f"service-{self.number:04d}"

    @property
    def cluster_name(self) -> str:
        return f"cluster-{self.number // SERVICES_PER_CLUSTER:02d}"

    @property
    def service_name(self) -> str:
        return f"city-guided-service-{self.number:04d}"

    @property
    def load_balancer_arn(self) -> str:
        number = self.number // SERVICES_PER_LOAD_BALANCER
        return _elb_arn(f"loadbalancer/app/load-balancer-{number:02d}/{number:016x}")

    @property
    def target_group_arn(self) -> str:
        return _elb_arn(f"targetgroup/target-group-{self.number:04d}/{self.number:016x}")

    @property
    def listener_arn(self) -> str:
        """The listener of its load balancer. It has the rules of the services and the rules of the module."""
        return self.load_balancer_arn.replace(":loadbalancer/", ":listener/") + f"/{0:016x}"

    @property
    def own_rule_arn(self) -> str:
        return self._rule_arn(2 * self.number)

    @property
    def wake_rule_arn(self) -> str:
        return self._rule_arn(2 * self.number + 1)

    @property
    def wake_target_group_arn(self) -> str:
        return _elb_arn(f"targetgroup/wake-{self.number:04d}/{self.number:016x}")

    def _rule_arn(self, number: int) -> str:
        return self.listener_arn.replace(":listener/", ":listener-rule/") + f"/{number:016x}"

    @property
    def metric_dimensions(self) -> tuple[str, str]:
        """The values of the dimensions LoadBalancer and TargetGroup."""
        return self.load_balancer_arn.split(":loadbalancer/")[1], self.target_group_arn.split(":")[-1]


class Fleet:
    """Every service of a scenario, by the names that AWS calls use."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.members = [
            Member(number, awake=number < scenario.awake, due=number < scenario.due)
            for number in range(scenario.services)
        ]

    @cached_property
    def by_name(self) -> dict[tuple[str, str], Member]:
        return {(member.cluster_name, member.service_name): member for member in self.members}

    @cached_property
    def by_target_group(self) -> dict[str, Member]:
        return {member.target_group_arn: member for member in self.members}

    @cached_property
    def by_listener(self) -> dict[str, list[Member]]:
        by_listener: dict[str, list[Member]] = {}
        for member in self.members:
            by_listener.setdefault(member.listener_arn, []).append(member)
        return by_listener

    @cached_property
    def by_metric_dimensions(self) -> dict[tuple[str, str], Member]:
        return {member.metric_dimensions: member for member in self.members}


def _elb_arn(resource: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}"
