"""The execution role of a schedule: it must trust EventBridge Scheduler and allow the invocation of the target.

Scheduler User Guide, "Setting up the execution role". The function itself needs no policy for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from .account import ACCOUNT_ID, REGION
from .permissions import role_allows
from .policies import AccessRequest, allows_service

SERVICE: Final = "scheduler.amazonaws.com"


def obstacle(group: str, target: Mapping[str, Any]) -> str | None:
    """Return why the target cannot be invoked, ``None`` if it can."""
    if not trusts_scheduler(target["RoleArn"], group):
        return "There is no such execution role, or it does not trust EventBridge Scheduler."
    if not role_allows(target["RoleArn"], AccessRequest("lambda:InvokeFunction", target["Arn"])):
        return "The execution role does not allow lambda:InvokeFunction on the function."
    try:
        lambda_backends[ACCOUNT_ID][REGION].get_function(target["Arn"])
    except UnknownFunctionException:
        return "There is no such function."
    return None


def trusts_scheduler(role_arn: str, group: str) -> bool:
    """Return whether Scheduler can assume the role. In conditions, the source is the group, not the schedule.

    Scheduler User Guide, "Confused deputy prevention in EventBridge Scheduler".
    """
    try:
        role = iam_backends[ACCOUNT_ID]["aws"].get_role_by_arn(role_arn)
    except NotFoundException:
        return False
    group_arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule-group/{group}"
    context = {"aws:SourceArn": [group_arn], "aws:SourceAccount": [ACCOUNT_ID]}
    return allows_service(
        json.loads(role.assume_role_policy_document), SERVICE, AccessRequest("sts:AssumeRole", "*", context)
    )
