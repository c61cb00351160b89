"""What is configured of a service, as types.

Every duration is a ``timedelta``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""A service's key, as the Terraform module allows it; it means itself in a URL. Callers may send anything."""
DEFAULT_AWAKE_COUNT: Final = 1


class Mode(StrEnum):
    """What the functions may do to a service."""

    ACT = "act"
    DRY_RUN = "dry_run"
    OFF = "off"


class ServiceName(NamedTuple):
    """What ECS calls a service: its cluster's name and its own."""

    cluster_name: str
    service_name: str

    def __str__(self) -> str:
        return f"{self.cluster_name}/{self.service_name}"


@dataclass(frozen=True)
class ModuleRule:
    """One listener rule of ours, as configured: its listener, its own rule, and what it is armed with.

    ``own_rule_arn``: the service's own rule, whose conditions it takes over while armed; ``None`` where the service is
    the listener's default, which ``host_headers`` and ``path_patterns`` may narrow.
    ``user_agents``: of an uptime check's rule, patterns of the header ``User-Agent``.
    """

    name: str
    arn: str
    listener_arn: str
    own_rule_arn: str | None = None
    host_headers: tuple[str, ...] = ()
    path_patterns: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()


@dataclass(frozen=True)
class WakeOnRequest:
    """How a service is woken by requests.

    ``rules`` are armed unless the service is awake, ``uptime_checks`` always.
    ``wait``: how long a request may wait for the service to be ready; ``max_waiting``: how many may wait at once.
    ``page_status``: the status of the waiting page. ``cors_origins``: whose preflights are answered.
    ``drain_lead``: how much before it is idle for long enough a service begins to drain.
    """

    rules: tuple[ModuleRule, ...]
    uptime_checks: tuple[ModuleRule, ...] = ()
    wait: timedelta = timedelta(seconds=20)
    max_waiting: int = 10
    ask_before_waking: bool = False
    page_status: int = 503
    drain_lead: timedelta = timedelta(0)
    cors_origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaitingPage:
    """What the waiting page shows; each part that is ``None`` is left to the module's own.

    ``language``: ``None`` follows the visitor's ``Accept-Language``. ``logo``: a ``data:`` URL.
    """

    title: str | None = None
    accent_color: str | None = None
    logo: str | None = None
    contact: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Service:
    """One entry of the module's ``services``. ``hourly_cost``: USD for one task and hour, ``None`` if not set."""

    key: str
    name: ServiceName
    load_balancer_arn: str | None = None
    target_group_arns: tuple[str, ...] = ()
    mode: Mode = Mode.ACT
    idle: timedelta = timedelta(minutes=5)
    awake_count: int | None = None
    ignore_other_traffic: bool = False
    wake_deadline: timedelta | None = None
    hourly_cost: float | None = None
    wake_on_request: WakeOnRequest | None = None

    @property
    def wake_rules(self) -> tuple[ModuleRule, ...]:
        """Its wake rules, none where requests do not wake it."""
        return self.wake_on_request.rules if self.wake_on_request is not None else ()

    @property
    def uptime_checks(self) -> tuple[ModuleRule, ...]:
        """Its rules for uptime checks, likewise."""
        return self.wake_on_request.uptime_checks if self.wake_on_request is not None else ()
