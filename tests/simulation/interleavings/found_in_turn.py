"""Histories that once broke a promise while each wake waited for its turn. A comment has the seed that found each."""

from __future__ import annotations

from typing import Final

from .history import CallOf, Delay, FaultKind, History, Kind, Operation, Situation, Strike

A_STOP_OR_START: Final = CallOf("any run", 1, 1, "set_desired_count")

FOUND_IN_TURN: Final = {
    # Seed 15751064009676001209.
    "a failed wake that an operator stopped in ECS was requested again and had to wait for its turn": History(
        Situation.FAILED,
        woken_by_requests=False,
        moment=9.909,
        operations=(
            Operation(Kind.WAKE, 0.021, 2, A_STOP_OR_START),
            Operation(Kind.TICK, 0.079, 11),
            Operation(Kind.WAKE, 0.044, 2),
            Operation(Kind.SET_COUNT, 0.029, 9),
        ),
        strikes=(Strike(CallOf("scale_up", 1, 3), FaultKind.KILLED_BEFORE),),
        delays=(
            Delay(CallOf("watcher", 2, 1), 21.273),
            Delay(CallOf("scale_up", 1, 2, "write"), 0.466),
            Delay(CallOf("scale_up", 2, 1), 16.968),
            Delay(CallOf("tick", 1, 11), 8.047),
            Delay(A_STOP_OR_START, 0.126),
        ),
        call_seconds=0.3,
        rule_propagation=20.0,
        slower_start=50.0,
    ),
    # Seed 5000124.
    "a slow request to sleep, by force, stopped a service that was held and waited for its turn": History(
        Situation.ABOUT_TO_STOP,
        woken_by_requests=False,
        moment=9.909,
        operations=(
            Operation(Kind.LEAVE, 0.092, 2, A_STOP_OR_START),
            Operation(Kind.SLEEP, 0.056, 9),
            Operation(Kind.HOLD, 0.06, 3),
        ),
        strikes=(Strike(CallOf("uninstall", 1, 2), FaultKind.TIMED_OUT, 8.0, 24.341),),
        delays=(
            Delay(CallOf("sleep", 1, 1), 7.445),
            Delay(CallOf("any run", 1, 1, "write"), 5.169),
            Delay(CallOf("scale_up", 2, 3), 7.939),
            Delay(CallOf("uninstall", 2, 1), 6.391),
            Delay(CallOf("any run", 1, 1, "set_conditions"), 0.84),
            Delay(CallOf("sleep", 2, 1), 0.381),
            Delay(CallOf("watcher", 1, 1, "start_watcher"), 0.845),
            Delay(CallOf("sleep", 1, 1, "start_watcher"), 15.841),
            Delay(A_STOP_OR_START, 2.887),
        ),
        call_seconds=0.05,
        stale_runs=2,
    ),
}
