"""Where AWS Lambda enters: one function per purpose, wired to AWS on the first call and kept while warm."""

from __future__ import annotations

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from .aws import build_ports
from .escort import see_through
from .payload import read_wake_request
from .ports import Ports
from .settings import Settings
from .tick import run_tick
from .uninstall import is_from_terraform, read_uninstall, uninstall
from .wake import answer, ask_for_wakes

logging.getLogger().setLevel(logging.INFO)


class Context(Protocol):
    """What is used of the context object AWS Lambda passes."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until this run is cut off."""


@cache
def _settings() -> Settings:
    return Settings.from_env(os.environ)


@cache
def _ports() -> Ports:
    settings = _settings()
    return build_ports(
        table_name=settings.table_name, metric_namespace=settings.metric_namespace, clock=_now, sleep=time.sleep
    )


def scale_to_zero(_event: object, context: Context) -> None:
    """Look after every service once; whatever the event says, the facts are read again."""
    settings, ports = _settings(), _ports()
    run_tick(
        ports,
        fallback=settings.metric_fallback,
        publish=settings.publish_state_metrics,
        ends_at=_ends_at(context),
    )


def scale_up(event: object, context: Context) -> dict[str, object]:
    """Wake the services the payload names, all of them for ``{}``; or let one leave, when Terraform asks."""
    ports = _ports()
    if is_from_terraform(event):
        assert isinstance(event, dict)
        return uninstall(ports, read_uninstall(event), ends_at=_ends_at(context))
    stored = ports.memories.read_all()
    request = read_wake_request(event, stored.services, stored.broken)
    progress = ask_for_wakes(ports, request.services, stored)
    if request.wait:
        progress = see_through(ports, progress, _ends_at(context))
    return answer(progress, stored.broken)


def _now() -> datetime:
    return datetime.now(UTC)


def _ends_at(context: Context) -> datetime:
    return _now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
