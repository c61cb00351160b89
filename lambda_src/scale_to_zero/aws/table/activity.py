"""The recording of last activities: many services in one transaction, and none prevents the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scale_to_zero.aws.errors import explained
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.quantities import counted

from .attributes import instant_text
from .state_items import state_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scale_to_zero.model.configured import ServiceName

    Entries = Sequence[tuple[ServiceName, datetime]]

OPERATION: Final = "dynamodb:TransactWriteItems"
# A transaction of updates needs the permission of its updates.
PERMISSION: Final = "dynamodb:UpdateItem"

# Once for all services; once without those that need no update; once more if another run wrote at the same moment.
ROUNDS: Final = 3


def record_activity(client: DynamoDBClient, table_name: str, entries: Entries) -> None:
    """Move the last activity of each service forward; a service without a service state is skipped.

    One refused update cancels its whole transaction, so it is repeated without those that were refused.
    Raises ``CallFailed``.
    """
    waiting = list(entries)
    reasons: list[str] = []
    for _ in range(ROUNDS):
        reasons = _refusals(client, table_name, waiting)
        # The condition fails if there is no service state, or if it already has a later activity.
        waiting = [entry for entry, reason in zip(waiting, reasons, strict=False) if reason != "ConditionalCheckFailed"]
        if not waiting:
            return
    raise CallFailed(
        f"{OPERATION} of {_last_activities(waiting)} was cancelled {ROUNDS} times "
        f"({', '.join(sorted(set(reasons) - {'None'}))}); the next run retries"
    )


def _refusals(client: DynamoDBClient, table_name: str, entries: Entries) -> list[str]:
    """Try to write all of them; return why each was refused, nothing if all were written."""
    with explained(OPERATION, _last_activities(entries), PERMISSION):
        try:
            client.transact_write_items(TransactItems=[_update(table_name, *entry) for entry in entries])
        except client.exceptions.TransactionCanceledException as error:
            return _codes(error, len(entries))
    return []


def _codes(error: ClientError, count: int) -> list[str]:
    codes = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    # Without a reason for each entry, it is unknown which one was refused.
    return codes if len(codes) == count else ["unexplained"] * count


def _update(table_name: str, name: ServiceName, instant: datetime) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table_name,
            "Key": {"id": {"S": state_id(name)}},
            "UpdateExpression": "SET #last_activity = :instant",
            "ConditionExpression": "attribute_exists(#version) AND "
            "(attribute_not_exists(#last_activity) OR #last_activity < :instant)",
            "ExpressionAttributeNames": {"#version": "version", "#last_activity": "last_activity"},
            "ExpressionAttributeValues": {":instant": {"S": instant_text(instant)}},
        }
    }


def _last_activities(entries: Entries) -> str:
    return counted(len(entries), "last activity", "last activities")
