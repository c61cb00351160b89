"""AWS's limits that moto ignores and the service models do not state, each with its source.

They are checked before moto gets a call, so a refused call changes nothing. The limits of CloudWatch's metrics, queries
and dashboards are in ``cloudwatch``; the limits of Lambda's payloads and answers are in ``lambda_runtime``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends

from . import model_limits
from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError

FUNCTION_NAME_CHARACTERS: Final = 64
"""Lambda API reference, CreateFunction. (The model allows more, because the parameter may be an ARN.)"""

FUNCTION_TIMEOUT_SECONDS: Final = 900
"""Lambda Developer Guide, "Lambda quotas"."""

VARIABLES_BYTES: Final = 4 * 1024
"""All environment variables of a function together (Lambda Developer Guide, "Lambda quotas")."""

CODE_REQUEST_BYTES: Final = 70_167_211
"""The largest request with code: 50 MB of zip, enlarged by base64. AWS names this number in the error."""

INLINE_POLICIES_CHARACTERS: Final = 10_240
"""All inline policies of a role together, without white space (IAM User Guide, "IAM and AWS STS quotas")."""

MANAGED_POLICY_CHARACTERS: Final = 6_144
"""One managed policy, without white space (same page)."""

TRUST_POLICY_CHARACTERS: Final = 2_048
"""A role's trust policy, by default (same page)."""

MANAGED_POLICIES_OF_A_ROLE: Final = 10
"""The most managed policies of a role, by default (same page)."""

FUNCTION_POLICY_BYTES: Final = 20 * 1024
"""A function's resource-based policy (Lambda Developer Guide, "Lambda quotas")."""

CONCURRENCY: Final = 1_000
"""The most concurrent invocations of an account, unless AWS raised it (Lambda Developer Guide, "Lambda quotas")."""

UNRESERVED_CONCURRENCY: Final = 100
"""The part of it that functions cannot reserve (botocore lambda PutFunctionConcurrency)."""

METRICS_REQUEST_BYTES: Final = 1024 * 1024
"""One PutMetricData request (botocore cloudwatch PutMetricData)."""

LOAD_BALANCER_NAME_CHARACTERS: Final = 32
"""The longest name of a load balancer or target group (botocore elbv2 CreateLoadBalancer, CreateTargetGroup)."""

LISTS: Final[Mapping[str, tuple[str, int, str]]] = {
    "ecs.DescribeClusters": ("clusters", 100, "InvalidParameterException"),
    "ecs.DescribeContainerInstances": ("containerInstances", 100, "InvalidParameterException"),
    "ecs.DescribeServiceRevisions": ("serviceRevisionArns", 20, "InvalidParameterException"),
    "ecs.DescribeServices": ("services", 10, "InvalidParameterException"),
    "ecs.DescribeTasks": ("tasks", 100, "InvalidParameterException"),
    "ecs.GetTaskProtection": ("tasks", 100, "InvalidParameterException"),
    "ecs.UpdateTaskProtection": ("tasks", 10, "InvalidParameterException"),
    "elbv2.DescribeLoadBalancers": ("LoadBalancerArns", 20, "ValidationError"),
    "elbv2.DescribeTags": ("ResourceArns", 20, "ValidationError"),
    "events.PutTargets": ("Targets", 5, "LimitExceededException"),
}
"""The longest lists, which the models state only in words (botocore); for targets: EventBridge User Guide, "Quotas"."""


def check(call: ApiCall) -> None:
    """Refuse a call beyond AWS's limits. Raises ``AwsError``."""
    model_limits.check(call)
    if call.name in LISTS:
        _check_list(call.parameters, *LISTS[call.name])
    limit = LIMITS.get(call.name)
    if limit is not None:
        limit(call)


def _check_list(parameters: Mapping[str, Any], name: str, longest: int, code: str) -> None:
    if len(parameters.get(name) or ()) > longest:
        raise AwsError(code, f"{name} cannot be longer than {longest}.")


def _check_function(call: ApiCall) -> None:
    parameters = call.parameters
    name = parameters["FunctionName"].rpartition(":")[2]
    if len(name) > FUNCTION_NAME_CHARACTERS:
        message = f"functionName: Member must have length less than or equal to {FUNCTION_NAME_CHARACTERS}"
        raise AwsError("ValidationException", message)
    if (parameters.get("Timeout") or 0) > FUNCTION_TIMEOUT_SECONDS:
        message = f"timeout: Member must have value less than or equal to {FUNCTION_TIMEOUT_SECONDS}"
        raise AwsError("ValidationException", message)
    variables = (parameters.get("Environment") or {}).get("Variables") or {}
    if len(json.dumps(variables, separators=(",", ":")).encode()) > VARIABLES_BYTES:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit."
        )
        raise AwsError("InvalidParameterValueException", message)


