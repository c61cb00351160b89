"""AWS's answers in the shapes of its API reference, which tests can vary."""

from __future__ import annotations

from typing import Any, Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import Condition
from scale_to_zero.model.scaling import Suspension

ECS: Final = "arn:aws:ecs:eu-west-3:123456789012"
ELB: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
BLUE: Final = f"{ELB}:targetgroup/blue/73e2d6bc24d8a067"
GREEN: Final = f"{ELB}:targetgroup/green/83e2d6bc24d8a068"
LOAD_BALANCER: Final = f"{ELB}:loadbalancer/app/city-guided/50dc6c495c0c9188"


def a_service(name: str = "city-guided-service", **fields: Any) -> dict[str, Any]:
    """Return one service as in DescribeServices."""
    return {
        "serviceName": name,
        "status": "ACTIVE",
        "schedulingStrategy": "REPLICA",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        **fields,
    }


def a_deployment(**fields: Any) -> dict[str, Any]:
    """Return one deployment of a service, which is completed unless the fields say otherwise."""
    return {"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED", **fields}


def a_revision(arn: str, *gateway_ports: str) -> dict[str, Any]:
    """Return one service revision as in DescribeServiceRevisions, with a gateway connector for each of these ports."""
    return {"serviceRevisionArn": arn, "gatewayConnectors": [{"portName": port} for port in gateway_ports]}


def a_task_set(**fields: Any) -> dict[str, Any]:
    """Return the task set with the traffic, of a service whose deployments use task sets."""
    return {"id": "ecs-svc/1", "status": "PRIMARY", **fields}


def a_binding(target_group_arn: str = BLUE, container_port: int = 8080) -> dict[str, Any]:
    """Return one entry of a service's loadBalancers."""
    return {"targetGroupArn": target_group_arn, "containerName": "app", "containerPort": container_port}


def a_fargate_task(address: str, **fields: Any) -> dict[str, Any]:
    """Return one task with its own network interface."""
    return {
        "taskArn": f"{ECS}:task/city-guided-cluster/{address}",
        "desiredStatus": "RUNNING",
        "attachments": [
            {
                "type": "ElasticNetworkInterface",
                "status": "ATTACHED",
                "details": [{"name": "privateIPv4Address", "value": address}],
            }
        ],
        **fields,
    }


def a_bridge_task(instance: str, host_port: int, **fields: Any) -> dict[str, Any]:
    """Return one task whose container's port 8080 is a port of its EC2 instance."""
    return {
        "taskArn": f"{ECS}:task/city-guided-cluster/{instance}-{host_port}",
        "desiredStatus": "RUNNING",
        "containerInstanceArn": f"{ECS}:container-instance/city-guided-cluster/{instance}",
        "containers": [
            {
                "name": "app",
                "networkBindings": [{"containerPort": 8080, "hostPort": host_port, "protocol": "tcp"}],
            }
        ],
        **fields,
    }


CONDITION_CONFIGS: Final = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def a_condition(condition: Condition) -> dict[str, Any]:
    """Return one condition of a listener rule, as in DescribeRules and CreateRule."""
    field, pairs = condition.field, sorted(condition.values)
    config: dict[str, Any] = {"Values": [value for _, value in pairs]}
    if field == "http-header":
        config["HttpHeaderName"] = pairs[0][0]
    if field == "query-string":
        config["Values"] = [({"Key": key} if key else {}) | {"Value": value} for key, value in pairs]
    return {"Field": field, CONDITION_CONFIGS[field]: config}


def a_rule(arn: str, priority: str = "10", *conditions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return one rule as in DescribeRules."""
    return {
        "RuleArn": arn,
        "Priority": priority,
        "Conditions": list(conditions),
        "Actions": [{"Type": "forward", "TargetGroupArn": BLUE}],
        "IsDefault": priority == "default",
        **fields,
    }


def a_suspended_state(suspended: Suspension) -> dict[str, bool]:
    """Return the SuspendedState of a scalable target."""
    return {
        "DynamicScalingInSuspended": suspended.scale_in,
        "DynamicScalingOutSuspended": suspended.scale_out,
        "ScheduledScalingSuspended": suspended.scheduled,
    }


def a_scalable_target(name: ServiceName, **fields: Any) -> dict[str, Any]:
    """Return one scalable target as in DescribeScalableTargets."""
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": 0,
        **fields,
    }


def a_scaling_policy(name: ServiceName, **configuration: Any) -> dict[str, Any]:
    """Return one scaling policy as in DescribeScalingPolicies."""
    return {
        "PolicyARN": "arn:aws:autoscaling:eu-west-3:123456789012:scalingPolicy:1:policyName/one",
        "PolicyName": "one",
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
        "PolicyType": "PredictiveScaling",
        "CreationTime": 0,
        **configuration,
    }


def a_forecast(mode: str) -> dict[str, Any]:
    """Return the configuration of a predictive scaling policy."""
    pair = {"PredefinedMetricType": "ECSServiceCPUUtilization"}
    specification = {"TargetValue": 50.0, "PredefinedMetricPairSpecification": pair}
    return {"MetricSpecifications": [specification], "Mode": mode}
