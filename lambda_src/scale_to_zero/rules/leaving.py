"""The mark of a service that leaves the module. Pure.

Terraform invokes the scale-up function, which starts the service again, and deletes the configuration seconds later.
Until then the service is still configured, so a tick or a request could stop it again. The mark in the service state
prevents such a stop: every stop writes the service state first, and this write fails if the mark was set meanwhile.
The mark stays after the configuration is deleted, because a run may have read the configuration long before it acts.
DynamoDB deletes the mark after some days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.service_state import Leaving, ServiceState

LONGEST_UNFINISHED: Final = timedelta(minutes=20)
"""An uninstall that has not ended by then was cut off: AWS Lambda ends every run after 15 minutes.

Terraform still has its invocation, so the service stays in the module until Terraform runs again.
"""
LONGEST_CONFIGURED: Final = timedelta(hours=1)
"""A service that leaves is reported if it is still configured after this time.

Terraform deletes the configuration when all invocations of a destroy have ended, usually after minutes.
"""


def leaves(state: ServiceState, now: datetime) -> bool:
    """Return whether the service has left the module, or its uninstall is under way."""
    leaving = state.leaving
    return leaving is not None and (leaving.done or now < leaving.since + LONGEST_UNFINISHED)


def marked_as_left(state: ServiceState, now: datetime) -> ServiceState:
    """Return the state of a service whose uninstall has succeeded."""
    return replace(state, leaving=Leaving(state.leaving.since if state.leaving else now, done=True))
