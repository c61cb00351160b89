"""What is configured for a service, as types.

Every duration is a ``timedelta``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""A service's key, as the Terraform module allows it. It needs no escaping in a URL. Callers may send other text."""
DEFAULT_AWAKE_COUNT: Final = 1


class Mode(StrEnum):
    """What the functions may do to a service."""

    ACT = "act"
    DRY_RUN = "dry_run"
    OFF = "off"


class ServiceName(NamedTuple):
    """The name of a service in ECS: its cluster's name and its own name."""

    cluster_name: str
    service_name: str

    def __str__(self) -> str:
        return f"{self.cluster_name}/{self.service_name}"


@dataclass(frozen=True)
class ModuleRule:
    """One of our listener rules, as configured: its listener, the service's own rule, and its conditions while armed.

    ``own_rule_arn``: the service's own rule, whose conditions it has while armed; ``None`` if the service is the
    default of the listener, whose requests ``host_headers`` and ``path_patterns`` may then narrow.
    ``user_agents``: for an uptime check, patterns of the header ``User-Agent``.
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
    ``page_status``: the status of the waiting page. ``cors_origins``: the origins whose preflights are answered.
    ``drain_lead``: how long before the end of its idle window a service begins to drain.
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
    """What the waiting page shows; for each part that is ``None``, the module's default is shown.

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
        """Its wake rules, none if requests do not wake it."""
        return self.wake_on_request.rules if self.wake_on_request is not None else ()

    @property
    def uptime_checks(self) -> tuple[ModuleRule, ...]:
        """Its rules for uptime checks, likewise."""
        return self.wake_on_request.uptime_checks if self.wake_on_request is not None else ()
