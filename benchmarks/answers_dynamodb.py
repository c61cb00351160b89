"""The stub's answers for DynamoDB: a table that accepts every write and never changes.

Writes are counted and not applied, so that a second tick finds the same table as the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .usage import Usage

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]

PAGE_BYTES: Final = 1024 * 1024
"""A Scan reads up to 1 MB (botocore: dynamodb.Scan)."""
READ_UNIT_BYTES: Final = 4096
WRITE_UNIT_BYTES: Final = 1024
UNITS_OF_A_CONSISTENT_READ: Final = 1.0
UNITS_OF_AN_EVENTUAL_READ: Final = 0.5
UNITS_OF_A_TRANSACTED_WRITE: Final = 2
"""Request units as DynamoDB's developer guide counts them ("Read and write request units")."""
_NOT_MODELLED: Final = ("FilterExpression", "ProjectionExpression", "IndexName", "Limit", "ScanFilter", "Select")


class Table:
    """The items of one table, which are read page by page."""

    def __init__(self, items: Sequence[Item], usage: Usage) -> None:
        self._items = list(items)
        self._sizes = {str(item["id"]["S"]): item_bytes(item) for item in items}
        self._usage = usage

    def scan(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        refused = [name for name in _NOT_MODELLED if name in parameters]
        if refused:
            raise ValueError(f"the stub's Scan does not know {', '.join(refused)}")
        segment, segments = parameters.get("Segment", 0), parameters.get("TotalSegments", 1)
        items = self._items[segment::segments]
        after = parameters.get("ExclusiveStartKey")
        if after is not None:
            items = items[[item["id"] for item in items].index(after["id"]) + 1 :]
        page: list[Item] = []
        read = 0
        for item in items:
            read += self._sizes[str(item["id"]["S"])]
            page.append(item)
            if read >= PAGE_BYTES:
                break
        self._count_read(read, parameters)
        answer: dict[str, Any] = {"Items": page, "Count": len(page), "ScannedCount": len(page)}
        if len(page) < len(items):
            answer["LastEvaluatedKey"] = {"id": page[-1]["id"]}
        return answer

    def get_item(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        key = parameters["Key"]["id"]["S"]
        self._count_read(self._sizes.get(key, 0), parameters)
        found = [item for item in self._items if item["id"]["S"] == key]
        return {"Item": found[0]} if found else {}

    def update_item(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if parameters.get("ReturnValues", "NONE") != "NONE":
            raise ValueError("the stub's UpdateItem returns no values")
        self._usage.write_units += self._write_units(parameters)
        return {}

    def delete_item(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self._usage.write_units += self._write_units(parameters)
        return {}

    def transact_write_items(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        for each in parameters["TransactItems"]:
            (write,) = each.values()
            self._usage.write_units += UNITS_OF_A_TRANSACTED_WRITE * self._write_units(write)
        return {}

    def _count_read(self, read: int, parameters: Mapping[str, Any]) -> None:
        consistent = parameters.get("ConsistentRead", False)
        units = UNITS_OF_A_CONSISTENT_READ if consistent else UNITS_OF_AN_EVENTUAL_READ
        self._usage.read_units += units * max(1, math.ceil(read / READ_UNIT_BYTES))

    def _write_units(self, write: Mapping[str, Any]) -> int:
        return max(1, math.ceil(self._sizes.get(write["Key"]["id"]["S"], 0) / WRITE_UNIT_BYTES))


def item_bytes(item: Item) -> int:
    """Return an item's size by DynamoDB's own rules ("DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: AttributeValue) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(each.encode()) for each in content)
        case "NS":
            return sum(_number_bytes(each) for each in content)
        case "L":
            return 3 + sum(1 + _value_bytes(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(each) for name, each in content.items())
        case _:
            raise ValueError(f"the stub does not know how large an attribute of type {kind} is")


def _number_bytes(number: str) -> int:
    digits = number.lstrip("-").replace(".", "").strip("0") or "0"
    return math.ceil(len(digits) / 2) + 1 + number.startswith("-")
