"""The ports of ``scale_to_zero.ports``, implemented on AWS; the only package that imports botocore.

botocore is the part of boto3 that makes the calls. A function starts faster if it imports only botocore, and if the
clients share one session, than with ``import boto3``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from scale_to_zero.aws.ecs.services import AwsServices
from scale_to_zero.aws.elb.listener_rules import AwsListenerRules
from scale_to_zero.aws.elb.target_groups import AwsTargetGroups
from scale_to_zero.aws.metrics.cloudwatch import AwsMetrics
from scale_to_zero.aws.metrics.embedded import EmbeddedMetrics
from scale_to_zero.aws.table.configuration import AwsConfiguration
from scale_to_zero.aws.table.dynamodb import AwsTable
from scale_to_zero.ports import Ports

from .autoscaling import AwsScalableTargets
from .batches import PARALLEL_CALLS
from .clients import Clients
from .functions import AwsFunctions
from .notifications import AwsNotifications
from .watchers import AwsWatchers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scale_to_zero.model.notification import Notification
    from scale_to_zero.ports import Clock, Sleep

__all__ = ["build_ports"]


def build_ports(
    *,
    instance: str,
    table_name: str,
    metric_namespace: str,
    scale_up_function: str,
    scale_to_zero_function: str,
    event_detail: Callable[[Notification], Mapping[str, object]],
    clock: Clock,
    sleep: Sleep,
    clients: Clients | None = None,
) -> Ports:
    """Build the ports on AWS. It calls nothing; clients and threads are created when they are first needed.

    ``instance``: the name of this instance of the module. ``event_detail``: writes the detail of the event that
    is the notification of a change of phase.
    Keep the result for the life of the execution environment: it has the clients and the caches.
    """
    clients = clients or Clients()
    return Ports(
        services=AwsServices(clients, clock),
        target_groups=AwsTargetGroups(clients, clock),
        listener_rules=AwsListenerRules(clients),
        metrics=AwsMetrics(clients, metric_namespace),
        scalable_targets=AwsScalableTargets(clients),
        table=AwsTable(clients, table_name, clock),
        configuration=AwsConfiguration(clients, table_name, clock),
        watchers=AwsWatchers(clients, scale_up_function),
        notifications=AwsNotifications(clients, event_detail),
        measures=EmbeddedMetrics(metric_namespace, instance),
        functions=AwsFunctions(clients, scale_up_function, scale_to_zero_function),
        clock=clock,
        sleep=sleep,
        executor=ThreadPoolExecutor(max_workers=PARALLEL_CALLS),
    )
