"""The settings of a service: the ones that moto does not keep, and the ones whose change begins a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from botocore import xform_name

_DEFAULTS: Final[Mapping[str, Any]] = {
    # bc ecs CreateServiceRequest: each with the default that AWS returns if the request leaves it out.
    "availabilityZoneRebalancing": "ENABLED",
    "deploymentConfiguration": {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    },
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": 0,
    "placementConstraints": [],
    "placementStrategy": [],
    "capacityProviderStrategy": [],
    "serviceConnectConfiguration": None,
    "vpcLatticeConfigurations": None,
    "gatewayConnectors": [],
}
_BEGIN_A_DEPLOYMENT: Final = (
    # bc ecs UpdateServiceRequest: "This parameter triggers a new service deployment."
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "taskDefinition",
    "vpcLatticeConfigurations",
    # Not documented; but only a service revision has gateway connectors, and a revision never changes.
    "gatewayConnectors",
)


def save_all(service: Any, request: Mapping[str, Any]) -> None:
    """Keep the settings of a new service in the form that AWS returns."""
    for name, default in _DEFAULTS.items():
        value = request.get(name, default)
        _set(service, name, {**default, **value} if isinstance(default, dict) else value)
    if request.get("capacityProviderStrategy"):
        service.launch_type = None
    if service.launch_type == "FARGATE":
        service.platform_version = service.platform_version or "LATEST"
        service.platform_family = "Linux"


def save_changes(service: Any, request: Mapping[str, Any]) -> None:
    """Keep the settings that an UpdateService call names."""
    for name, default in _DEFAULTS.items():
        if name in request:
            value = request[name]
            _set(service, name, {**default, **value} if isinstance(default, dict) else value)


def deploying(service: Any) -> Mapping[str, Any]:
    """Return the present value of each setting whose change begins a deployment."""
    return {name: getattr(service, xform_name(name), None) for name in _BEGIN_A_DEPLOYMENT}


def _set(service: Any, name: str, value: Any) -> None:
    # moto's serializer reads it by this name.
    setattr(service, xform_name(name), value)
