"""The settings of wake on request and of the waiting page, as the module's Terraform writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scale_to_zero.model.configured import ModuleRule, WaitingPage, WakeOnRequest

from .config_fields import not_negative, objects, optional, texts, typed

if TYPE_CHECKING:
    from collections.abc import Mapping


def wake_on_request_of(config: Mapping[str, Any]) -> WakeOnRequest:
    """Read a service's ``wake_on_request``. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    return WakeOnRequest(
        rules=tuple(map(_wake_rule, objects(config, "rules"))),
        uptime_checks=tuple(map(_wake_rule, objects(config, "uptime_checks"))),
        wait=timedelta(seconds=not_negative(config, "wait_seconds", int, float)),
        max_waiting=not_negative(config, "max_waiting_requests", int),
        ask_before_waking=typed(config, "ask_before_waking", bool),
        page_status=typed(config, "page_status", int),
        drain_lead=timedelta(minutes=not_negative(config, "drain_lead_minutes", int, float)),
        cors_origins=texts(config, "cors_origins"),
    )


def waiting_page_of(page: object) -> WaitingPage:
    """Read the waiting page's settings. Raises ``TypeError``."""
    if not isinstance(page, dict):
        raise TypeError("page is not a JSON object")
    return WaitingPage(
        title=optional(page, "title", str),
        accent_color=optional(page, "accent_color", str),
        logo=optional(page, "logo", str),
        contact=optional(page, "contact", str),
        language=optional(page, "language", str),
    )


def _wake_rule(rule: Mapping[str, Any]) -> ModuleRule:
    return ModuleRule(
        name=typed(rule, "name", str),
        arn=typed(rule, "arn", str),
        listener_arn=typed(rule, "listener_arn", str),
        own_rule_arn=optional(rule, "own_rule_arn", str),
        host_headers=texts(rule, "host_headers"),
        path_patterns=texts(rule, "path_patterns"),
        user_agents=texts(rule, "user_agents"),
    )
