"""What the scale-up function may be asked, and the refusal of everything else. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .model import Service

ALLOWED = 'allowed are {}, {"service": "NAME"}, {"services": ["NAME", ...]}, each with "wait": true if wanted'


class PayloadRefused(Exception):
    """The payload is none the function knows; nothing was changed."""


@dataclass(frozen=True)
class WakeRequest:
    """Which services to wake.

    ``wait``: answer only when they are ready. ``escort``: see them through and answer nobody; the module's own
    functions ask so.
    """

    services: tuple[Service, ...]
    wait: bool
    escort: bool = False


def read_wake_request(payload: object, services: Collection[Service], broken: Sequence[str] = ()) -> WakeRequest:
    """Read the payload of a wake. Raises ``PayloadRefused`` with one sentence that names what is allowed.

    ``broken``: what was said of configurations that could not be read; a service not found may be one of them.
    """
    if payload is None:
        payload = {}
    if not isinstance(payload, Mapping):
        raise PayloadRefused(f"The payload is no JSON object: {ALLOWED}.")
    unknown = sorted(str(name) for name in set(payload) - {"service", "services", "wait", "escort"})
    if unknown:
        raise PayloadRefused(f"The payload has unknown fields ({_shown(unknown)}): {ALLOWED}.")
    if "service" in payload and "services" in payload:
        raise PayloadRefused(f'The payload has both "service" and "services": {ALLOWED}.')
    for flag in ("wait", "escort"):
        if not isinstance(payload.get(flag, False), bool):
            raise PayloadRefused(f'"{flag}" is neither true nor false: {ALLOWED}.')
    by_key = {service.key: service for service in services}
    asked_for = tuple(by_key[key] for key in _asked_for(payload, by_key, broken))
    return WakeRequest(asked_for, wait=payload.get("wait", False), escort=payload.get("escort", False))


def _asked_for(payload: Mapping[object, object], by_key: Mapping[str, Service], broken: Sequence[str]) -> list[str]:
    if "service" in payload:
        names: object = [payload["service"]]
    else:
        names = payload.get("services", sorted(by_key))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PayloadRefused(f"Services are given by their names as text: {ALLOWED}.")
    if not names and "services" in payload:
        raise PayloadRefused(f'"services" is empty: {ALLOWED}.')
    strangers = sorted(set(names) - set(by_key))
    if strangers:
        unreadable = f" ({'; '.join(broken)})" if broken else ""
        known = _shown(sorted(by_key)) or "none"
        raise PayloadRefused(f"There is no service {_shown(strangers)}: this module looks after {known}{unreadable}.")
    return list(dict.fromkeys(names))


def _shown(names: list[str], most: int = 20) -> str:
    shown = ", ".join(name[:100] for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
