"""Permissions of functions: a function can do only what its role allows.

moto checks no permissions here, so a statement that is missing from a role would cause errors only on AWS. This module
checks the calls of functions and the invocations of schedules against the role's inline and attached policies and its
permissions boundary. The resources and condition keys of a call follow the Service Authorization Reference; actions
that are not listed below are authorised on ``*``. The module ``policies`` evaluates policies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import IAMBackend, iam_backends

from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError
from .moto_patches.scalable_target_tags import tags_of
from .policies import AccessRequest, allows

PREFIXES: Final[Mapping[str, str]] = {"elbv2": "elasticloadbalancing"}
"""IAM's name of a service, if it differs from botocore's name."""

DENIALS: Final[Mapping[str, str]] = {"cloudwatch": "AccessDenied", "elbv2": "AccessDenied"}
"""The error's code, if it is not AccessDeniedException: in services with the query protocol."""

RULE_CALLS: Final = frozenset({"elbv2.ModifyRule", "elbv2.DeleteRule"})
"""The calls on a listener rule that are authorised on that rule, with its tags."""

SCALABLE_TARGET_CALLS: Final = frozenset(
    {"application-autoscaling.RegisterScalableTarget", "application-autoscaling.DeregisterScalableTarget"}
)
"""The calls that are authorised on a scalable target, with its tags. Its ARN has an id that AWS chooses."""

_ECS: Final = f"arn:aws:ecs:{REGION}:{ACCOUNT_ID}"


def check(call: ApiCall, role_arn: str) -> None:
    """Refuse a call that the role does not allow. Raises ``AwsError``."""
    for request in _access_requests(call):
        if not role_allows(role_arn, request):
            message = (
                f"User: {role_arn} is not authorized to perform: {request.action} on resource: {request.resource} "
                f"because no identity-based policy allows the {request.action} action"
            )
            raise AwsError(DENIALS.get(call.service, "AccessDeniedException"), message, 403)


def role_allows(role_arn: str, request: AccessRequest) -> bool:
    """Return whether a role's policies, and its boundary if it has one, allow a request."""
    iam = iam_backends[ACCOUNT_ID]["aws"]
    role = iam.get_role_by_arn(role_arn)
    allowed = allows([json.loads(text) for text in _documents(iam, role)], request)
    boundary = role.permissions_boundary_arn
    if allowed and boundary:
        return allows([json.loads(_managed_document(iam, boundary))], request)
    return allowed


