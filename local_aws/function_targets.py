"""Lambda functions as targets of a target group: one function each, without health checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from .api_call import AwsError
from .function_policies import permits
from .patching import Patches

LAMBDA: Final = "lambda"
MULTI_VALUE: Final = "lambda.multi_value_headers.enabled"


def install(patches: Patches) -> None:
    """Apply every patch."""
    register_functions_only(patches)
    have_the_attributes_of_their_kind(patches)
    refuse_health_checks(patches)


def register_functions_only(patches: Patches) -> None:
    """Let callers register only functions. On AWS they can register any target; here only ECS registers tasks.

    AWS accepts one function for a group, in this account, and only if its policy allows the group to invoke it.
    """

    def make_register(moto: Callable[..., Any]) -> Callable[..., Any]:
        def register_targets(self: Any, target_group_arn: str, instances: Sequence[Mapping[str, Any]]) -> Any:
            group = _group_of_functions(self, target_group_arn)
            wanted = {target["Id"] for target in instances}
            if len(wanted | group.targets.keys()) > 1:
                raise AwsError("TooManyTargets", f"Target group '{target_group_arn}' can have one Lambda function only")
            for arn in wanted:
                _check_may_invoke(arn, target_group_arn)
            return moto(self, target_group_arn, instances)

        return register_targets

    def make_deregister(moto: Callable[..., Any]) -> Callable[..., Any]:
        def deregister_targets(self: Any, target_group_arn: str, instances: Sequence[Mapping[str, Any]]) -> Any:
            _group_of_functions(self, target_group_arn)
            return moto(self, target_group_arn, instances)

        return deregister_targets

    patches.replace(ELBv2Backend, "register_targets", make_register)
    patches.replace(ELBv2Backend, "deregister_targets", make_deregister)


def have_the_attributes_of_their_kind(patches: Patches) -> None:
    """Give a group of functions only the attribute for headers with several values, as AWS does.

    moto also gives it the attributes of a group of tasks.
    """

    def make_create(moto: Callable[..., Any]) -> Callable[..., Any]:
        def create_target_group(self: Any, name: str, **kwargs: Any) -> Any:
            group = moto(self, name, **kwargs)
            if group.target_type == LAMBDA:
                group.attributes = {MULTI_VALUE: group.attributes[MULTI_VALUE]}
            return group

        return create_target_group

    def make_modify(moto: Callable[..., Any]) -> Callable[..., Any]:
        def modify_target_group_attributes(self: Any, target_group_arn: str, attributes: Mapping[str, Any]) -> Any:
            group = self.target_groups.get(target_group_arn)
            for name in attributes if group is not None else ():
                if (name == MULTI_VALUE) is not (group.target_type == LAMBDA):
                    message = f"Target groups of target type '{group.target_type}' do not support the attribute {name}"
                    raise AwsError("InvalidConfigurationRequest", message)
            return moto(self, target_group_arn, attributes)

        return modify_target_group_attributes

    patches.replace(ELBv2Backend, "create_target_group", make_create)
    patches.replace(ELBv2Backend, "modify_target_group_attributes", make_modify)


def refuse_health_checks(patches: Patches) -> None:
    """Refuse health checks of functions. On AWS they invoke the function if they are enabled; here none runs."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Any) -> Any:
            request = self._get_params()
            group = self.elbv2_backend.target_groups.get(request.get("TargetGroupArn"))
            target_type = group.target_type if group is not None else request.get("TargetType")
            if target_type == LAMBDA and request.get("HealthCheckEnabled"):
                raise AwsError("NotModelled", "not modelled: health checks of Lambda functions")
            return moto(self)

        return change

    for change in ("create_target_group", "modify_target_group"):
        patches.replace(ELBV2Response, change, make)


def are_targets(target_group_arn: str) -> bool:
    """Return whether the targets of a group are functions; ``False`` for a group that does not exist."""
    group = _group(target_group_arn)
    return group is not None and group.target_type == LAMBDA


def function_of(target_group_arn: str) -> str | None:
    """Return the ARN of the function that is registered in a group, ``None`` if none is or the group is gone."""
    group = _group(target_group_arn)
    return next(iter(group.targets), None) if group is not None else None


def takes_several_values(target_group_arn: str) -> bool:
    """Return whether the group's function gets headers and query parameters with all their values."""
    return str(_group(target_group_arn).attributes[MULTI_VALUE]).lower() == "true"


def may_invoke(function_arn: str, target_group_arn: str) -> bool:
    """Return whether the function exists and its policy allows the group to invoke it."""
    _, _, _, region, account, *_ = target_group_arn.split(":")
    try:
        function = lambda_backends[account][region].get_function(function_arn)
    except UnknownFunctionException:
        return False
    return permits(function, "elasticloadbalancing.amazonaws.com", target_group_arn)


def health(target_group_arn: str, targets: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what DescribeTargetHealth shows of the targets in the call, or of all targets."""
    registered = _group(target_group_arn).targets
    wanted = targets or [{"Id": arn} for arn in registered]
    return [_unchecked(target["Id"]) if target["Id"] in registered else not_registered(target) for target in wanted]


def not_registered(target: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what DescribeTargetHealth shows of a target that is not registered."""
    return {
        "Target": dict(target),
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }


def _unchecked(function_arn: str) -> Mapping[str, Any]:
    reason = {"Reason": "Target.HealthCheckDisabled", "Description": "Health checks are not enabled for this target"}
    return {"Target": {"Id": function_arn}, "TargetHealth": {"State": "unavailable", **reason}}


def _group(target_group_arn: str) -> Any:
    _, _, _, region, account, *_ = target_group_arn.split(":")
    return elbv2_backends[account][region].target_groups.get(target_group_arn)


def _group_of_functions(backend: Any, target_group_arn: str) -> Any:
    group = backend.target_groups.get(target_group_arn)
    if group is None:
        raise TargetGroupNotFoundError
    if group.target_type != LAMBDA:
        raise AwsError("NotModelled", "not modelled: targets registered by hand that are no Lambda functions")
    return group


def _check_may_invoke(function_arn: str, target_group_arn: str) -> None:
    if not may_invoke(function_arn, target_group_arn):
        message = (
            f"elasticloadbalancing principal does not have permission to invoke {function_arn} "
            f"from target group {target_group_arn}"
        )
        raise AwsError("AccessDenied", message, 403)
