"""The writing and reading of single values of an item of the table.

Instants are ISO 8601 in UTC with microseconds, so that their order as text is their order in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from scale_to_zero.model.quantities import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Value: TypeAlias = AttributeValueTypeDef


def instant_text(instant: datetime) -> str:
    """Write an instant as text; all have the same length, so that DynamoDB can compare them."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(value: datetime | None) -> Value | None:
    """Write an instant as an attribute; ``None`` stays ``None``, which removes the attribute."""
    return None if value is None else {"S": instant_text(value)}


def seconds(value: timedelta | None) -> Value | None:
    """Write a duration as a number of seconds."""
    return None if value is None else {"N": str(value / SECOND)}


def number(value: int | None) -> Value | None:
    """Write a whole number."""
    return None if value is None else {"N": str(value)}


def text(value: str) -> Value | None:
    """Write a text; an empty one is not written."""
    return {"S": value} if value else None


def record(**values: Value | None) -> Value | None:
    """Write several values as one attribute, without those that are ``None``; ``None`` if all are."""
    known = {name: value for name, value in values.items() if value is not None}
    return {"M": known} if known else None


@dataclass(frozen=True)
class Reader:
    """Reads single attributes. An absent one is ``None``; an attribute of another type raises ``KeyError``."""

    item: Mapping[str, Value]

    def __contains__(self, attribute: str) -> bool:
        return attribute in self.item

    def instant(self, attribute: str) -> datetime | None:
        """Read an instant. Raises ``ValueError`` if it has no time zone."""
        if attribute not in self.item:
            return None
        read = datetime.fromisoformat(self.item[attribute]["S"])
        if read.tzinfo is None:
            raise ValueError(f"{attribute} has no time zone")
        return read.astimezone(UTC)

    def known_instant(self, attribute: str) -> datetime:
        """Read an instant that must be present. Raises ``KeyError`` if it is absent."""
        read = self.instant(attribute)
        if read is None:
            raise KeyError(attribute)
        return read

    def seconds(self, attribute: str) -> timedelta | None:
        """Read a duration."""
        return float(self.item[attribute]["N"]) * SECOND if attribute in self.item else None

    def count(self, attribute: str) -> int | None:
        """Read a whole number."""
        return int(self.item[attribute]["N"]) if attribute in self.item else None

    def text(self, attribute: str) -> str:
        """Read a text, empty if it is absent."""
        return self.item[attribute]["S"] if attribute in self.item else ""

    def flag(self, attribute: str) -> bool:
        """Read a flag, false if it is absent."""
        return self.item[attribute]["BOOL"] if attribute in self.item else False

    def record(self, attribute: str) -> Reader:
        """Read a record, empty if it is absent."""
        return Reader(self.item[attribute]["M"] if attribute in self.item else {})

    def records(self, attribute: str) -> list[Reader]:
        """Read a list of records, empty if it is absent."""
        return [Reader(one["M"]) for one in self.item[attribute]["L"]] if attribute in self.item else []
