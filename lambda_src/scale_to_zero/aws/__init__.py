"""The ports of ``scale_to_zero.ports``, implemented on AWS; the only package that imports botocore.

botocore is the part of boto3 that makes the calls. Importing it alone and sharing one session
between the clients starts a function faster than ``import boto3`` does.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from scale_to_zero.ports import Ports

from .autoscaling import AwsScalableTargets
from .batches import PARALLEL_CALLS
from .clients import Clients
from .cloudwatch import AwsMetrics
from .configuration import AwsConfiguration
from .dynamodb import AwsMemories
from .ecs import AwsServices
from .elbv2 import AwsTargetGroups
from .escorts import AwsEscorts
from .listener_rules import AwsListenerRules

if TYPE_CHECKING:
    from scale_to_zero.ports import Clock, Sleep

__all__ = ["build_ports"]


def build_ports(
    *,
    table_name: str,
    metric_namespace: str,
    scale_up_function: str,
    clock: Clock,
    sleep: Sleep,
    clients: Clients | None = None,
) -> Ports:
    """Gather the ports on AWS. Nothing is called, and neither client nor thread made, before it is needed.

    Keep the answer for the life of the execution environment: it holds the clients and what may be cached.
    """
    clients = clients or Clients()
    return Ports(
        services=AwsServices(clients, clock),
        target_groups=AwsTargetGroups(clients, clock),
        listener_rules=AwsListenerRules(clients),
        metrics=AwsMetrics(clients, metric_namespace),
        scalable_targets=AwsScalableTargets(clients),
        memories=AwsMemories(clients, table_name, clock),
        configuration=AwsConfiguration(clients, table_name, clock),
        escorts=AwsEscorts(clients, scale_up_function),
        clock=clock,
        sleep=sleep,
        executor=ThreadPoolExecutor(max_workers=PARALLEL_CALLS),
    )
