"""AWS's own managed policies for service roles."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from local_aws.patching import Patches


def install(patches: Patches) -> None:
    """Make the policies ``arn:aws:iam::aws:policy/service-role/...`` available, as on AWS.

    moto has AWS's policies only if it is set to load all of them. Policies outside ``service-role/`` are left out,
    because loading them takes seconds.
    """
    patches.replace(IAMBackend, "_init_aws_policies", lambda _: _service_role_policies)


def _service_role_policies(backend: IAMBackend) -> list[AWSManagedPolicy]:
    if backend.partition != "aws":
        return []
    return [
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in _data().items()
    ]


@cache
def _data() -> dict[str, Any]:
    policies = json.loads(aws_managed_policies_data)
    return {name: data for name, data in policies.items() if data["Path"] == "/service-role/"}
