"""The payloads that the scale-up and scale-to-zero functions accept; every other payload is refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE, iso_in_utc
from scale_to_zero.model.service_state import HoldAll

SERVICES: Final = '{"service": "NAME"}, {"services": ["NAME", ...]}'
ALLOWED: Final = (
    f'allowed are {{}}, {SERVICES}, each with one of "wait": true, "hold_minutes": MINUTES (and "reason": "WHY"), '
    '"release": true, or none; or, by themselves, {"hold_all_until": INSTANT} (and "reason": "WHY") and '
    '{"hold_all_until": null}'
)
ALLOWED_TO_SLEEP: Final = (
    f'allowed are {SERVICES}, each with "action": "sleep" and, to stop a service that is held, "force": true'
)
LONGEST_REASON: Final = 200
"""Characters; a reason is shown in one line of a table."""
HOLD_ALL: Final = "hold_all_until"
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
"""ISO 8601 in the profile of RFC 3339; operators may leave out the seconds."""


class PayloadRefused(Exception):
    """The function does not accept the payload; nothing was changed."""


@dataclass(frozen=True)
class WakeRequest:
    """Which services to wake, and for how long.

    ``wait``: answer only when they are ready. ``watcher``: watch the wakes and answer nothing; only the module's own
    functions send this. ``hold``: for how long from now on they must stay awake; ``reason``: why. ``release``: they are
    not woken, but released from their own holds. ``scheduled``: a schedule sent the request; schedules do not retry.
    ``unknown_services``: names in a schedule that no service has.
    """

    services: tuple[Service, ...]
    wait: bool
    watcher: bool
    hold: timedelta | None
    reason: str
    release: bool
    scheduled: bool
    unknown_services: tuple[str, ...]


@dataclass(frozen=True)
class SleepRequest:
    """Which services to put to sleep now. ``force``: even if they have their own hold."""

    services: tuple[Service, ...]
    force: bool = False


def read_wake_request(
    payload: object, services: Collection[Service], unreadable: Sequence[str] = (), *, longest_hold: timedelta
) -> WakeRequest:
    """Read the payload of a wake. Raises ``PayloadRefused`` with one sentence that says what is allowed.

    ``unreadable``: why configurations could not be read; a service that is not found may be one of them.
    ``longest_hold``: for how long a service may be held at most.
    """
    known = ("service", "services", "wait", "watcher", "hold_minutes", "reason", "release", "scheduled")
    fields = _fields({} if payload is None else payload, known, ALLOWED)
    flags = ("wait", "watcher", "release", "scheduled")
    wait, watcher, release, scheduled = (_flag(fields, name, ALLOWED) for name in flags)
    if release and (wait or watcher or "hold_minutes" in fields):
        raise PayloadRefused(f'"release" cannot be combined with other fields: {ALLOWED}.')
    hold = _held_for(fields, longest_hold)
    reason = _reason(fields, ALLOWED)
    if reason and hold is None:
        raise PayloadRefused(f'"reason" can only be combined with "hold_minutes": {ALLOWED}.')
    unknown_services: tuple[str, ...] = ()
    if scheduled:
        # A service that has just left, or cannot be read, must not prevent the hold of the others in its schedule.
        fields, unknown_services = _without_unknown_services(fields, services)
    requested = _requested_services(fields, services, unreadable, ALLOWED)
    return WakeRequest(requested, wait, watcher, hold, reason, release, scheduled, unknown_services)


def is_hold_all_request(payload: object) -> bool:
    """Return whether the payload begins or ends a hold of all services."""
    return isinstance(payload, Mapping) and HOLD_ALL in payload


def read_hold_all(
    payload: Mapping[Any, object], now: datetime, longest_hold: timedelta, allowed: str = ALLOWED
) -> HoldAll | None:
    """Read the hold of all services from now on; ``None`` releases them. Raises ``PayloadRefused``.

    ``longest_hold``: for how long services may be held at most. ``allowed``: what a refusal says is allowed.
    """
    if not set(payload) <= {HOLD_ALL, "reason"}:
        raise PayloadRefused(f'"{HOLD_ALL}" can only be combined with "reason": {allowed}.')
    reason = _reason(payload, allowed)
    if payload[HOLD_ALL] is None:
        return None
    until = _instant(payload[HOLD_ALL])
    if until is None:
        raise PayloadRefused(
            f'"{HOLD_ALL}" is not a date and time with a time zone, such as "2026-11-29T23:00:00Z": {allowed}.'
        )
    if not now < until <= now + longest_hold:
        latest = now + longest_hold
        raise PayloadRefused(
            f'"{HOLD_ALL}" must be later than now ({iso_in_utc(now)}) and no later than '
            f"{iso_in_utc(latest)} (longest_hold_minutes): {allowed}."
        )
    return HoldAll(now, until, reason)


def is_sleep_request(payload: object) -> bool:
    """Return whether a payload of the scale-to-zero function is a request. An empty one or EventBridge's is a tick."""
    return isinstance(payload, Mapping) and bool(payload) and payload.keys().isdisjoint({"source", "detail-type"})


