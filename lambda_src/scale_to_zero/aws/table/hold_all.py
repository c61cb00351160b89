"""The item of the table that holds all services. It exists while they are held, and can exist for longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scale_to_zero.aws.errors import explained
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import HoldAll

from .attributes import Reader, instant_text, text
from .config_items import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from .attributes import Value

HOLD_ALL_ID: Final = "hold_all"


def hold_all_of(item: Mapping[str, Value]) -> HoldAll | Unknown:
    """Read the item; ``Unknown`` if it cannot be read."""
    read = Reader(item)
    try:
        return HoldAll(read.known_instant("since"), read.known_instant("until"), read.text("reason"))
    except (KeyError, ValueError, OverflowError) as error:
        return Unknown(
            f"the item {HOLD_ALL_ID} cannot be read ({fault(error)}); send the scale-up function a new hold_all_until, "
            "or null; until then no service is put to sleep"
        )


def read_hold_all(client: DynamoDBClient, table_name: str) -> HoldAll | Unknown | None:
    """Get the item; ``Unknown`` if it cannot be read. Raises ``CallFailed``."""
    with explained("dynamodb:GetItem", HOLD_ALL_ID):
        response = client.get_item(TableName=table_name, Key={"id": {"S": HOLD_ALL_ID}}, ConsistentRead=True)
    return hold_all_of(response["Item"]) if "Item" in response else None


def write_hold_all(client: DynamoDBClient, table_name: str, hold: HoldAll | None) -> None:
    """Put the item, whatever it was before, or delete it. Raises ``CallFailed``."""
    if hold is None:
        with explained("dynamodb:DeleteItem", HOLD_ALL_ID):
            client.delete_item(TableName=table_name, Key={"id": {"S": HOLD_ALL_ID}})
        return
    item: dict[str, Value] = {
        "id": {"S": HOLD_ALL_ID},
        "since": {"S": instant_text(hold.since)},
        "until": {"S": instant_text(hold.until)},
    }
    reason = text(hold.reason)
    with explained("dynamodb:PutItem", HOLD_ALL_ID):
        client.put_item(TableName=table_name, Item=item | ({"reason": reason} if reason else {}))
