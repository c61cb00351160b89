"""Reading the JSON that the module's Terraform writes, strictly: what is not as it should be is not guessed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def typed(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """One field of one of these kinds. Raises ``KeyError`` or ``TypeError``."""
    value = config[field]
    # To Python, true is a number too.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"its {field} is {value!r}")
    return value


def optional(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """The same for a field that may be absent or null. Raises ``TypeError``."""
    return None if config.get(field) is None else typed(config, field, *kinds)


def texts(config: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """A list of strings. Raises ``KeyError`` or ``TypeError``."""
    values = typed(config, field, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"its {field} is {values!r}")
    return tuple(values)


def objects(config: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """A list of JSON objects. Raises ``KeyError`` or ``TypeError``."""
    values: list[Any] = typed(config, field, list)
    if not all(isinstance(value, dict) for value in values):
        raise TypeError(f"its {field} is {values!r}")
    return values


def positive(duration: timedelta, field: str) -> timedelta:
    """A duration above 0. Raises ``ValueError``."""
    if duration <= timedelta(0):
        raise ValueError(f"its {field} is not above 0")
    return duration


def not_negative(config: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """A number of 0 or more. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    value = typed(config, field, *kinds)
    if value < 0:
        raise ValueError(f"its {field} is below 0")
    return value