def _access_requests(call: ApiCall) -> Iterator[AccessRequest]:
    if call.name == "ecs.DescribeServiceRevisions":
        yield from _requests_for_service_revisions(call)
    elif call.service == "ecs":
        yield from _requests_for_ecs(call)
    elif call.service == "dynamodb":
        yield from _requests_for_dynamodb(call)
    elif call.name == "events.PutEvents":
        yield from _requests_for_event_bus(call)
    elif call.name in RULE_CALLS:
        rule_arn = call.parameters["RuleArn"]
        yield AccessRequest(f"elasticloadbalancing:{call.action}", rule_arn, _tags_of_load_balancing(rule_arn))
    elif call.name in SCALABLE_TARGET_CALLS:
        yield _request_for_scalable_target(call)
    elif call.name == "lambda.Invoke":
        name = call.parameters["FunctionName"].rpartition(":")[2]
        yield AccessRequest("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
    else:
        context = {"cloudwatch:namespace": [call.parameters["Namespace"]]} if "Namespace" in call.parameters else {}
        yield AccessRequest(f"{PREFIXES.get(call.service, call.service)}:{call.action}", context=context)


def _requests_for_ecs(call: ApiCall) -> Iterator[AccessRequest]:
    """Yield requests for the ARNs of the named services, tasks or container instances.

    A call that names none of them is authorised on ``*``. The cluster is in a condition key.
    """
    parameters = call.parameters
    cluster = (parameters.get("cluster") or "default").rpartition("/")[2]
    context = {"ecs:cluster": [f"{_ECS}:cluster/{cluster}"]}
    action = f"ecs:{call.action}"
    kinds = {
        "DescribeServices": ("service", parameters.get("services")),
        "UpdateService": ("service", [parameters.get("service")]),
        "DescribeTasks": ("task", parameters.get("tasks")),
        "GetTaskProtection": ("task", parameters.get("tasks")),
        "UpdateTaskProtection": ("task", parameters.get("tasks")),
        "DescribeContainerInstances": ("container-instance", parameters.get("containerInstances")),
    }
    kind, names = kinds.get(call.action, ("", None))
    if not names:
        yield AccessRequest(action, context=context)
    for name in names or ():
        yield AccessRequest(action, f"{_ECS}:{kind}/{cluster}/{str(name).rpartition('/')[2]}", context)


def _requests_for_service_revisions(call: ApiCall) -> Iterator[AccessRequest]:
    """Yield a request for each revision. Its ARN names the cluster, because the call has no parameter for it."""
    for arn in call.parameters.get("serviceRevisionArns") or ():
        cluster = str(arn).partition(":service-revision/")[2].partition("/")[0]
        context = {"ecs:cluster": [f"{_ECS}:cluster/{cluster}"]}
        yield AccessRequest("ecs:DescribeServiceRevisions", str(arn), context)


def _request_for_scalable_target(call: ApiCall) -> AccessRequest:
    """Return the request for a scalable target. Which id IAM sees for one that is not registered is not documented."""
    dimension, resource_id = call.parameters["ScalableDimension"], call.parameters["ResourceId"]
    targets = applicationautoscaling_backends[ACCOUNT_ID][REGION].targets.get(dimension, {})
    target = targets.get(resource_id)
    arn = target.arn if target else f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT_ID}:scalable-target/new"
    tags = {f"aws:ResourceTag/{key}": [value] for key, value in (tags_of(target) if target else {}).items()}
    context = {
        "application-autoscaling:service-namespace": [call.parameters["ServiceNamespace"]],
        "application-autoscaling:scalable-dimension": [dimension],
        **tags,
    }
    return AccessRequest(f"application-autoscaling:{call.action}", arn, context)


def _tags_of_load_balancing(arn: str) -> dict[str, list[str]]:
    tags = elbv2_backends[ACCOUNT_ID][REGION].tagging_service.get_tag_dict_for_resource(arn)
    return {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}


def _requests_for_event_bus(call: ApiCall) -> Iterator[AccessRequest]:
    """Yield a request for each entry: its bus, with its source and type. If one is refused, the call fails."""
    for entry in call.parameters["Entries"]:
        bus = (entry.get("EventBusName") or "default").rpartition("/")[2]
        keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        context = {key: [value] for key, value in keys.items() if value}
        yield AccessRequest("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/{bus}", context)


def _requests_for_dynamodb(call: ApiCall) -> Iterator[AccessRequest]:
    """Yield requests for the actions of TransactWriteItems, and for each table of BatchGetItem with all its keys."""
    if call.action == "TransactWriteItems":
        for item in call.parameters["TransactItems"]:
            for kind, write in item.items():
                yield _request_for_table(kind if kind == "ConditionCheck" else f"{kind}Item", write)
    elif call.action == "BatchGetItem":
        for table_name, wanted in call.parameters["RequestItems"].items():
            keys = [next(iter(key["id"].values())) for key in wanted["Keys"]]
            table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table_name}"
            yield AccessRequest("dynamodb:BatchGetItem", table, {"dynamodb:LeadingKeys": keys})
    else:
        yield _request_for_table(call.action, call.parameters)


def _request_for_table(action: str, parameters: Mapping[str, Any]) -> AccessRequest:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{parameters['TableName']}"
    key = parameters.get("Key") or parameters.get("Item") or {}
    leading = [next(iter(value.values())) for name, value in key.items() if name == "id"]
    return AccessRequest(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": leading} if leading else {})


def _documents(iam: IAMBackend, role: Any) -> Iterator[str]:
    yield from role.policies.values()
    for arn in role.managed_policies:
        yield _managed_document(iam, arn)


def _managed_document(iam: IAMBackend, arn: str) -> str:
    policy = iam.managed_policies[arn]
    return next(version.document for version in policy.versions if version.version_id == policy.default_version_id)
