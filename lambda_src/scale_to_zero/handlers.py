"""The handlers that AWS Lambda calls, one for each function. They connect to AWS on the first call of an instance."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Protocol

from scale_to_zero.actions.notification_events import event_detail
from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.rules.payload import is_sleep_request
from scale_to_zero.tick.run import run_tick
from scale_to_zero.web.page import render_page
from scale_to_zero.web.visitor import CachedHealth, answer_not_set_up, answer_visitor

from .aws import build_ports
from .ports import Ports
from .settings import Settings, SettingsRefused

# The module logs from INFO on; other libraries, such as botocore at each cold start, only from WARNING on.
logging.getLogger().setLevel(logging.WARNING)
logging.getLogger(__package__).setLevel(logging.INFO)
logger = logging.getLogger(__name__)


class Context(Protocol):
    """The used part of the context object that AWS Lambda passes."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until this run is cut off."""


class ContextWithArn(Context, Protocol):
    """The same, for a function that must know its own ARN."""

    invoked_function_arn: str


@cache
def _settings() -> Settings:
    return Settings.from_env(os.environ)


@cache
def _ports() -> Ports:
    settings = _settings()
    return build_ports(
        instance=settings.instance,
        table_name=settings.table_name,
        metric_namespace=settings.metric_namespace,
        scale_up_function=settings.scale_up_function,
        scale_to_zero_function=settings.scale_to_zero_function,
        event_detail=partial(event_detail, instance=settings.instance, language=settings.language),
        clock=_now,
        sleep=time.sleep,
    )


@cache
def _ports_for_visitors() -> Ports:
    ports = _ports()
    return replace(ports, target_groups=CachedHealth(ports.target_groups, ports.clock))


def scale_to_zero(event: object, context: Context) -> dict[str, object] | None:
    """Manage every service once, or put the services to sleep that the event names."""
    settings, ports = _settings(), _ports()
    if is_sleep_request(event):
        return run_sleep(ports, event, ends_at=_ends_at(context))
    run_tick(ports, publish=settings.publish_state_metrics, ends_at=_ends_at(context))
    return None


def scale_up(event: object, context: Context) -> dict[str, object]:
    """Wake, hold or release the services that the payload names; or uninstall one, when Terraform invokes it."""
    return run_scale_up(_ports(), event, longest_hold=_settings().longest_hold, ends_at=_ends_at(context))


def wake(event: object, context: Context) -> dict[str, object]:
    """Answer a request that the load balancer sends to the wake function. Never raises."""
    try:
        return answer_visitor(_ports_for_visitors(), event, render=render_page, ends_at=_ends_at(context))
    except SettingsRefused as error:
        logger.error(str(error))
    except Exception:
        logger.exception("the wake function could not be set up")
    return answer_not_set_up(event, render=render_page)


def api(event: object, _context: Context) -> dict[str, object]:
    """Answer a call of the HTTP API. Never raises."""
    # Imported only here: every module that all functions load at their start delays visitors of a sleeping service.
    from scale_to_zero.web.api import answer_call  # noqa: PLC0415
    from scale_to_zero.web.api import answer_not_set_up as answer_caller_not_set_up  # noqa: PLC0415

    try:
        return answer_call(_ports(), event, longest_hold=_settings().longest_hold)
    except SettingsRefused as error:
        logger.error(str(error))
    except Exception:
        logger.exception("the API could not be set up")
    return answer_caller_not_set_up()


def panel(event: object, context: ContextWithArn) -> str:
    """Return the dashboard's control panel as HTML, after carrying out the action of the pressed button, if any."""
    from scale_to_zero.web.panel import show_panel  # noqa: PLC0415 - as in ``api``

    settings = _settings()
    return show_panel(
        _ports(),
        event,
        function_arn=context.invoked_function_arn,
        language=settings.language,
        longest_hold=settings.longest_hold,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _ends_at(context: Context) -> datetime:
    return _now() + timedelta(milliseconds=context.get_remaining_time_in_millis())
