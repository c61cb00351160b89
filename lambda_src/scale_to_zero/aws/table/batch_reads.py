"""Amazon DynamoDB: reads of items by their keys, a hundred per call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from scale_to_zero.aws.batches import in_batches, in_parallel
from scale_to_zero.aws.errors import explained
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.quantities import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, KeysAndAttributesUnionTypeDef

    Item = Mapping[str, AttributeValueTypeDef]

OPERATION: Final = "dynamodb:BatchGetItem"
# A limit of the API reference.
ITEMS_PER_CALL: Final = 100
PAUSES: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds before the items that DynamoDB left unread (above 16 MB, or above its rate) are read again."""


def get_items(client: DynamoDBClient, table_name: str, ids: Iterable[str]) -> list[Item]:
    """Read the items with these keys, consistently, in no particular order; keys without an item are left out.

    Raises ``CallFailed``.
    """

    def get(batch: list[str]) -> list[Item]:
        return _get(client, table_name, batch)

    return [item for items in in_parallel(get, in_batches(ids, ITEMS_PER_CALL)) for item in items]


def _get(client: DynamoDBClient, table_name: str, ids: list[str]) -> list[Item]:
    items: list[Item] = []
    unread: Mapping[str, KeysAndAttributesUnionTypeDef] = {
        table_name: {"Keys": [{"id": {"S": item_id}} for item_id in ids], "ConsistentRead": True}
    }
    for pause in (*PAUSES, None):
        with explained(OPERATION, counted(len(ids), "item")):
            response = client.batch_get_item(RequestItems=unread)
            items.extend(response.get("Responses", {}).get(table_name, []))
        unread = response.get("UnprocessedKeys", {})
        if not unread:
            return items
        if pause is not None:
            time.sleep(pause)
    left = counted(sum(len(request["Keys"]) for request in unread.values()), "item")
    raise CallFailed(f"DynamoDB throttled {OPERATION}, and {left} were not read; the next run retries")
