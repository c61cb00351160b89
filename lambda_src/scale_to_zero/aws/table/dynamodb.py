"""The DynamoDB table: the configuration from Terraform, and the data that the functions save."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from scale_to_zero.aws.batches import in_batches, in_parallel
from scale_to_zero.aws.errors import explained
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed, StateChanged, together
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.stored import Stored

from .activity import record_activity
from .attributes import instant_text
from .batch_reads import get_items
from .config_items import CONFIG_PREFIX, ItemUnreadable, service_of
from .counters import Counters
from .hold_all import HOLD_ALL_ID, hold_all_of, read_hold_all, write_hold_all
from .state_items import STATE_PREFIX, attributes_of, explanation_of, name_of, state_id, state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.configured import Service
    from scale_to_zero.model.service_state import Explanation, HoldAll, Lease, ServiceState
    from scale_to_zero.ports import Clock

# A limit of the API reference.
WRITES_PER_TRANSACTION: Final = 100


class _Update(TypedDict):
    UpdateExpression: str
    ConditionExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: dict[str, AttributeValueTypeDef]


class AwsTable:
    """``Table`` on Amazon DynamoDB."""

    def __init__(self, clients: Clients, table_name: str, clock: Clock) -> None:
        self._clients = clients
        self._table_name = table_name
        self._clock = clock

    def read_all(self) -> Stored:
        """Scan the table once. An item that cannot be read is named in ``unreadable``; the others are read."""
        pages = self._clients.dynamodb.get_paginator("scan").paginate(TableName=self._table_name, ConsistentRead=True)
        collected = _Collected()
        with explained("dynamodb:Scan", f"table {self._table_name}"):
            for page in pages:
                collected.add(page["Items"])
        return collected.stored()

    def read_services(self, keys: Collection[str], names: Collection[ServiceName] = ()) -> Stored:
        """Get the items by their keys: the configurations, then the states of services not known before."""
        client, collected = self._clients.dynamodb, _Collected()
        first = [HOLD_ALL_ID, *(f"{CONFIG_PREFIX}{key}" for key in keys), *(state_id(name) for name in names)]
        collected.add(get_items(client, self._table_name, first))
        found = [state_id(service.name) for service in collected.stored().services]
        collected.add(get_items(client, self._table_name, [item_id for item_id in found if item_id not in set(first)]))
        return collected.stored()

    def read(self, name: ServiceName) -> ServiceState | None:
        """Get one item. Raises ``CallFailed`` also if the item cannot be read."""
        with explained("dynamodb:GetItem", str(name)):
            response = self._clients.dynamodb.get_item(
                TableName=self._table_name, Key={"id": {"S": state_id(name)}}, ConsistentRead=True
            )
        try:
            return state_of(response["Item"]) if "Item" in response else None
        except ItemUnreadable as unreadable:
            raise CallFailed(str(unreadable)) from unreadable

    def write(self, state: ServiceState) -> ServiceState:
        """Update one item, only if its version is the one that was read.

        A newer ``last_activity`` that another run recorded meanwhile also counts as a change: a run that decided on
        an older one must decide again. Only attributes of the service state are changed.
        """
        client = self._clients.dynamodb
        with explained("dynamodb:UpdateItem", str(state.name)):
            try:
                client.update_item(
                    TableName=self._table_name, Key={"id": {"S": state_id(state.name)}}, **_update(state)
                )
            except client.exceptions.ConditionalCheckFailedException as error:
                raise StateChanged(f"the service state of {state.name} was written since it was read") from error
        return replace(state, version=state.version + 1)

    def write_hold_all(self, hold: HoldAll | None) -> None:
        """Put or delete one item; of two concurrent runs, the later write counts."""
        write_hold_all(self._clients.dynamodb, self._table_name, hold)

    def read_hold_all(self) -> HoldAll | Unknown | None:
        """Get one item."""
        return read_hold_all(self._clients.dynamodb, self._table_name)

    def record_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        """Move last activities forward, never back; a hundred services per transaction."""

        def record(batch: list[tuple[ServiceName, datetime]]) -> CallFailed | None:
            try:
                record_activity(self._clients.dynamodb, self._table_name, batch)
            except CallFailed as failure:
                return failure
            return None

        answers = in_parallel(record, in_batches(activity.items(), WRITES_PER_TRANSACTION))
        failures = [failure for failure in answers if failure]
        if failures:
            raise together(failures)

    def record_notified(self, name: ServiceName, version: int) -> None:
        """Write the version, only if it is newer and the item is a service state."""
        self._counters().record_notified(name, version)

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        """Write or remove one attribute. ``known``: only if there still is a service state."""
        self._counters().explain(name, explanation, known=known)

    def take_lease(self, name: ServiceName, lease: Lease, until: datetime, mine: datetime | None = None) -> bool:
        """Write the end of the lease, only if no other run has a lease that has not expired."""
        return self._counters().take_lease(name, lease, self._clock(), until, mine)

    def add_waiting_request(self, name: ServiceName, waiting_since: datetime, most: int) -> bool:
        """Count up, or start a new count for another wake. If the limit is reached, one update shows it."""
        return self._counters().add_waiting_request(name, waiting_since, most)

    def remove_waiting_request(self, name: ServiceName, waiting_since: datetime) -> None:
        """Count down."""
        self._counters().remove_waiting_request(name, waiting_since)

    def _counters(self) -> Counters:
        return Counters(self._clients.dynamodb, self._table_name)


class _Collected:
    """Sorts the items of the table into services, service states and unreadable items."""

    def __init__(self) -> None:
        self._services: dict[ServiceName, Service] = {}
        self._states: dict[ServiceName, ServiceState | Unknown] = {}
        self._explanations: dict[ServiceName, Explanation] = {}
        self._unreadable: list[str] = []
        self._hold_all: HoldAll | Unknown | None = None

    def add(self, items: Iterable[Mapping[str, AttributeValueTypeDef]]) -> None:
        for item in items:
            item_id = item["id"]["S"]
            if item_id.startswith(CONFIG_PREFIX):
                self._add_service(item)
            elif item_id.startswith(STATE_PREFIX):
                self._add_state(item_id, item)
            elif item_id == HOLD_ALL_ID:
                self._add_hold_all(item)

    def stored(self) -> Stored:
        in_order = sorted(self._services.values(), key=lambda service: service.key)
        return Stored(
            services=tuple(in_order),
            states=self._states,
            unreadable=tuple(sorted(self._unreadable)),
            explanations=self._explanations,
            hold_all=self._hold_all,
        )

    def _add_service(self, item: Mapping[str, AttributeValueTypeDef]) -> None:
        try:
            service = service_of(item)
        except ItemUnreadable as unreadable:
            self._unreadable.append(str(unreadable))
            return
        # While an entry of the module is renamed, both items exist for a moment.
        first = self._services.setdefault(service.name, service)
        if first is not service:
            kept, dropped = sorted((first, service), key=lambda one: one.key)
            self._services[service.name] = kept
            self._unreadable.append(
                f"the configuration items {CONFIG_PREFIX}{kept.key} and {CONFIG_PREFIX}{dropped.key} are for the same "
                f"service {service.name}, and only the first one is used; apply the module again"
            )

    def _add_hold_all(self, item: Mapping[str, AttributeValueTypeDef]) -> None:
        self._hold_all = hold_all_of(item)
        if isinstance(self._hold_all, Unknown):
            self._unreadable.append(self._hold_all.why)

    def _add_state(self, item_id: str, item: Mapping[str, AttributeValueTypeDef]) -> None:
        name = name_of(item_id)
        explanation = explanation_of(item)
        if explanation is not None:
            self._explanations[name] = explanation
        try:
            state = state_of(item)
        except ItemUnreadable as unreadable:
            self._states[name] = Unknown(str(unreadable))
            return
        if state is not None:
            self._states[state.name] = state


def _update(state: ServiceState) -> _Update:
    values = dict(attributes_of(state))
    values["version"] = {"N": str(state.version + 1)}
    if state.last_activity is not None:
        values["last_activity"] = {"S": instant_text(state.last_activity)}
    present = {attribute: value for attribute, value in values.items() if value is not None}
    removed = [attribute for attribute in values if attribute not in present]
    conditions = ["#version = :version_read" if state.version else "attribute_not_exists(#version)"]
    if state.last_activity is not None:
        conditions.append("(attribute_not_exists(#last_activity) OR #last_activity <= :last_activity)")
    expression = "SET " + ", ".join(f"#{attribute} = :{attribute}" for attribute in present)
    if removed:
        expression += " REMOVE " + ", ".join(f"#{attribute}" for attribute in removed)
    version_read: dict[str, AttributeValueTypeDef] = (
        {":version_read": {"N": str(state.version)}} if state.version else {}
    )
    return {
        "UpdateExpression": expression,
        "ConditionExpression": " AND ".join(conditions),
        # Some names, for example ``since``, may be reserved in DynamoDB.
        "ExpressionAttributeNames": {f"#{attribute}": attribute for attribute in values},
        "ExpressionAttributeValues": {f":{attribute}": value for attribute, value in present.items()} | version_read,
    }
