"""The invocations that failed in EventBridge: AWS only counts them, here each has a record with the reason."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class FailedInvocation:
    """A rule or a schedule was due, or a rule matched an event, and its target could not be invoked.

    ``rule_name``: the rule's name; for a schedule its group and name, such as ``schedule/default/office``.
    """

    instant: datetime
    rule_name: str
    target_arn: str
    reason: str


class FailedInvocations(list[FailedInvocation]):
    """All failed invocations, in the order in which they happened; each is also logged."""

    def add(self, instant: datetime, rule_name: str, target_arn: str, reason: str) -> None:
        """Record and log one failed invocation."""
        self.append(FailedInvocation(instant, rule_name, target_arn, reason))
        _LOGGER.warning("%s could not invoke %s: %s", rule_name, target_arn, reason)
