"""Amazon ECS: what it says of services, and what it is asked to do."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scale_to_zero.model import Missing, ServiceFacts, ServiceName, Unknown
from scale_to_zero.ports import CallFailed

from .batches import in_batches, in_parallel
from .ecs_facts import balanced_ports_of, facts_of
from .ecs_targets import targets_of
from .errors import AWS_ERRORS, DENIED, error_code, explained, named, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mypy_boto3_ecs.type_defs import FailureTypeDef, ServiceTypeDef, TaskTypeDef

    from scale_to_zero.model import Target

    from .clients import Clients
    from .ecs_facts import BalancedPort

    Described = ServiceFacts | Missing | Unknown

DESCRIBE: Final = "ecs:DescribeServices"

# Limits of the API reference: DescribeServices, DescribeTasks, DescribeContainerInstances.
SERVICES_PER_CALL: Final = 10
TASKS_PER_CALL: Final = 100
INSTANCES_PER_CALL: Final = 100

# Refusals that one service can bring upon the other nine of its batch.
REFUSED: Final = DENIED | {"ClientException", "InvalidParameterException"}
# The module allows up to this many services one by one, and more by cluster: a refusal of more is of them all.
ASKED_SINGLY: Final = 50


class AwsServices:
    """``Services`` on Amazon ECS."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        # What the latest description said; it decides under which port a task is registered.
        self._balanced_ports: dict[ServiceName, frozenset[BalancedPort]] = {}

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, Described]:
        """Describe ten services a call, clusters apart, several calls at a time.

        A call that fails leaves its own services ``Unknown``. Where one service may be the cause, each is asked alone.
        """
        answers: dict[ServiceName, Described] = {}
        refused: list[ServiceName] = []
        for answer, to_ask_again in in_parallel(self._describe_batch, _batches_by_cluster(names)):
            answers.update(answer)
            refused.extend(to_ask_again)
        if len(refused) <= ASKED_SINGLY:
            for answer, _ in in_parallel(self._describe_batch, [[name] for name in refused]):
                answers.update(answer)
        return answers

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        """Ask ECS for so many tasks; ``UpdateService`` changes nothing else and starts no deployment."""
        with explained("ecs:UpdateService", f"{name} to {desired} tasks"):
            self._clients.ecs.update_service(cluster=name.cluster_name, service=name.service_name, desiredCount=desired)

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        """The addresses and ports under which ECS registers the tasks it wants running."""
        if name not in self._balanced_ports:
            described = self.describe([name])[name]
            if not isinstance(described, ServiceFacts):
                return Unknown(described.why)
        try:
            tasks = self._wanted_tasks(name)
            instance_ids = self._instance_ids(name.cluster_name, tasks)
            with explained("ecs:DescribeTasks", str(name)):
                return targets_of(tasks, self._balanced_ports[name], instance_ids)
        except CallFailed as failure:
            return Unknown(str(failure))

    def _describe_batch(self, names: list[ServiceName]) -> tuple[dict[ServiceName, Described], list[ServiceName]]:
        """Answer for each name, and name those that should be asked alone."""
        cluster_name = names[0].cluster_name
        try:
            response = self._clients.ecs.describe_services(
                cluster=cluster_name, services=[name.service_name for name in names]
            )
        except AWS_ERRORS as error:
            why = sentence(error, DESCRIBE, named(names))
            if error_code(error) == "ClusterNotFoundException":
                return dict.fromkeys(names, Missing(f"there is no cluster {cluster_name}")), []
            may_be_one = len(names) > 1 and isinstance(error, ClientError) and error_code(error) in REFUSED
            return dict.fromkeys(names, Unknown(why)), names if may_be_one else []
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
            return Unknown(f"{DESCRIBE} of {name} answered without {error}")
        self._balanced_ports[name] = balanced_ports_of(service)
        return facts

    def _wanted_tasks(self, name: ServiceName) -> list[TaskTypeDef]:
        pages = self._clients.ecs.get_paginator("list_tasks").paginate(
            cluster=name.cluster_name, serviceName=name.service_name, desiredStatus="RUNNING"
        )
        with explained("ecs:ListTasks", str(name)):
            arns = [arn for page in pages for arn in page["taskArns"]]
        tasks: list[TaskTypeDef] = []
        for batch in in_batches(arns, TASKS_PER_CALL):
            with explained("ecs:DescribeTasks", str(name)):
                response = self._clients.ecs.describe_tasks(cluster=name.cluster_name, tasks=batch)
            _refuse_failures("ecs:DescribeTasks", name, response.get("failures", []))
            # Between the two calls a task may have been told to stop.
            tasks.extend(task for task in response.get("tasks", []) if task.get("desiredStatus") == "RUNNING")
        return tasks

    def _instance_ids(self, cluster_name: str, tasks: Iterable[TaskTypeDef]) -> dict[str, str]:
        """The EC2 instance id of each container instance; none where tasks have addresses of their own."""
        arns = [task["containerInstanceArn"] for task in tasks if "containerInstanceArn" in task]
        instance_ids: dict[str, str] = {}
        for batch in in_batches(arns, INSTANCES_PER_CALL):
            with explained("ecs:DescribeContainerInstances", f"cluster {cluster_name}"):
                response = self._clients.ecs.describe_container_instances(
                    cluster=cluster_name, containerInstances=batch
                )
                for instance in response.get("containerInstances", []):
                    instance_ids[instance["containerInstanceArn"]] = instance["ec2InstanceId"]
        return instance_ids


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


def _refuse_failures(operation: str, name: ServiceName, failures: Iterable[FailureTypeDef]) -> None:
    # A task that is missing has stopped since it was listed, so it is no longer wanted.
    for failure in failures:
        if failure.get("reason") != "MISSING":
            raise CallFailed(f"{operation} of {name} failed: {failure.get('reason', 'no reason')}")
