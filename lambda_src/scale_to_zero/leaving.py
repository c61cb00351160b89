"""The mark of a service that leaves the module. Pure.

Terraform invokes the scale-up function, which brings the service back, and deletes the configuration seconds later.
Until then the service is still configured, so a tick or a request could stop it again. The mark in its memory prevents
that: every stop writes the memory first, and so meets the mark. The mark outlives the configuration, because a run may
have read the configuration long before it acts. DynamoDB deletes it after some days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .memory import Memory, Phase

LONGEST_LEAVING: Final = timedelta(hours=6)
"""A service that is still configured so long after it began to leave has stayed: its destroy failed and was given up.

Terraform deletes the configuration when every invocation of a destroy has ended, which of a thousand services takes
hours at worst: ten at a time, each at most as long as a stop that is under way, 65 seconds.
"""
MARK_KEPT: Final = timedelta(days=7)
"""Longer than any run that read the configuration lasts: AWS Lambda ends it after 15 minutes."""


def leaves(memory: Memory, now: datetime) -> bool:
    """Whether the service is leaving the module, or has left it."""
    return memory.leaving is not None and now < memory.leaving + LONGEST_LEAVING


def marked_as_leaving(memory: Memory, now: datetime) -> Memory:
    """The memory of a service that leaves from now on, without its hold and its pending requests."""
    return replace(memory, leaving=now, hold=None, sleep_requested=None, wake_requested=None)


def staying(memory: Memory, now: datetime) -> Memory:
    """The memory of a service that leaves no more; one that is awake gets its whole idle window."""
    return replace(memory, leaving=None, since=now if memory.phase is Phase.AWAKE else memory.since)
