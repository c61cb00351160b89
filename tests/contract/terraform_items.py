"""The configuration items, as the module's Terraform writes them."""

from __future__ import annotations

import json
from typing import Any

from scale_to_zero.model.configured import ModuleRule, Service, WaitingPage, WakeOnRequest

from .stage import MINUTE, SECOND


def config_item(service: Service) -> dict[str, Any]:
    """Return the item of one service."""
    deadline, on_request = service.wake_deadline, service.wake_on_request
    config = {
        "key": service.key,
        "cluster_name": service.name.cluster_name,
        "service_name": service.name.service_name,
        "load_balancer_arn": service.load_balancer_arn,
        "target_group_arns": list(service.target_group_arns),
        "mode": service.mode.value,
        "idle_minutes": service.idle / MINUTE,
        "awake_count": service.awake_count,
        "ignore_other_traffic": service.ignore_other_traffic,
        "wake_deadline_seconds": None if deadline is None else deadline.total_seconds(),
        "hourly_cost": service.hourly_cost,
        "wake_on_request": None if on_request is None else _wake_on_request(on_request),
    }
    return {"id": {"S": f"config#{service.key}"}, "config": {"S": json.dumps(config)}}


def wake_target_group_item(arn: str, key: str) -> dict[str, Any]:
    """Return the item that says which service a wake target group belongs to."""
    return {"id": {"S": f"wake_target_group#{arn}"}, "key": {"S": key}}


def waiting_page_item(page: WaitingPage) -> dict[str, Any]:
    """Return the item of the waiting page. Unset attributes are null."""
    return {"id": {"S": "waiting_page"}, "page": {"S": json.dumps(vars(page))}}


def _wake_on_request(on_request: WakeOnRequest) -> dict[str, Any]:
    return {
        "rules": [_wake_rule(rule) for rule in on_request.rules],
        "uptime_checks": [_wake_rule(rule) for rule in on_request.uptime_checks],
        "wait_seconds": on_request.wait / SECOND,
        "max_waiting_requests": on_request.max_waiting,
        "ask_before_waking": on_request.ask_before_waking,
        "page_status": on_request.page_status,
        "drain_lead_minutes": on_request.drain_lead / MINUTE,
        "cors_origins": list(on_request.cors_origins),
    }


def _wake_rule(rule: ModuleRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "arn": rule.arn,
        "listener_arn": rule.listener_arn,
        "own_rule_arn": rule.own_rule_arn,
        "host_headers": list(rule.host_headers),
        "path_patterns": list(rule.path_patterns),
        "user_agents": list(rule.user_agents),
    }
