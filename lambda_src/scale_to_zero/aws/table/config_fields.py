"""The strict reading of the JSON that the module's Terraform writes: a wrong value is an error, never guessed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def typed(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """Read one field of one of these types. Raises ``KeyError`` or ``TypeError``."""
    value = config[field]
    # In Python, true is also a number.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"its {field} is {value!r}")
    return value


def optional(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """Read one field that may be absent or null. Raises ``TypeError``."""
    return None if config.get(field) is None else typed(config, field, *kinds)


def texts(config: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Read a list of strings. Raises ``KeyError`` or ``TypeError``."""
    values = typed(config, field, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"its {field} is {values!r}")
    return tuple(values)


def objects(config: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """Read a list of JSON objects. Raises ``KeyError`` or ``TypeError``."""
    values: list[Any] = typed(config, field, list)
    if not all(isinstance(value, dict) for value in values):
        raise TypeError(f"its {field} is {values!r}")
    return values


def positive(duration: timedelta, field: str) -> timedelta:
    """Return the duration if it is above 0. Raises ``ValueError``."""
    if duration <= timedelta(0):
        raise ValueError(f"its {field} is not above 0")
    return duration


def not_negative(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """Read a number of 0 or more. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    value = typed(config, field, *kinds)
    if value < 0:
        raise ValueError(f"its {field} is below 0")
    return value
