"""The stub's answers for Elastic Load Balancing and Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scale_to_zero.rules.rule_positions import DISARMED_HOST

from .fleet import SERVICES_PER_LOAD_BALANCER, Fleet, Member


def describe_target_groups(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    arns = parameters.get("TargetGroupArns")
    if not arns:
        raise ValueError("the stub describes target groups by their ARNs only")
    return {"TargetGroups": [_target_group(fleet.by_target_group[arn]) for arn in arns]}


def describe_target_health(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    member = fleet.by_target_group[parameters["TargetGroupArn"]]
    healthy = {
        "Target": {"Id": f"10.0.{member.number // 250}.{member.number % 250 + 4}", "Port": 8080},
        "HealthCheckPort": "8080",
        "TargetHealth": {"State": "healthy"},
    }
    return {"TargetHealthDescriptions": [healthy] if member.awake else []}


def describe_rules(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return all rules of one listener at once: there are fewer than the 400 of a page."""
    rules = [rule for member in fleet.by_listener[parameters["ListenerArn"]] for rule in _rules(member)]
    return {"Rules": rules}


def describe_scalable_targets(_fleet: Fleet, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"ScalableTargets": []}


def _rules(member: Member) -> list[dict[str, Any]]:
    own, priority = f"service-{member.number}.example.com", 2 * (member.number % SERVICES_PER_LOAD_BALANCER) + 1
    return [
        _rule(member.wake_rule_arn, priority, DISARMED_HOST if member.awake else own, member.wake_target_group_arn),
        _rule(member.own_rule_arn, priority + 1, own, member.target_group_arn),
    ]


def _rule(arn: str, priority: int, host: str, target_group_arn: str) -> dict[str, Any]:
    return {
        "RuleArn": arn,
        "Priority": str(priority),
        "Conditions": [{"Field": "host-header", "Values": [host], "HostHeaderConfig": {"Values": [host]}}],
        "Actions": [{"Type": "forward", "TargetGroupArn": target_group_arn, "Order": 1}],
        "IsDefault": False,
    }


def _target_group(member: Member) -> dict[str, Any]:
    return {
        "TargetGroupArn": member.target_group_arn,
        "TargetGroupName": member.target_group_arn.split("/")[1],
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": "vpc-0a1b2c3d4e5f60718",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 4,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": "/",
        "Matcher": {"HttpCode": "200"},
        "LoadBalancerArns": [member.load_balancer_arn],
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }
