"""The configuration as the wake function reads it: the items that it needs, cached for a minute while it is warm."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from scale_to_zero.aws.errors import explained
from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.model.errors import CallFailed

from .config_items import CONFIG_PREFIX, ItemUnreadable, fault, service_of
from .wake_config import waiting_page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.configured import Service
    from scale_to_zero.ports import Clock

WAKE_TARGET_GROUP_PREFIX: Final = "wake_target_group#"
WAITING_PAGE_ID: Final = "waiting_page"

FOUND_FOR: Final = timedelta(seconds=60)
# A missing item may soon exist: Terraform writes a service's items after it created the listener rule.
NOT_FOUND_FOR: Final = timedelta(seconds=5)

Value = TypeVar("Value")


class AwsConfiguration:
    """``Configuration`` on Amazon DynamoDB."""

    def __init__(self, clients: Clients, table_name: str, clock: Clock) -> None:
        self._clients = clients
        self._table_name = table_name
        self._services: _Cache[Service] = _Cache(clock)
        self._pages: _Cache[WaitingPage] = _Cache(clock)

    def service_of(self, wake_target_group_arn: str) -> Service | None:
        """Get the target group's item, then the service's item. Both are cached for a minute."""
        return self._services.get(wake_target_group_arn, self._find_service)

    def waiting_page(self) -> WaitingPage:
        """Get one item, cached for a minute. Without the item nothing is set."""
        return self._pages.get(WAITING_PAGE_ID, self._find_page) or WaitingPage()

    def _find_service(self, wake_target_group_arn: str) -> Service | None:
        owner = self._item(f"{WAKE_TARGET_GROUP_PREFIX}{wake_target_group_arn}")
        if owner is None:
            return None
        try:
            config = self._item(f"{CONFIG_PREFIX}{owner['key']['S']}")
            return None if config is None else service_of(config)
        except ItemUnreadable as unreadable:
            raise CallFailed(str(unreadable)) from unreadable
        except KeyError as error:
            raise CallFailed(_unreadable(owner, error)) from error

    def _find_page(self, item_id: str) -> WaitingPage | None:
        item = self._item(item_id)
        if item is None:
            return None
        try:
            return waiting_page_of(json.loads(item["page"]["S"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CallFailed(_unreadable(item, error)) from error

    def _item(self, item_id: str) -> Mapping[str, AttributeValueTypeDef] | None:
        with explained("dynamodb:GetItem", item_id):
            return self._clients.dynamodb.get_item(TableName=self._table_name, Key={"id": {"S": item_id}}).get("Item")


class _Cache(Generic[Value]):
    """A cache: a found value is kept for 60 seconds, and the result that nothing was found for 5 seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Known[Value]] = {}

    def get(self, key: str, find: Callable[[str], Value | None]) -> Value | None:
        now = self._clock()
        known = self._known.get(key)
        if known is None or known.until <= now:
            value = find(key)
            known = _Known(value, now + (NOT_FOUND_FOR if value is None else FOUND_FOR))
            self._known[key] = known
        return known.value


class _Known(NamedTuple, Generic[Value]):
    value: Value | None
    until: datetime


def _unreadable(item: Mapping[str, AttributeValueTypeDef], error: Exception) -> str:
    return f"the item {item['id']['S']} cannot be read ({fault(error)}); apply the module again"
