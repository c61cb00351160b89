"""Services that requests wake, with the module applied to them by real Terraform, as they are seen from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from local_aws import LocalAws, Timings
from simulator.world.measurements import load_balancer_dimension, target_group_dimension
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.existing import BETWEEN_PRIORITIES, Existing, existing_services

HOME: Final = "home"
"""The service of the listener's default action. Requests for ``/`` and for paths that begin with ``/home`` wake it."""
QUICK: Final = Timings(
    scheduling=timedelta(seconds=2),
    task_start=timedelta(seconds=6),
    health_check=timedelta(seconds=5),
    deregistration=timedelta(seconds=30),
    rule_propagation=timedelta(0),
    metric_delay=timedelta(seconds=65),
)
"""A wake takes about 13 seconds, so that a request can wait for it. Metrics come five seconds after the minute."""
DISARMED: Final = {"host-header": ["disarmed.scale-to-zero.invalid"]}
BEFORE_ITS_OWN_RULE: Final = 10
UPTIME_CHECKS_BEFORE: Final = 20
LONGEST_WAY_TO_ZERO: Final = 15 * MINUTE


@dataclass(frozen=True)
class Site:
    """One load balancer with services that the module wakes on request. ``services``: the module's variable."""

    aws: LocalAws
    applied: Applied
    existing: Existing
    services: dict[str, dict[str, Any]]

    @property
    def port(self) -> int:
        """The load balancer's port on loopback."""
        port = urlsplit(self.aws.load_balancer_url(self.existing.load_balancer_arn)).port
        assert port is not None
        return port

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path. ``host``: an address, or a name that only browsers resolve to loopback."""
        return f"http://{host}:{self.port}{path}"

    def service(self, name: str) -> Subject:
        """Return the ECS service of this name."""
        return self.existing.subject(self.aws, name)

    def apply(self) -> None:
        """Apply the services as they are configured now."""
        self.applied.apply(services=self.services)

    def planned_changes(self) -> list[str]:
        """Return what a plan changes."""
        return self.applied.planned_changes(services=self.services)

    def propagate_rules_in(self, seconds: float) -> None:
        """Let later changes of listener rules take effect after ``seconds``."""
        self.aws.world.listener_rules.propagation = timedelta(seconds=seconds)

    def conditions(self, priority: int) -> dict[str, list[str]]:
        """Return a listener rule's conditions, values by field, as DescribeRules shows them."""
        answer = client(self.aws, "elbv2").describe_rules(ListenerArn=self.existing.listener_arn)
        [rule] = [rule for rule in answer["Rules"] if rule["Priority"] == str(priority)]
        return {condition["Field"]: condition["Values"] for condition in rule["Conditions"]}

    def wake_rule(self, name: str) -> dict[str, list[str]]:
        """Return the conditions of the service's wake rule."""
        return self.conditions(self.services[name]["wake_on_request"]["rules"]["http"]["priority"])

    def put_to_sleep(self, *names: str) -> None:
        """Send no request until these services are at zero, and until their last tasks have left the load balancer."""
        self.aws.advance(timedelta(0))  # so that a wake that was just requested begins
        if any(self.service(name).desired() > 0 for name in names):
            self._until(lambda: all(self.service(name).desired() == 0 for name in names), LONGEST_WAY_TO_ZERO)
            self.aws.advance(2 * MINUTE)
        for name in names:
            assert self.wake_rule(name) != DISARMED, f"{name} is at zero, but its wake rule is disarmed"

    def let_drain(self, name: str) -> None:
        """Send no request until the service drains."""
        self._until(lambda: self.wake_rule(name) != DISARMED, LONGEST_WAY_TO_ZERO)
        assert self.service(name).desired() > 0

    def wake(self, name: str) -> None:
        """Wake the service by hand if it does not run, and wait until its wake rules are disarmed."""
        function = self.applied.outputs()["scale_up_function_name"]
        payload = f'{{"service": "{name}", "wait": true}}'
        answer = client(self.aws, "lambda").invoke(FunctionName=function, Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()
        assert self.wake_rule(name) == DISARMED

    def served(self, name: str, since: datetime) -> int:
        """Let two minutes pass, and return how many requests reached the application, as CloudWatch counts them."""
        self.aws.advance(2 * MINUTE)
        answer = client(self.aws, "cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName="RequestCount",
            Dimensions=[
                {"Name": "LoadBalancer", "Value": load_balancer_dimension(self.existing.load_balancer_arn)},
                {"Name": "TargetGroup", "Value": target_group_dimension(self.existing.target_group_arns[name])},
            ],
            StartTime=since.replace(second=0),
            EndTime=self.aws.now(),
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in answer["Datapoints"]))

    def _until(self, reached: Callable[[], bool], longest: timedelta) -> None:
        end = self.aws.now() + longest
        while not reached():
            assert self.aws.now() < end, f"the expected state was not reached within {longest}"
            self.aws.advance(MINUTE)


@contextmanager
def site(
    options: Mapping[str, Mapping[str, Any]],
    hosts: Mapping[str, Sequence[str]] | None = None,
    paths: Mapping[str, Sequence[str]] | None = None,
    monitors: Mapping[str, Sequence[str]] | None = None,
    installed: bool = True,
) -> Iterator[Site]:
    """Create sleeping services that requests wake: ``home``, and one for each of ``options``.

    ``options``: more attributes of each service's ``wake_on_request``. ``hosts``, ``paths``: the conditions of its own
    rule, which without either is for the paths that begin with its name. ``monitors``: the user agents of its uptime
    checks. ``installed``: whether the module is applied already.
    """
    with LocalAws(seed=1, start=START, timings=QUICK) as aws, applying(aws, "tests/module/visited") as applied:
        names = [HOME, *options]
        existing = existing_services(aws, {name: name for name in names}, hosts=hosts, paths=paths)
        services = {name: existing.entry(name) for name in names}
        rule = {"listener_arn": existing.listener_arn, "path_patterns": ["/", "/home*"], "priority": 10_000}
        services[HOME]["wake_on_request"] = {"rules": {"http": rule}}
        for index, (name, own_options) in enumerate(options.items(), 1):
            own_rule, own_priority = existing.rule_arns[name], BETWEEN_PRIORITIES * index
            wake_rule = {"rule_arn": own_rule, "priority": own_priority - BEFORE_ITS_OWN_RULE}
            wake = {**own_options, "rules": {"http": wake_rule}}
            if monitors and name in monitors:
                priority = own_priority - UPTIME_CHECKS_BEFORE
                check = {"rule_arn": own_rule, "user_agents": monitors[name], "priority": priority}
                wake["uptime_checks"] = {"monitor": check}
            services[name]["wake_on_request"] = wake
        created = Site(aws, applied, existing, services)
        if installed:
            created.apply()
            aws.advance(2 * MINUTE)
        yield created
