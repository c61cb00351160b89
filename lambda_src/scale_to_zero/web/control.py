"""The actions of the API and the control panel on one service or on all: calls of the module's other functions.

Each action waits for the function's answer. It raises ``Refused`` with the function's own sentence, or ``CallFailed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scale_to_zero.model.errors import CallFailed, Refused
from scale_to_zero.ports import Functions

OTHER_VERSION: Final = ", because its version differs; run terraform apply"
"""What is wrong with an answer that another version of the function gave, and the cure."""


def wake(functions: Functions, key: str) -> Mapping[str, Any]:
    """Wake a service; return before it is ready."""
    return _of(key, functions.scale_up({"service": key}))


def sleep(functions: Functions, key: str, *, force: bool = False) -> Mapping[str, Any]:
    """Put a service to sleep without waiting until it is idle. ``force``: even if it is held awake."""
    answer = functions.scale_to_zero({"service": key, "action": "sleep", "force": force})
    return _of(key, answer, refusal="SleepRefused")


def hold(functions: Functions, key: str, *, minutes: int, reason: str = "") -> Mapping[str, Any]:
    """Keep a service awake for ``minutes`` from now on, and wake it if it is asleep."""
    return _of(key, functions.scale_up({"service": key, "hold_minutes": minutes, "reason": reason}))


def release(functions: Functions, key: str) -> Mapping[str, Any]:
    """Lift the hold of a service, if it has one."""
    return _of(key, functions.scale_up({"service": key, "release": True}))


def hold_all(functions: Functions, until: datetime, *, reason: str = "") -> str:
    """Keep all services awake until an instant, and wake those that are asleep; return the function's own sentence."""
    return _message(functions.scale_up({"hold_all_until": until.isoformat(), "reason": reason}))


def release_all(functions: Functions) -> str:
    """Lift the hold of all services; return the function's own sentence."""
    return _message(functions.scale_up({"hold_all_until": None}))


def _message(answer: Mapping[str, object]) -> str:
    if "hold_all" not in answer:
        raise CallFailed(f"the function's answer has no hold of all services{OTHER_VERSION}")
    return str(answer.get("message", ""))


def _of(key: str, answer: Mapping[str, object], refusal: str = "ServiceSkipped") -> Mapping[str, Any]:
    """Return the answer's fields of one service: phase, desired, running, since, hold and message."""
    services = answer.get("services")
    fields = services.get(key) if isinstance(services, Mapping) else None
    if not isinstance(fields, Mapping):
        raise CallFailed(f"the function's answer does not contain {key}{OTHER_VERSION}")
    if fields.get("refused"):
        raise Refused(refusal, str(fields.get("message", "")))
    return fields
