"""The table's items for a fleet: the configuration in Terraform's form, the service states in the functions' form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scale_to_zero.aws.table.attributes import instant_text
from scale_to_zero.aws.table.config_items import CONFIG_PREFIX
from scale_to_zero.aws.table.configuration import WAKE_TARGET_GROUP_PREFIX
from scale_to_zero.aws.table.state_items import attributes_of, state_id
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.service_state import Phase, ServiceState

from .answers_dynamodb import Item
from .fleet import Fleet, Member

IDLE: Final = timedelta(minutes=5)
DUE_SINCE: Final = timedelta(minutes=1)
AGE_OF_LAST_REQUEST: Final = timedelta(minutes=2)
"""The newest known request of a service that is awake and not due is as old as the newest visible minute."""


def items_of(fleet: Fleet) -> list[Item]:
    """Return the items of every service, as they are now."""
    now = datetime.now(UTC)
    woken = fleet.scenario.woken_by_requests
    return [item for member in fleet.members for item in _items_of_one(member, now, woken_by_requests=woken)]


def _items_of_one(member: Member, now: datetime, *, woken_by_requests: bool) -> Iterator[Item]:
    config = {
        "key": member.key,
        "cluster_name": member.cluster_name,
        "service_name": member.service_name,
        "load_balancer_arn": member.load_balancer_arn,
        "target_group_arns": [member.target_group_arn],
        "mode": "act",
        "idle_minutes": IDLE // timedelta(minutes=1),
        "awake_count": None,
        "ignore_other_traffic": False,
        "wake_deadline_seconds": None,
        "wake_on_request": _wake_on_request(member) if woken_by_requests else None,
    }
    yield {"id": {"S": f"{CONFIG_PREFIX}{member.key}"}, "config": {"S": json.dumps(config, separators=(",", ":"))}}
    yield _state_item(_service_state(member, now))
    if woken_by_requests:
        item_id = f"{WAKE_TARGET_GROUP_PREFIX}{member.wake_target_group_arn}"
        yield {"id": {"S": item_id}, "key": {"S": member.key}}


def _wake_on_request(member: Member) -> dict[str, Any]:
    rule = {
        "name": "https",
        "arn": member.wake_rule_arn,
        "listener_arn": member.listener_arn,
        "own_rule_arn": member.own_rule_arn,
        "host_headers": [],
        "path_patterns": [],
        "user_agents": [],
    }
    return {
        "rules": [rule],
        "uptime_checks": [],
        "wait_seconds": 20,
        "max_waiting_requests": 10,
        "ask_before_waking": False,
        "page_status": 503,
        "drain_lead_minutes": 0,
        "cors_origins": [],
    }


def _service_state(member: Member, now: datetime) -> ServiceState:
    """Return the state of a service that was asleep and awake before."""
    needed = now - (IDLE + DUE_SINCE if member.due else AGE_OF_LAST_REQUEST)
    woken = now - timedelta(hours=3)
    return ServiceState(
        ServiceName(member.cluster_name, member.service_name),
        Phase.AWAKE if member.awake else Phase.ASLEEP,
        since=woken if member.awake else now - timedelta(hours=2),
        version=42,
        last_activity=needed if member.awake else now - timedelta(hours=2, minutes=8),
        requested_at=woken - timedelta(seconds=70) if member.awake else None,
        restore=1,
        stopped=now - (timedelta(hours=20) if member.awake else timedelta(hours=2)),
        usual_wake=timedelta(seconds=70),
    )


def _state_item(state: ServiceState) -> Item:
    known: dict[str, Any] = {name: value for name, value in attributes_of(state).items() if value is not None}
    known |= {"id": {"S": state_id(state.name)}, "version": {"N": str(state.version)}}
    if state.last_activity is not None:
        known["last_activity"] = {"S": instant_text(state.last_activity)}
    return known