def read_sleep_request(payload: object, services: Collection[Service], unreadable: Sequence[str] = ()) -> SleepRequest:
    """Read a request to the scale-to-zero function. Raises ``PayloadRefused``, as ``read_wake_request`` does.

    Services must be named, so that a forgotten field cannot put all of them to sleep.
    """
    fields = _fields(payload, ("service", "services", "action", "force"), ALLOWED_TO_SLEEP)
    if fields.get("action") != "sleep":
        raise PayloadRefused(f'"action" is not "sleep": {ALLOWED_TO_SLEEP}.')
    if "service" not in fields and "services" not in fields:
        raise PayloadRefused(f"The payload names no service: {ALLOWED_TO_SLEEP}.")
    force = _flag(fields, "force", ALLOWED_TO_SLEEP)
    return SleepRequest(_requested_services(fields, services, unreadable, ALLOWED_TO_SLEEP), force=force)


def is_reason(value: object) -> TypeGuard[str]:
    """Return whether a value is allowed as the reason of a hold: one line of text that is not too long."""
    return isinstance(value, str) and len(value) <= LONGEST_REASON and value.isprintable()


def named_services(payload: object) -> tuple[str, ...] | None:
    """Return the keys that a payload names, known or not; ``None`` if it names none, or in a form not allowed."""
    if not isinstance(payload, Mapping):
        return None
    names = payload.get("services", [payload.get("service")])
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        return None
    return tuple(dict.fromkeys(names))


def _fields(payload: object, known: Collection[str], allowed: str) -> Mapping[str, object]:
    if not isinstance(payload, Mapping):
        raise PayloadRefused(f"The payload is not a JSON object: {allowed}.")
    unknown = sorted(str(name) for name in payload if name not in known)
    if unknown:
        raise PayloadRefused(f"The payload has unknown fields ({_shown(unknown)}): {allowed}.")
    if "service" in payload and "services" in payload:
        raise PayloadRefused(f'The payload has both "service" and "services": {allowed}.')
    return payload


def _flag(fields: Mapping[str, object], name: str, allowed: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise PayloadRefused(f'"{name}" is neither true nor false: {allowed}.')
    return value


def _held_for(fields: Mapping[str, object], longest: timedelta) -> timedelta | None:
    if "hold_minutes" not in fields:
        return None
    minutes, most = fields["hold_minutes"], longest // MINUTE
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= most:
        raise PayloadRefused(f'"hold_minutes" is not a whole number from 1 to {most}: {ALLOWED}.')
    return minutes * MINUTE


def _reason(fields: Mapping[Any, object], allowed: str) -> str:
    reason = fields.get("reason", "")
    if not is_reason(reason):
        raise PayloadRefused(f'"reason" is not one line of text of at most {LONGEST_REASON} characters: {allowed}.')
    return reason


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _without_unknown_services(
    fields: Mapping[str, object], services: Collection[Service]
) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """Return the fields with only the names of known services, and the unknown names.

    If no name is known, return the fields unchanged, so that the request is refused.
    """
    names, known = fields.get("services"), {service.key for service in services}
    if not isinstance(names, list) or known.isdisjoint(name for name in names if isinstance(name, str)):
        return fields, ()
    return {**fields, "services": [name for name in names if name in known]}, tuple(
        str(name) for name in names if name not in known
    )


def _requested_services(
    fields: Mapping[str, object], services: Collection[Service], unreadable: Sequence[str], allowed: str
) -> tuple[Service, ...]:
    by_key = {service.key: service for service in services}
    names: object = [fields["service"]] if "service" in fields else fields.get("services", sorted(by_key))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PayloadRefused(f'"service" is not a text, or "services" is not a list of texts: {allowed}.')
    if not names and "services" in fields:
        raise PayloadRefused(f'"services" is empty: {allowed}.')
    unknown_services = sorted(set(names) - set(by_key))
    if unknown_services:
        why_unreadable = f" ({'; '.join(unreadable)})" if unreadable else ""
        known = _shown(sorted(by_key)) or "none"
        raise PayloadRefused(
            f"There is no service {_shown(unknown_services)}: this module manages {known}{why_unreadable}."
        )
    return tuple(by_key[key] for key in dict.fromkeys(names))


def _shown(names: list[str], most: int = 20) -> str:
    shown = ", ".join(name[:100] for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
