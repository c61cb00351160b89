"""The clients of the benchmark's crowd wait in virtual time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks import crowd
from benchmarks.sleeping_staging import START, SleepingStaging


@pytest.mark.parametrize(
    ("samples", "most"),
    [
        ([], 0),
        ([(0.0, 5, 0.0), (9.0, 5, 9.0)], 0),
        ([(0.0, 0, 0.0), (5.0, 2, 5.0)], 1),
        ([(0.0, 0, 0.0), (0.5, 1, 0.5), (0.9, 2, 0.9), (1.1, 3, 1.1)], 2),
        # The thread had to wait, so the second call was possibly made later.
        ([(0.0, 0, 0.0), (0.5, 2, 1.2)], 1),
    ],
)
def test_only_calls_that_were_certainly_made_within_a_second_are_counted_together(
    samples: list[tuple[float, int, float]], most: int
) -> None:
    sampler = crowd.CallSampler(cast(SleepingStaging, None), crowd.TARGET_HEALTH)
    sampler._samples = samples
    assert sampler.most_in_a_second == most


def test_clients_retry_by_virtual_time() -> None:
    instants = [START, START, START + timedelta(seconds=9), START + timedelta(seconds=10)]
    aws = SimpleNamespace(now=lambda: instants.pop(0))
    waited: list[float] = []

    async def record(seconds: float) -> None:
        waited.append(seconds)

    subject = cast(SleepingStaging, SimpleNamespace(aws=aws))
    waiting = crowd.wait_until(START + timedelta(seconds=10), subject, sleep=record)
    # In its own thread: after browser tests, Playwright's event loop still runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, waiting).result()
    assert waited == [10, 10, 1]
