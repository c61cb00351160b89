"""Where AWS Lambda enters: one function per purpose, wired to AWS on the first call and kept while warm."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from .aws import build_ports
from .ports import Ports
from .scale_up import run_scale_up
from .settings import Settings, SettingsRefused
from .tick import run_tick
from .visitor import KeptHealth, answer_visitor, turn_away

logging.getLogger().setLevel(logging.INFO)
logger = logging.getLogger(__name__)


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
        table_name=settings.table_name,
        metric_namespace=settings.metric_namespace,
        scale_up_function=settings.scale_up_function,
        clock=_now,
        sleep=time.sleep,
    )


@cache
def _ports_for_visitors() -> Ports:
    ports = _ports()
    return replace(ports, target_groups=KeptHealth(ports.target_groups, ports.clock))


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
    return run_scale_up(_ports(), event, ends_at=_ends_at(context))


def wake(event: object, context: Context) -> dict[str, object]:
    """Answer a request that a load balancer sends here because its service does not run. Never raises."""
    try:
        return answer_visitor(_ports_for_visitors(), event, ends_at=_ends_at(context))
    except SettingsRefused as error:
        logger.error(str(error))
    except Exception:
        logger.exception("the wake function is not set up")
    return turn_away(event)


def _now() -> datetime:
    return datetime.now(UTC)


def _ends_at(context: Context) -> datetime:
    return _now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
