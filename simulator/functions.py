"""What the runs of the functions do, as Lambda begins them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.ports import Ports
from scale_to_zero.tick.run import TickFailed, run_tick

LONGEST_HOLD: Final = timedelta(days=7)
"""The default of the Terraform module."""
FAILURES: Final = (CallFailed, TickFailed, UninstallFailed, WakeFailed)
"""With these a run fails, so that Lambda counts an error."""

Function = Callable[[Ports, datetime], object]
"""What a run does: with its ports, until it is cut off at an instant by its own clock; it answers, or fails."""


def tick(ports: Ports, ends_at: datetime) -> None:
    """A run of scale-to-zero that its schedule begins."""
    run_tick(ports, publish=False, ends_at=ends_at)


def asleep(payload: Mapping[str, object]) -> Function:
    """A run of scale-to-zero that gets a request to put services to sleep."""
    return lambda ports, ends_at: run_sleep(ports, payload, ends_at=ends_at)


def scaled_up(payload: Mapping[str, object]) -> Function:
    """A run of scale-up with this payload."""
    return lambda ports, ends_at: run_scale_up(ports, payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
