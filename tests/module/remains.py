"""The resources in a LocalAws, of the kinds that the module creates."""

from __future__ import annotations

from typing import Final

from moto.backends import get_backend

from local_aws import LocalAws
from local_aws.account import ACCOUNT_ID, REGION
from tests.module.applied import client

MADE_BY_EVERY_INSTANCE: Final = {"functions", "rules", "tables", "log groups", "dashboards", "roles", "role policies"}
"""The kinds of which each instance of the module creates at least one. Only large instances create managed policies."""
MADE_BY_STAGING: Final = {"HTTP APIs", "schedules"}
"""The kinds that the example creates as well."""
MADE_FOR_VISITORS: Final = {"target groups of functions"}
"""The kinds that an instance creates as well if requests wake a service."""


def what_is_there(aws: LocalAws) -> dict[str, list[str]]:
    """Return the names of the resources, by kind. Kinds without resources are left out."""
    # Nothing else calls the APIs that list tables, roles, topics and so on. They are not modelled, so moto's storage is
    # read.
    iam = get_backend("iam")[ACCOUNT_ID]["aws"]
    tables = get_backend("dynamodb")[ACCOUNT_ID][REGION].tables
    names = {
        "functions": [one["FunctionName"] for one in client(aws, "lambda").list_functions()["Functions"]],
        "rules": [one["Name"] for one in client(aws, "events").list_rules()["Rules"]],
        "tables": list(tables),
        "log groups": [one["logGroupName"] for one in client(aws, "logs").describe_log_groups()["logGroups"]],
        "dashboards": [one["DashboardName"] for one in client(aws, "cloudwatch").list_dashboards()["DashboardEntries"]],
        "roles": [role.name for role in iam.roles.values()],
        "role policies": [policy for role in iam.roles.values() for policy in role.policies],
        "target groups of functions": [
            group["TargetGroupName"]
            for group in client(aws, "elbv2").describe_target_groups()["TargetGroups"]
            if group["TargetType"] == "lambda"
        ],
        "topics": list(get_backend("sns")[ACCOUNT_ID][REGION].topics),
        "HTTP APIs": [api.name for api in get_backend("apigatewayv2")[ACCOUNT_ID][REGION].apis.values()],
        "alarms": [one["AlarmName"] for one in client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]],
        "schedules": [one["Name"] for one in client(aws, "scheduler").list_schedules()["Schedules"]],
        "managed policies": [arn for arn in iam.managed_policies if f":{ACCOUNT_ID}:" in arn],
    }
    return {kind: found for kind, found in names.items() if found}
