"""A function may do what its role allows, and nothing else.

moto authorises nothing here, so a statement that is missing from a role would show on AWS only. Judged are the calls
that functions make: by the role's inline and attached policies and its permissions boundary (IAM User Guide, "Policy
evaluation logic"). What a call is authorised on, and the condition keys it has, follow the Service Authorization
Reference; actions that are not listed below are authorised on ``*``. Conditions with other operators, ``NotAction``
and ``NotResource`` are not modelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.elbv2.models import elbv2_backends
from moto.iam.models import IAMBackend, iam_backends

from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError

PREFIXES: Final[Mapping[str, str]] = {"elbv2": "elasticloadbalancing"}
"""How IAM calls a service where botocore calls it otherwise."""

DENIALS: Final[Mapping[str, str]] = {"cloudwatch": "AccessDenied", "elbv2": "AccessDenied"}
"""The error's code where it is not AccessDeniedException: in services with the query protocol."""

RULE_CALLS: Final = frozenset({"elbv2.ModifyRule", "elbv2.DeleteRule"})
"""The calls on a listener rule that are authorised on that rule, with its tags."""

_ECS: Final = f"arn:aws:ecs:{REGION}:{ACCOUNT_ID}"
_OPERATORS: Final = frozenset({"ArnEquals", "ArnLike", "StringEquals", "StringLike"})
_FOR_ALL: Final = "ForAllValues:"


@dataclass(frozen=True)
class Asked:
    """One thing that must be allowed: an action on a resource, with the condition keys of the request."""

    action: str
    resource: str = "*"
    context: Mapping[str, list[str]] = field(default_factory=dict)


def check(call: ApiCall, role_arn: str) -> None:
    """Refuse what the role does not allow. Raises ``AwsError``."""
    iam = iam_backends[ACCOUNT_ID]["aws"]
    role = iam.get_role_by_arn(role_arn)
    policies = [json.loads(text) for text in _documents(iam, role)]
    boundary = role.permissions_boundary_arn
    for asked in _asked(call):
        allowed = _allows(policies, asked)
        if allowed and boundary:
            allowed = _allows([json.loads(_managed_document(iam, boundary))], asked)
        if not allowed:
            message = (
                f"User: {role_arn} is not authorized to perform: {asked.action} on resource: {asked.resource} "
                f"because no identity-based policy allows the {asked.action} action"
            )
            raise AwsError(DENIALS.get(call.service, "AccessDeniedException"), message, 403)


def _asked(call: ApiCall) -> Iterator[Asked]:
    if call.service == "ecs":
        yield from _asked_of_ecs(call)
    elif call.service == "dynamodb":
        yield from _asked_of_dynamodb(call)
    elif call.name in RULE_CALLS:
        rule_arn = call.parameters["RuleArn"]
        yield Asked(f"elasticloadbalancing:{call.action}", rule_arn, _tags_of_load_balancing(rule_arn))
    elif call.name == "lambda.Invoke":
        name = call.parameters["FunctionName"].rpartition(":")[2]
        yield Asked("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
    else:
        context = {"cloudwatch:namespace": [call.parameters["Namespace"]]} if "Namespace" in call.parameters else {}
        yield Asked(f"{PREFIXES.get(call.service, call.service)}:{call.action}", context=context)


def _asked_of_ecs(call: ApiCall) -> Iterator[Asked]:
    """Services by their ARNs; tasks and container instances by theirs, or with the cluster in a condition."""
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
        yield Asked(action, context=context)
    for name in names or ():
        yield Asked(action, f"{_ECS}:{kind}/{cluster}/{str(name).rpartition('/')[2]}", context)


def _tags_of_load_balancing(arn: str) -> dict[str, list[str]]:
    tags = elbv2_backends[ACCOUNT_ID][REGION].tagging_service.get_tag_dict_for_resource(arn)
    return {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}


def _asked_of_dynamodb(call: ApiCall) -> Iterator[Asked]:
    """TransactWriteItems is authorised by the actions it consists of."""
    if call.action == "TransactWriteItems":
        for item in call.parameters["TransactItems"]:
            for kind, write in item.items():
                yield _asked_of_table(kind if kind == "ConditionCheck" else f"{kind}Item", write)
    else:
        yield _asked_of_table(call.action, call.parameters)


def _asked_of_table(action: str, parameters: Mapping[str, Any]) -> Asked:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{parameters['TableName']}"
    key = parameters.get("Key") or parameters.get("Item") or {}
    leading = [next(iter(value.values())) for name, value in key.items() if name == "id"]
    return Asked(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": leading} if leading else {})


def _documents(iam: IAMBackend, role: Any) -> Iterator[str]:
    yield from role.policies.values()
    for arn in role.managed_policies:
        yield _managed_document(iam, arn)


def _managed_document(iam: IAMBackend, arn: str) -> str:
    policy = iam.managed_policies[arn]
    return next(version.document for version in policy.versions if version.version_id == policy.default_version_id)


def _allows(policies: Iterable[Mapping[str, Any]], asked: Asked) -> bool:
    """An explicit deny wins over every allow."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _as_list(policy["Statement"])
        if _applies(statement, asked)
    }
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], asked: Asked) -> bool:
    unmodelled = {"NotAction", "NotResource"} & statement.keys()
    if unmodelled:
        raise AwsError("NotModelled", f"not modelled: policies with {', '.join(unmodelled)}")
    return (
        any(_matches(pattern.lower(), asked.action.lower()) for pattern in _as_list(statement["Action"]))
        and any(_matches(pattern, asked.resource) for pattern in _as_list(statement["Resource"]))
        and all(
            _condition_holds(operator, key, _as_list(values), asked.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _condition_holds(operator: str, key: str, patterns: list[str], context: Mapping[str, list[str]]) -> bool:
    """A key that the request does not have fails a condition, except with ``ForAllValues``."""
    for_all, operator = operator.startswith(_FOR_ALL), operator.removeprefix(_FOR_ALL)
    if operator not in _OPERATORS:
        raise AwsError("NotModelled", f"not modelled: policies with the condition operator {operator}")
    # Names of condition keys are compared without regard to case (IAM User Guide, "Condition").
    values = next((found for name, found in context.items() if name.lower() == key.lower()), [])
    if not values:
        return for_all
    exact = operator == "StringEquals"
    return all(any(value == pattern if exact else _matches(pattern, value) for pattern in patterns) for value in values)


def _matches(pattern: str, text: str) -> bool:
    """IAM's wildcards: ``*`` for any text, ``?`` for one character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
