"""Amazon ECS: the descriptions of services, and the setting of their desired counts."""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scale_to_zero.aws.batches import in_batches, read_together_or_alone
from scale_to_zero.aws.errors import AWS_ERRORS, DENIED, THROTTLED, error_code, explained, unknown, unseen
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Missing, ServiceFacts, Unknown, is_forbidden
from scale_to_zero.model.quantities import counted

from .facts import balanced_ports_of, facts_of
from .service_revisions import ServiceRevisions
from .targets import targets_of
from .task_history import stop_reasons_of, task_times_of
from .tasks import TaskCalls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mypy_boto3_ecs.type_defs import FailureTypeDef, ServiceTypeDef

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.observed import Target, TaskTimes, TrafficSource
    from scale_to_zero.ports import Clock

    from .facts import BalancedPort

    Described = ServiceFacts | Missing | Unknown

DESCRIBE: Final = "ecs:DescribeServices"

# A limit of the API reference.
SERVICES_PER_CALL: Final = 10

# Refusals of a whole batch of ten that one service can cause.
REFUSED: Final = DENIED | {"ClientException", "InvalidParameterException"}


PAUSES_OF_THROTTLED_STOPS: Final = (0.5, 1.0)
"""Seconds; about as long as botocore itself waits between three attempts."""


class AwsServices:
    """``Services`` on Amazon ECS."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._tasks = TaskCalls(clients)
        self._revisions = ServiceRevisions(clients)
        # From the latest description; they determine under which port a task is registered.
        self._balanced_ports: dict[ServiceName, frozenset[BalancedPort]] = {}

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, Described]:
        """Describe ten services of one cluster per call, several calls in parallel.

        If a call fails, only its services are ``Unknown``. If one service may be the cause, each is read alone.
        """
        return read_together_or_alone(self._describe_batch, _batches_by_cluster(names))

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        """Set the desired count; ``UpdateService`` changes nothing else and starts no deployment."""
        with explained("ecs:UpdateService", f"{name} to {counted(desired, 'task')}"):
            if desired == 0:
                self._stop(name)
            else:
                self._clients.ecs.update_service(
                    cluster=name.cluster_name, service=name.service_name, desiredCount=desired
                )

    def gateways(
        self, revisions: Mapping[ServiceName, frozenset[str]]
    ) -> Mapping[ServiceName, frozenset[TrafficSource] | Unknown]:
        """Read twenty revisions per call, several calls in parallel, and only those not read before."""
        return self._revisions.gateways(revisions)

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        """Read the addresses and ports under which ECS registers the tasks that it wants running."""
        if name not in self._balanced_ports:
            described = self.describe([name])[name]
            if not isinstance(described, ServiceFacts):
                return Unknown(described.why, forbidden=is_forbidden(described))
        try:
            tasks = self._tasks.wanted(name)
            instance_ids = self._tasks.instance_ids(name.cluster_name, tasks)
            with explained("ecs:DescribeTasks", str(name)):
                return targets_of(tasks, self._balanced_ports[name], instance_ids)
        except CallFailed as failure:
            return unknown(failure)

    def protected(self, name: ServiceName) -> bool | Unknown:
        """Read a hundred tasks per call; expired protection does not count."""
        try:
            return self._tasks.any_protected(name, self._clock())
        except CallFailed as failure:
            return unknown(failure)

    def task_times(self, name: ServiceName) -> TaskTimes | Unknown:
        """Read the times of the task that has progressed furthest."""
        try:
            return task_times_of(self._tasks.wanted(name))
        except CallFailed as failure:
            return unknown(failure)

    def stop_reasons(self, name: ServiceName) -> tuple[str, ...] | Unknown:
        """Read why tasks stopped, as ECS and the containers reported; ECS shows stopped tasks for about an hour."""
        try:
            return stop_reasons_of(self._tasks.stopped(name))
        except CallFailed as failure:
            return unknown(failure)

    def _stop(self, name: ServiceName) -> None:
        """Set the desired count to zero. Repeat only a throttled call, since AWS certainly did not carry it out."""
        for pause in (*PAUSES_OF_THROTTLED_STOPS, None):
            try:
                self._clients.ecs_for_stops.update_service(
                    cluster=name.cluster_name, service=name.service_name, desiredCount=0
                )
            except ClientError as error:
                if pause is None or error_code(error) not in THROTTLED:
                    raise
                time.sleep(pause)
            else:
                return

    def _describe_batch(self, names: list[ServiceName]) -> tuple[dict[ServiceName, Described], list[ServiceName]]:
        """Return the answer for each name, and the names that should be read alone."""
        cluster_name = names[0].cluster_name
        try:
            response = self._clients.ecs.describe_services(
                cluster=cluster_name, services=[name.service_name for name in names]
            )
        except AWS_ERRORS as error:
            if error_code(error) == "ClusterNotFoundException":
                return dict.fromkeys(names, Missing(f"there is no cluster {cluster_name}")), []
            may_be_one = len(names) > 1 and isinstance(error, ClientError) and error_code(error) in REFUSED
            answers: dict[ServiceName, Described] = {name: unseen(error, DESCRIBE, str(name)) for name in names}
            return answers, names if may_be_one else []
        described = {service.get("serviceName"): service for service in response.get("services", [])}
        failures = {failure.get("arn", "").rpartition("/")[2]: failure for failure in response.get("failures", [])}
        return {
            name: self._read(name, described.get(name.service_name), failures.get(name.service_name)) for name in names
        }, []

    def _read(self, name: ServiceName, service: ServiceTypeDef | None, failure: FailureTypeDef | None) -> Described:
        if service is None:
            return _absent(name, failure)
        try:
            facts = facts_of(service)
        except KeyError as error:
            return Unknown(f"{DESCRIBE} of {name} returned an answer without {error}")
        self._balanced_ports[name] = balanced_ports_of(service)
        return facts


def _batches_by_cluster(names: Iterable[ServiceName]) -> list[list[ServiceName]]:
    return [
        batch
        for _, of_cluster in groupby(sorted(names), key=lambda name: name.cluster_name)
        for batch in in_batches(of_cluster, SERVICES_PER_CALL)
    ]


def _absent(name: ServiceName, failure: FailureTypeDef | None) -> Missing | Unknown:
    reason = failure.get("reason", "no reason") if failure else "neither a service nor a failure"
    if reason == "MISSING":
        return Missing(f"there is no service {name.service_name} in cluster {name.cluster_name}")
    return Unknown(f"{DESCRIBE} of {name} failed: {reason}")
