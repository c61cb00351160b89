"""Leases, waiting requests, notifications, explanations: attributes next to the state, each changed by one update.

These updates never change ``version``, so they never make a write of the state fail. An item with only these
attributes is not a service state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scale_to_zero.aws.errors import explained

from .attributes import instant_text
from .state_items import EXPLANATION, explanation_attribute, lease_attribute, state_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UpdateItemInputTypeDef

    from scale_to_zero.model.configured import ServiceName
    from scale_to_zero.model.service_state import Explanation, Lease

OPERATION: Final = "dynamodb:UpdateItem"

ONE_MORE: Final = ("SET waiting_count = waiting_count + :one", "waiting_since = :since AND waiting_count < :most")
THE_FIRST: Final = (
    "SET waiting_since = :since, waiting_count = :one",
    "attribute_not_exists(waiting_since) OR waiting_since < :since",
)
NOTIFIED: Final = (
    "SET notified = :version",
    "attribute_exists(version) AND (attribute_not_exists(notified) OR notified < :version)",
)
EXPLAINED: Final = f"SET {EXPLANATION} = :explanation"
EXPLANATION_REMOVED: Final = f"REMOVE {EXPLANATION}"
STATE_EXISTS: Final = "attribute_exists(version)"
ONE_LESS: Final = ("SET waiting_count = waiting_count - :one", "waiting_since = :since AND waiting_count >= :one")


class _Refused(NamedTuple):
    """The item as it was when its condition did not hold."""

    item: Mapping[str, AttributeValueTypeDef]


class Counters:
    """The counters of one table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def take_lease(
        self, name: ServiceName, lease: Lease, now: datetime, until: datetime, mine: datetime | None
    ) -> bool:
        """Take a lease that no run has, that has expired, or that the caller already has."""
        attribute = lease_attribute(lease)
        condition = f"attribute_not_exists({attribute}) OR {attribute} <= :now"
        values = {":until": _text(until), ":now": _text(now)}
        if mine is not None:
            condition += f" OR {attribute} = :mine"
            values[":mine"] = _text(mine)
        return self._update(name, (f"SET {attribute} = :until", condition), values) is None

    def add_waiting_request(self, name: ServiceName, waiting_since: datetime, most: int) -> bool:
        """Count one more waiting request for a wake, or its first one; never for a wake before the one counted."""
        if most < 1:
            return False
        values = {":since": _text(waiting_since), ":one": _number(1)}
        refused = self._update(name, ONE_MORE, values | {":most": _number(most)})
        if refused is None:
            return True
        if refused.item.get("waiting_since", {}).get("S", "") >= instant_text(waiting_since):
            return False
        if self._update(name, THE_FIRST, values) is None:
            return True
        # Meanwhile another request was the first of this wake.
        return self._update(name, ONE_MORE, values | {":most": _number(most)}) is None

    def remove_waiting_request(self, name: ServiceName, waiting_since: datetime) -> None:
        """Count one waiting request less, if this wake is the one counted."""
        self._update(name, ONE_LESS, {":since": _text(waiting_since), ":one": _number(1)})

    def record_notified(self, name: ServiceName, version: int) -> None:
        """Record the version of the service state up to which notifications of its changes were sent."""
        self._update(name, NOTIFIED, {":version": _number(version)})

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        """Record the explanation of a service. ``known``: write only if the item has a state; else write always."""
        condition = STATE_EXISTS if known else ""
        if explanation is None:
            self._update(name, (EXPLANATION_REMOVED, condition), {})
        else:
            self._update(name, (EXPLAINED, condition), {":explanation": explanation_attribute(explanation)})

    def _update(
        self, name: ServiceName, change: tuple[str, str], values: dict[str, AttributeValueTypeDef]
    ) -> _Refused | None:
        expression, condition = change
        update: UpdateItemInputTypeDef = {
            "TableName": self._table_name,
            "Key": {"id": {"S": state_id(name)}},
            "UpdateExpression": expression,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        # DynamoDB accepts neither an empty condition nor an empty set of values.
        if condition:
            update["ConditionExpression"] = condition
        if values:
            update["ExpressionAttributeValues"] = values
        with explained(OPERATION, str(name)):
            try:
                self._client.update_item(**update)
            except self._client.exceptions.ConditionalCheckFailedException as error:
                response: Mapping[str, Any] = error.response
                return _Refused(response.get("Item", {}))
        return None


def _text(instant: datetime) -> AttributeValueTypeDef:
    return {"S": instant_text(instant)}


def _number(number: int) -> AttributeValueTypeDef:
    return {"N": str(number)}
