"""How the module's Terraform writes the configuration of a service in its item of the table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from scale_to_zero.model import Mode, Service, ServiceName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

CONFIG_PREFIX: Final = "config#"


class ItemBroken(Exception):
    """An item that cannot be read; the message is one sentence that names it and the cure."""


def service_of(item: Mapping[str, AttributeValueTypeDef]) -> Service:
    """Read a configuration item. Raises ``ItemBroken``; what it does not know it passes over."""
    try:
        return _service(json.loads(item["config"]["S"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ItemBroken(
            f"the configuration item {item['id']['S']} cannot be read ({fault(error)}); apply the module again"
        ) from error


def fault(error: Exception) -> str:
    """Say in words what is wrong with an item."""
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _service(config: Any) -> Service:
    if not isinstance(config, dict):
        raise TypeError("config is not a JSON object")
    deadline = _optional(config, "wake_deadline_seconds", int, float)
    return Service(
        key=_typed(config, "key", str),
        name=ServiceName(_typed(config, "cluster_name", str), _typed(config, "service_name", str)),
        load_balancer_arn=_optional(config, "load_balancer_arn", str),
        target_group_arns=_texts(config, "target_group_arns"),
        mode=Mode(_typed(config, "mode", str)),
        idle=_positive(timedelta(minutes=_typed(config, "idle_minutes", int, float)), "idle_minutes"),
        awake_count=_optional(config, "awake_count", int),
        ignore_other_traffic=_typed(config, "ignore_other_traffic", bool),
        wake_deadline=None if deadline is None else timedelta(seconds=deadline),
    )


def _typed(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    value = config[field]
    # To Python, true is a number too.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"its {field} is {value!r}")
    return value


def _optional(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    return None if config.get(field) is None else _typed(config, field, *kinds)


def _texts(config: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = _typed(config, field, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"its {field} is {values!r}")
    return tuple(values)


def _positive(duration: timedelta, field: str) -> timedelta:
    if duration <= timedelta(0):
        raise ValueError(f"its {field} is not above 0")
    return duration
