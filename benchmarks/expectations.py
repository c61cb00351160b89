"""The expected maximum usage of a tick over 1,000 services. A benchmark that misses an expectation fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from scale_to_zero.model.quantities import counted

from .fleet import Scenario
from .measure import Measured

SERVICES: Final = 1000
SERVICES_DUE: Final = 300
MOST_CALLS_NONE_DUE: Final = 115
MOST_CALLS_SOME_DUE: Final = 130
MOST_SECONDS: Final = 8.0
"""The limit for every single tick, not for the median."""
MOST_BYTES: Final = 160 * 1024 * 1024

SOME_DUE: Final = Scenario(SERVICES, awake=SERVICES, due=SERVICES_DUE)
WITH_WAKE_RULES: Final = Scenario(SERVICES, awake=SERVICES, due=0, woken_by_requests=True)
"""There is no expectation of its calls: reading every rule needs one more call for each listener."""


def missed(measured: Iterable[Measured]) -> Iterator[str]:
    """Yield one sentence for each expectation that a scenario of 1,000 services misses, whatever the machine's load."""
    for each in _largest(measured):
        scenario = each.scenario
        most_calls = (
            None
            if scenario.woken_by_requests
            else {0: MOST_CALLS_NONE_DUE, SERVICES_DUE: MOST_CALLS_SOME_DUE}.get(scenario.due)
        )
        if most_calls is not None and each.calls > most_calls:
            yield f"{scenario}: a tick made {counted(each.calls, 'call')}; at most {most_calls} are expected."
        if each.peak_bytes >= MOST_BYTES:
            peak, most = each.peak_bytes / 1024 / 1024, MOST_BYTES // 1024 // 1024
            yield f"{scenario}: memory peaked at {peak:.0f} MiB; less than {most} MiB is expected."


def too_slow(measured: Iterable[Measured]) -> Iterator[str]:
    """Yield one sentence for each scenario of 1,000 services with a tick that took too long."""
    for each in _largest(measured):
        if each.slowest_seconds > MOST_SECONDS:
            took = f"a tick took {each.slowest_seconds:.1f} s"
            yield f"{each.scenario}: {took}; at most {MOST_SECONDS:.0f} s are expected."


def _largest(measured: Iterable[Measured]) -> Iterator[Measured]:
    return (each for each in measured if each.scenario.services == SERVICES)
