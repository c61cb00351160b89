"""``examples/staging`` on ``local_aws``, put to sleep and observed while real clients wake it.

Time stands still until it is moved. While clients wait, it runs as fast as real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console

from local_aws import LocalAws
from scripts.demo.deployment import staging
from scripts.demo.service_client import ServiceClient
from simulator.world import TargetState, Timings

from .measure import NothingMeasured

SEED: Final = 1
START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
LONGEST_TO_SLEEP: Final = 30
TIMINGS: Final = Timings(
    scheduling=timedelta(seconds=1),
    task_start=timedelta(seconds=5),
    health_check=timedelta(seconds=2),
    rule_propagation=timedelta(0),
)
"""A small image, so that the clients do not wait long. A changed rule takes effect at once."""


class NotAsleep(NothingMeasured):
    """The service did not go to sleep, so nothing can be measured."""


class SleepingStaging:
    """The deployed service. ``url`` is the address of its load balancer."""

    def __init__(self, aws: LocalAws, client: ServiceClient) -> None:
        self.aws = aws
        self.url = client.url
        self._client = client
        self._target_group = client.subject.target_group_arn

    def start_by_hand(self) -> None:
        """Let the service run once, so that it has a count to restore."""
        self._client.start_by_hand(desired=1)
        self.aws.advance(5 * MINUTE)

    def fall_asleep(self) -> None:
        """Let minutes pass until the service has no tasks. Raise ``NotAsleep`` if this takes too long."""
        for _ in range(LONGEST_TO_SLEEP):
            self.aws.advance(MINUTE)
            facts = self._client.observe(self.aws.now())
            if facts.desired == 0 and facts.running == 0:
                self.aws.advance(2 * MINUTE)
                return
        raise NotAsleep(f"the service was not at zero after {LONGEST_TO_SLEEP} minutes without a request")

    def healthy(self) -> bool:
        """Return whether a task of the service can answer now."""
        with self.aws.lock:
            targets = self.aws.world.target_health(self._target_group)
        return any(target.state is TargetState.HEALTHY for target in targets)

    def calls(self, call: str) -> int:
        """Return how often an AWS call, such as ``ecs.UpdateService``, was made until now."""
        return self.aws.calls[call]


@contextmanager
def sleeping_staging() -> Iterator[SleepingStaging]:
    """Apply the example, run its service once, and let it fall asleep. Destroy the example at the end."""
    console = Console(stderr=True, quiet=True)
    with LocalAws(seed=SEED, start=START, timings=TIMINGS) as aws, staging(aws, console) as (deployment, client):
        subject = SleepingStaging(aws, client)
        subject.start_by_hand()
        subject.fall_asleep()
        yield subject
        with aws.running(60):
            deployment.destroy()
