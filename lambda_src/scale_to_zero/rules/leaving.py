"""The mark of a service that leaves the module. Pure.

Terraform invokes the scale-up function, which brings the service back, and deletes the configuration seconds later.
Until then the service is still configured, so a tick or a request could stop it again. The mark in its state prevents
that: every stop writes the state first, and so meets the mark. The mark outlives the configuration, because a run may
have read the configuration long before it acts. DynamoDB deletes it after some days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.service_state import Leaving, ServiceState

LONGEST_UNFINISHED: Final = timedelta(minutes=20)
"""An uninstall that has not ended by then was killed: AWS Lambda ends every run after 15 minutes.

Terraform still has its invocation, so the service stays in the module until Terraform runs again.
"""
LONGEST_CONFIGURED: Final = timedelta(hours=1)
"""A service that has left is reported if it is still configured after that.

Terraform deletes the configuration when all invocations of a destroy have ended, which takes minutes as a rule.
"""


def leaves(state: ServiceState, now: datetime) -> bool:
    """Whether the service has left the module, or an uninstall that lets it leave is under way."""
    leaving = state.leaving
    return leaving is not None and (leaving.done or now < leaving.since + LONGEST_UNFINISHED)


def marked_as_left(state: ServiceState, now: datetime) -> ServiceState:
    """The state of a service whose uninstall has succeeded."""
    return replace(state, leaving=Leaving(state.leaving.since if state.leaving else now, done=True))
