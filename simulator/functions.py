"""What the runs of the functions do when Lambda starts them."""

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
"""A run that raises one of these fails, so Lambda counts an error."""

Function = Callable[[Ports, datetime], object]
"""The work of one run. It gets the run's ports, and the instant by its own clock at which it is cut off."""


def tick(ports: Ports, ends_at: datetime) -> None:
    """Run scale-to-zero as its schedule does."""
    run_tick(ports, publish=False, ends_at=ends_at)


def asleep(payload: Mapping[str, object]) -> Function:
    """Return a run of scale-to-zero that gets a request to put services to sleep."""
    return lambda ports, ends_at: run_sleep(ports, payload, ends_at=ends_at)


def scaled_up(payload: Mapping[str, object]) -> Function:
    """Return a run of scale-up with this payload."""
    return lambda ports, ends_at: run_scale_up(ports, payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