def _check_code(call: ApiCall) -> None:
    if len(call.body) > CODE_REQUEST_BYTES:
        message = f"Request must be smaller than {CODE_REQUEST_BYTES} bytes for the {call.action} operation"
        raise AwsError("RequestEntityTooLargeException", message, 413)


def _check_new_function(call: ApiCall) -> None:
    _check_code(call)
    _check_function(call)


def _check_function_policy(call: ApiCall) -> None:
    try:
        function = lambda_backends[ACCOUNT_ID][REGION].get_function(call.parameters["FunctionName"])
    except UnknownFunctionException:
        return
    if len(json.dumps(function.policy.statements).encode()) + len(call.body) > FUNCTION_POLICY_BYTES:
        message = f"The final policy size is bigger than the limit ({FUNCTION_POLICY_BYTES})."
        raise AwsError("PolicyLengthExceededException", message)


def _check_concurrency(call: ApiCall) -> None:
    name = call.parameters["FunctionName"].rpartition(":")[2]
    reserved = call.parameters["ReservedConcurrentExecutions"]
    functions = lambda_backends[ACCOUNT_ID][REGION].list_functions()
    others = sum(int(one.reserved_concurrency or 0) for one in functions if one.function_name != name)
    if CONCURRENCY - others - reserved < UNRESERVED_CONCURRENCY:
        message = (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED_CONCURRENCY}]."
        )
        raise AwsError("InvalidParameterValueException", message)


def _check_metrics_request(call: ApiCall) -> None:
    if len(call.body) > METRICS_REQUEST_BYTES:
        raise AwsError("RequestEntityTooLarge", f"Request must be smaller than {METRICS_REQUEST_BYTES} bytes", 413)


def _check_inline_policies(call: ApiCall) -> None:
    name = call.parameters["RoleName"]
    try:
        policies = dict(_iam().get_role(name).policies)
    except NotFoundException:
        return
    policies[call.parameters["PolicyName"]] = call.parameters["PolicyDocument"]
    if sum(_characters(document) for document in policies.values()) > INLINE_POLICIES_CHARACTERS:
        message = f"Maximum policy size of {INLINE_POLICIES_CHARACTERS} bytes exceeded for role {name}"
        raise AwsError("LimitExceeded", message, 409)


def _check_managed_policy(call: ApiCall) -> None:
    if _characters(call.parameters["PolicyDocument"]) > MANAGED_POLICY_CHARACTERS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_CHARACTERS}", 409)


def _check_trust_policy(call: ApiCall) -> None:
    document = call.parameters.get("AssumeRolePolicyDocument") or call.parameters.get("PolicyDocument") or ""
    if _characters(document) > TRUST_POLICY_CHARACTERS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS}", 409)


def _check_attached_policies(call: ApiCall) -> None:
    try:
        attached = set(_iam().get_role(call.parameters["RoleName"]).managed_policies)
    except NotFoundException:
        return
    if len(attached | {call.parameters["PolicyArn"]}) > MANAGED_POLICIES_OF_A_ROLE:
        message = f"Cannot exceed quota for PoliciesPerRole: {MANAGED_POLICIES_OF_A_ROLE}"
        raise AwsError("LimitExceeded", message, 409)


def _check_load_balancing_name(call: ApiCall) -> None:
    name = call.parameters["Name"]
    if len(name) > LOAD_BALANCER_NAME_CHARACTERS:
        message = f"The name '{name}' cannot be longer than '{LOAD_BALANCER_NAME_CHARACTERS}' characters"
        raise AwsError("ValidationError", message)


def _characters(document: str) -> int:
    return sum(not character.isspace() for character in document)


def _iam() -> IAMBackend:
    return iam_backends[ACCOUNT_ID]["aws"]


LIMITS: Final[Mapping[str, Callable[[ApiCall], None]]] = {
    "cloudwatch.PutMetricData": _check_metrics_request,
    "elbv2.CreateLoadBalancer": _check_load_balancing_name,
    "elbv2.CreateTargetGroup": _check_load_balancing_name,
    "iam.AttachRolePolicy": _check_attached_policies,
    "iam.CreatePolicy": _check_managed_policy,
    "iam.CreatePolicyVersion": _check_managed_policy,
    "iam.CreateRole": _check_trust_policy,
    "iam.PutRolePolicy": _check_inline_policies,
    "iam.UpdateAssumeRolePolicy": _check_trust_policy,
    "lambda.AddPermission": _check_function_policy,
    "lambda.CreateFunction": _check_new_function,
    "lambda.PutFunctionConcurrency": _check_concurrency,
    "lambda.UpdateFunctionCode": _check_code,
    "lambda.UpdateFunctionConfiguration": _check_function,
}
