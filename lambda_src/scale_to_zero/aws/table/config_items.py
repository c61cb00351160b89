"""The configuration of a service, as the module's Terraform writes it to an item of the table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from scale_to_zero.model.configured import Mode, Service, ServiceName

from .config_fields import optional, positive, texts, typed
from .wake_config import wake_on_request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

CONFIG_PREFIX: Final = "config#"


class ItemUnreadable(Exception):
    """An item that cannot be read; the message names the item, the cause and the cure."""


def service_of(item: Mapping[str, AttributeValueTypeDef]) -> Service:
    """Read a configuration item. Unknown fields are skipped. Raises ``ItemUnreadable``."""
    try:
        return _service(json.loads(item["config"]["S"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ItemUnreadable(
            f"the configuration item {item['id']['S']} cannot be read ({fault(error)}); apply the module again"
        ) from error


def fault(error: Exception) -> str:
    """Describe what is wrong with an item."""
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _service(config: Any) -> Service:
    if not isinstance(config, dict):
        raise TypeError("config is not a JSON object")
    deadline = optional(config, "wake_deadline_seconds", int, float)
    wake_on_request = optional(config, "wake_on_request", dict)
    return Service(
        key=typed(config, "key", str),
        name=ServiceName(typed(config, "cluster_name", str), typed(config, "service_name", str)),
        load_balancer_arn=optional(config, "load_balancer_arn", str),
        target_group_arns=texts(config, "target_group_arns"),
        mode=Mode(typed(config, "mode", str)),
        idle=positive(timedelta(minutes=typed(config, "idle_minutes", int, float)), "idle_minutes"),
        awake_count=optional(config, "awake_count", int),
        ignore_other_traffic=typed(config, "ignore_other_traffic", bool),
        hourly_cost=optional(config, "hourly_cost", int, float),
        wake_deadline=None if deadline is None else timedelta(seconds=deadline),
        wake_on_request=None if wake_on_request is None else wake_on_request_of(wake_on_request),
    )
