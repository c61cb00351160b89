"""Calls stay within one of AWS's rates: some pass at once, the others at a fixed number per second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.actions.rate_limiter import Rate, RateLimiter, SharedRateLimiter
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World
from tests.unit.timeline import at


class Calls:
    """Calls of one run, and when each was made, in seconds."""

    def __init__(self, rate: Rate) -> None:
        self.world = World(seed=1, start=at("10:00"), timings=Timings(jitter=0))
        self.ports = InMemoryPorts(self.world)
        self.limiter = RateLimiter(self.ports.gathered(), rate)

    def make(self, calls: int) -> list[float]:
        made = []
        for _ in range(calls):
            self.limiter.wait()
            made.append(round((self.world.now - at("10:00")).total_seconds(), 3))
        return made


def test_calls_pass_at_once_until_the_bucket_is_empty_and_then_at_its_rate() -> None:
    assert Calls(Rate(at_once=3, a_second=2)).make(7) == [0, 0, 0, 0.5, 1, 1.5, 2]


def test_the_bucket_fills_between_calls_but_never_above_its_size() -> None:
    calls = Calls(Rate(at_once=3, a_second=2))
    calls.make(3)
    calls.world.advance(timedelta(seconds=1))
    assert calls.make(3) == [1, 1, 1.5]
    calls.world.advance(timedelta(hours=1))
    assert calls.make(4) == [3601.5, 3601.5, 3601.5, 3602]


@pytest.mark.parametrize("back", [0.5, 60])
def test_a_clock_that_is_set_back_makes_no_call_wait_longer_than_the_rate_requires(back: float) -> None:
    calls = Calls(Rate(at_once=1, a_second=1))
    calls.make(1)
    calls.ports.clock_ahead = -timedelta(seconds=back)
    assert calls.make(2) == [1, 2]


def test_a_call_that_passes_at_once_takes_a_token_from_the_bucket() -> None:
    calls = Calls(Rate(at_once=2, a_second=1))
    assert [calls.limiter.at_once() for _ in range(3)] == [True, True, False]
    assert calls.make(1) == [1]


def test_no_call_of_several_threads_passes_at_once_after_the_end() -> None:
    world = World(seed=1, start=at("10:00"), timings=Timings(jitter=0))
    limiter = SharedRateLimiter(InMemoryPorts(world).gathered(), Rate(at_once=3, a_second=1), until=at("10:01"))
    assert limiter.at_once()
    world.advance(timedelta(minutes=1))
    assert (limiter.at_once(), limiter.wait()) == (False, False)
