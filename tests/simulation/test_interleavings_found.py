"""Histories that once broke a promise, cut to what mattered. A comment has the seed that found each."""

from __future__ import annotations

from typing import Final

import pytest

from .interleavings.history import CallOf, Delay, Denial, FaultKind, History, Kind, Operation, Situation, Strike
from .interleavings.playing import play

FOUND: Final = {
    # Seed 31855.
    "a request to sleep arrived just after it had left": History(
        Situation.USED,
        woken_by_requests=False,
        moment=28.906,
        operations=(Operation(Kind.LEAVE, 0.376), Operation(Kind.SLEEP, 3.229)),
    ),
    # Seed 295.
    "a request to sleep arrived while it left": History(
        Situation.IDLE,
        woken_by_requests=False,
        moment=52.556,
        operations=(Operation(Kind.LEAVE, 0.21), Operation(Kind.SLEEP, 0.39)),
        delays=(Delay(CallOf("sleep", 1, 2), 0.058),),
    ),
    # Seed 50.
    "a request to sleep arrived after a first try to leave was killed": History(
        Situation.NEW,
        woken_by_requests=False,
        moment=41.589,
        operations=(Operation(Kind.LEAVE, 0.426), Operation(Kind.SLEEP, 1.736)),
        strikes=(Strike(CallOf("uninstall", 1, 5), FaultKind.KILLED_AFTER, 0.02),),
        call_seconds=1.5,
    ),
    # Seed 2383.
    "a tick had decided to stop it before it left": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=False,
        moment=3.546,
        operations=(Operation(Kind.TICK, 1.502), Operation(Kind.LEAVE, 4.365)),
        call_seconds=1.5,
    ),
    # Seed 30281.
    "a wake had read it before it left, and a hold was requested after": History(
        Situation.USED,
        woken_by_requests=True,
        moment=16.775,
        operations=(
            Operation(Kind.LEAVE, 0.133),
            Operation(Kind.WAKE, 0.14),
            Operation(Kind.SCHEDULED_HOLD, 0.85),
        ),
        delays=(Delay(CallOf("uninstall", 1, 2), 0.732), Delay(CallOf("scale_up", 1, 2), 8.713)),
        call_seconds=0.3,
    ),
    # Seed 30460.
    "a hold began as it left, and a tick had decided before": History(
        Situation.IDLE,
        woken_by_requests=False,
        moment=7.364,
        operations=(Operation(Kind.LEAVE, 0.039), Operation(Kind.HOLD, 0.047)),
        strikes=(Strike(CallOf("scale_up", 1, 3), FaultKind.TIMED_OUT, 8.0, effect_after=31.213),),
        call_seconds=1.5,
    ),
    # Seed 2361.
    "a wake began as it left, and a tick had decided before": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=False,
        moment=6.468,
        operations=(
            Operation(Kind.WAKE, 0.051),
            Operation(Kind.TICK, 0.056),
            Operation(Kind.TICK, 0.094),
            Operation(Kind.LEAVE, 0.096),
        ),
        call_seconds=1.5,
    ),
    # Seed 1849.
    "a request to sleep was pending as it left": History(
        Situation.FAILED,
        woken_by_requests=True,
        moment=46.164,
        operations=(
            Operation(Kind.SLEEP, 0.002),
            Operation(Kind.SETTINGS, 0.011, 2),
            Operation(Kind.TICK, 0.014),
            Operation(Kind.LEAVE, 0.054),
        ),
        strikes=(
            Strike(CallOf("any run", 1, 5), FaultKind.TIMED_OUT, 8.0),
            Strike(CallOf("any run", 1, 15), FaultKind.KILLED_BEFORE, 3600.0),
            Strike(CallOf("any run", 1, 9), FaultKind.KILLED_AFTER, 35.947),
        ),
    ),
    # Seed 5148974694936400108, with code whose release did not write the service state again: no test covered this.
    "a tick had decided to stop it before its mode changed": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=True,
        moment=18.396,
        operations=(Operation(Kind.SETTINGS, 0.055),),
        call_seconds=1.5,
        rule_propagation=3.0,
    ),
    # Seed 7017, with code that kept the lease of a refused stop: clients of a running service got the waiting page.
    "ECS refused each stop": History(
        Situation.USED,
        woken_by_requests=True,
        moment=6.629,
        operations=(Operation(Kind.SET_COUNT, 12.924, 8),),
        denied=Denial.STOPS,
    ),
    # Seed 7001, with code that left a service draining if DescribeServices failed.
    "ECS could not be read while it drained": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=True,
        moment=8.614,
        operations=(Operation(Kind.SETTINGS, 3.311, 11),),
        denied=Denial.DESCRIPTIONS,
    ),
    # Seed 7140, with code that left a service waking if DescribeServices failed.
    "ECS could not be read while it woke": History(
        Situation.WAKING,
        woken_by_requests=False,
        moment=0.0,
        operations=(Operation(Kind.TICK, 1.0),),
        slower_start=50.0,
        denied=Denial.DESCRIPTIONS,
    ),
    # Seed 7244, with code in which a wake failed only if its service was observed.
    "its tasks could not be listed while it woke": History(
        Situation.ASLEEP,
        woken_by_requests=False,
        moment=46.397,
        operations=(Operation(Kind.WAKE, 0.073),),
        denied=Denial.TASKS,
    ),
    # The same, for clients.
    "the health of its targets could not be read while it woke": History(
        Situation.ASLEEP,
        woken_by_requests=True,
        moment=46.397,
        operations=(Operation(Kind.VISIT, 0.073),),
        denied=Denial.TARGET_HEALTH,
    ),
    # Seed 328: the failed wake was abandoned because of a request to sleep that was long out of date.
    "a request to sleep arrived for a failed wake, and its tasks could not be listed": History(
        Situation.FAILED,
        woken_by_requests=False,
        moment=11.445,
        operations=(Operation(Kind.SLEEP, 18.434),),
        denied=Denial.TASKS,
    ),
    # Seed 7112, with code in which the deadline was the health-check grace period of 68 years.
    "its health-check grace period was endless": History(
        Situation.FAILED,
        woken_by_requests=True,
        moment=5.45,
        operations=(Operation(Kind.TICK, 3.082),),
        denied=Denial.TASKS,
        endless_grace=True,
    ),
    # Found with operations that begin at any time of a denial: a failed wake was abandoned when it was deployed.
    "it was deployed after its wake had failed": History(
        Situation.WAKING,
        woken_by_requests=False,
        moment=30.0,
        operations=(Operation(Kind.DEPLOYMENT, 880.0),),
        denied=Denial.TARGET_HEALTH,
    ),
    # Found in the same way: a refused stop was repeated each minute, and no run observed whether the service was ready.
    "a request to sleep arrived while it woke, and ECS refused the stop": History(
        Situation.ASLEEP,
        woken_by_requests=False,
        moment=35.22,
        operations=(Operation(Kind.HOLD, 427.09, 10), Operation(Kind.SLEEP, 497.36, 1)),
        slower_start=50.0,
        denied=Denial.STOPS,
    ),
    # Seed 7598929507212200069: a tick disarmed the rules while the stop of another tick was under way.
    "its mode was changed while it was being stopped": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=True,
        moment=10.367,
        operations=(
            Operation(Kind.SETTINGS, 1.755, 0, CallOf("any run", 1, 1, "set_desired_count")),
            Operation(Kind.VISIT, 1.897),
            Operation(Kind.TICK, 0.265),
        ),
        delays=(Delay(CallOf("any run", 1, 1, "set_desired_count"), 6.018),),
    ),
    # The checker confused what a run observed after its stop timed out with what it had observed before.
    "a deployment began before a late stop took effect": History(
        Situation.AWAKE_AGAIN,
        woken_by_requests=False,
        moment=5.577,
        operations=(Operation(Kind.SLEEP, 0.976), Operation(Kind.DEPLOYMENT, 2.256)),
        strikes=(Strike(CallOf("any run", 1, 10), FaultKind.TIMED_OUT, 8.0, effect_after=15.583),),
    ),
    # Seed 5781247732966500198. The checker treated a deployment that began during an observation as observed.
    "a deployment began as soon as a tick had observed": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=True,
        moment=38.542,
        operations=(Operation(Kind.DEPLOYMENT, 7.088, during=CallOf("tick", 1, 3)),),
    ),
    # Seed 24298379165182600634.
    "a scheduled hold was requested again after the mode had become dry_run": History(
        Situation.NEW,
        woken_by_requests=False,
        moment=10.877,
        operations=(
            Operation(Kind.SET_COUNT, 1.807),
            Operation(Kind.WAKE, 1.4),
            Operation(Kind.SETTINGS, 4.951),
            Operation(Kind.SCHEDULED_HOLD, 1.719),
        ),
        strikes=(
            Strike(CallOf("any run", 1, 8), FaultKind.NOT_SENT, 8.0),
            Strike(CallOf("scale_up", 1, 1), FaultKind.TIMED_OUT, 8.0, effect_after=22.197),
        ),
    ),
    # Seed 22853155671550200051. The checker treated the write of a request to sleep as the beginning of the stop.
    "a request to sleep cancelled the wake that waited for a slow stop": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=True,
        moment=2.442,
        operations=(
            Operation(Kind.VISIT, 15.016, during=CallOf("any run", 1, 1, "set_desired_count")),
            Operation(Kind.SLEEP, 13.488),
        ),
        delays=(Delay(CallOf("any run", 1, 1, "set_desired_count"), 29.718),),
    ),
    # Seed 1404703670424500759. The checker counted the observed time of a failed wake from the second of its start.
    "a failed wake that started late was abandoned by metrics of whole minutes": History(
        Situation.ASLEEP,
        woken_by_requests=False,
        moment=7.588,
        operations=(Operation(Kind.SLEEP, 3.274), Operation(Kind.HOLD, 1.777), Operation(Kind.WAKE, 1.471)),
        strikes=(
            Strike(CallOf("any run", 1, 9), FaultKind.NOT_SENT, 8.0),
            Strike(CallOf("scale_up", 1, 1), FaultKind.REFUSED, 0.0),
            Strike(CallOf("any run", 1, 17), FaultKind.REFUSED, 0.0),
            Strike(CallOf("any run", 1, 15), FaultKind.TIMED_OUT, 8.0),
            Strike(CallOf("any run", 1, 6), FaultKind.KILLED_BEFORE, 0.0),
        ),
        denied=Denial.TARGET_HEALTH,
    ),
    # Seed 1404703670424500938. The checker saw a fault only when its call began, not when it took effect.
    "a stop whose write timed out took back a request to sleep that came meanwhile": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=False,
        moment=4.124,
        operations=(
            Operation(Kind.SLEEP, 4.64),
            Operation(Kind.RELEASE, 2.036),
            Operation(Kind.HOLD, 4.607),
            Operation(Kind.SLEEP, 2.326),
        ),
        strikes=(
            Strike(CallOf("any run", 1, 19), FaultKind.NOT_SENT, 8.0),
            Strike(CallOf("any run", 1, 25), FaultKind.TIMED_OUT, 8.0),
            Strike(CallOf("any run", 1, 16), FaultKind.KILLED_BEFORE, 0.0),
            Strike(CallOf("any run", 1, 5), FaultKind.KILLED_AFTER, 8.694),
        ),
        call_seconds=0.05,
    ),
}


@pytest.mark.parametrize("history", FOUND.values(), ids=[name.replace(" ", "-") for name in FOUND])
def test_a_fixed_defect_stays_fixed(history: History) -> None:
    assert play(history).broken_promise == ""
