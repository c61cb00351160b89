"""Draws a history from a seed. The same seed gives the same history everywhere: only ``random.Random`` draws.

Consecutive seeds take the pairs of operations in turn. Each pair occurs alternately in two kinds of histories. In one,
every kind of fault strikes, so that 1,200 seeds combine every pair with every kind. The other is nearly undisturbed,
and one operation begins during a call of another. The rest is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement
from random import Random
from typing import Final

from simulator.calls import SET_CONDITIONS, SET_DESIRED_COUNT, SUSPEND_SCALING
from simulator.runs import SCALE_UP, SLEEP, TICK, UNINSTALL, VISIT, WATCHER

from .history import ANY_RUN, CallOf, Delay, Denial, FaultKind, History, Kind, Operation, Scaled, Situation, Strike

PAIRS: Final = tuple(combinations_with_replacement(Kind, 2))
FAULTS: Final = tuple(FaultKind)
DENIALS: Final = tuple(denial for denial in Denial if denial)
DENIALS_DRAWN: Final = (*DENIALS, Denial.STOPS, Denial.TARGET_HEALTH, Denial.TARGET_HEALTH)
"""Calls that are made more rarely are denied more often."""
SITUATIONS: Final = (*Situation, Situation.IDLE, Situation.ABOUT_TO_STOP)
"""Situations shortly before a stop are drawn twice as often."""
RUN_OF: Final = {
    Kind.TICK: TICK,
    Kind.WAKE: SCALE_UP,
    Kind.VISIT: VISIT,
    Kind.HOLD: SCALE_UP,
    Kind.RELEASE: SCALE_UP,
    Kind.SLEEP: SLEEP,
    Kind.SCHEDULED_HOLD: SCALE_UP,
    Kind.SETTINGS: UNINSTALL,
    Kind.LEAVE: UNINSTALL,
    Kind.UNINSTALL: UNINSTALL,
    Kind.HOLD_ALL: SCALE_UP,
}
"""The kind of run that an operation begins. A deployment, ``update-service`` and a change of the scalable target begin
none."""
CHANGES: Final = (
    SET_DESIRED_COUNT,
    "write",
    "write",
    SET_CONDITIONS,
    SUSPEND_SCALING,
    "take_lease",
    "start_watcher",
    "notify",
    "record_notified",
)
"""The calls that change something."""
A_STOP_OR_START: Final = CallOf(ANY_RUN, 1, 1, SET_DESIRED_COUNT)
DENIED_SECONDS: Final = 1080
"""Calls are denied for longer than this."""
TICK_SECOND: Final = 10
"""The second of each minute at which the tick begins."""
TIMES_OUT_AFTER: Final = 8.0
"""Seconds after which the functions' AWS clients time out."""
HANGS: Final = 3600.0
"""In seconds, longer than any run lasts: it waits for the call until it is killed at its time limit."""
USUAL_CALLS: Final = 30
"""The runs of two operations and the next tick make about this many calls."""
ANY_VARIANT: Final = 12
"""At least as many as any kind has. Each kind takes the drawn number modulo the number of its variants."""


def history_of(seed: int) -> History:
    """Draw the history of a seed."""
    random = Random(seed)
    kinds = [*PAIRS[seed % len(PAIRS)], *random.choices(list(Kind), k=random.choice([0, 1, 2, 2]))]
    random.shuffle(kinds)
    within = random.choice([0.1, 1, 5, 20])
    operations = [Operation(kind, _seconds(random, within), random.randrange(ANY_VARIANT)) for kind in kinds]
    woken_by_requests = random.random() < 0.5 or Kind.VISIT in PAIRS[seed % len(PAIRS)]
    runs = _runs(kinds, woken_by_requests=woken_by_requests)
    own = [RUN_OF[kind] for kind in PAIRS[seed % len(PAIRS)] if kind in RUN_OF]
    strikes: list[Strike] = []
    delays = [
        Delay(_call(random, runs), _seconds(random, random.choice([1, 10, 50])))
        for _ in range(random.choice([0, 2, 4, 8]))
    ]
    if seed // len(PAIRS) % 2 or not own:
        strikes = [_strike(random, at, fault) for fault in FAULTS for at in _calls(random, own or [TICK, TICK])]
    else:  # nearly undisturbed, because little overlaps if much fails
        during = random.choice([A_STOP_OR_START, A_STOP_OR_START, _write(random), _call(random, runs)])
        operations[0] = replace(operations[0], during=during)
        delays.append(Delay(during, _seconds(random, random.choice([0.3, 3, 30]))))
        if random.random() < 0.4:
            strikes = [_strike(random, _call(random, runs), random.choice(FAULTS))]
    near_a_tick = random.random() < 0.6
    drawn = History(
        situation=random.choice(SITUATIONS),
        woken_by_requests=woken_by_requests,
        moment=round(TICK_SECOND + random.uniform(-1, 0.2) * within, 3) % 60 if near_a_tick else _seconds(random, 60),
        operations=tuple(operations),
        strikes=tuple(strikes),
        delays=tuple(delays),
        call_seconds=random.choice([0.0, 0.05, 0.3, 1.5]),
        rule_propagation=random.choice([0.0, 3.0, 20.0]),
        slower_start=random.choice([0.0, 0.0, 50.0]),
        stale_runs=random.choice([0, 0, 0, 1, 2]),
        watcher_after=random.choice([0.05, 0.05, 0.05, 14.0, None]),
        # New fields are drawn last, so that seeds recorded earlier still give the same operations.
        denied=random.choice(DENIALS_DRAWN) if random.random() < 0.25 else Denial.NOTHING,
        endless_grace=random.random() < 0.1,
        scaled=_scaled(random, kinds),
    )
    return _spread(random, drawn) if drawn.denied and random.random() < 0.5 else drawn


def _scaled(random: Random, kinds: list[Kind]) -> Scaled:
    """Draw a scalable target for every history that changes one, and for a third of the others."""
    scaled = random.choice([one for one in Scaled if one])
    return scaled if Kind.SCALING in kinds or random.random() < 0.33 else Scaled.NOT


def _spread(random: Random, history: History) -> History:
    """Return the same operations at any time of the denial, since deadlines pass late."""
    operations = (replace(one, after=_seconds(random, DENIED_SECONDS), during=None) for one in history.operations)
    return replace(history, operations=tuple(operations))


def _runs(kinds: list[Kind], *, woken_by_requests: bool) -> list[str]:
    """Return the kinds of runs whose calls may go wrong. The runs that the operations begin occur most often."""
    begun = [RUN_OF[kind] for kind in kinds if kind in RUN_OF and (kind is not Kind.VISIT or woken_by_requests)]
    return [TICK, *begun, *begun, *([WATCHER] if SCALE_UP in begun or VISIT in begun else [])]


def _seconds(random: Random, most: float) -> float:
    return round(random.uniform(0, most), 3)


def _call(random: Random, runs: list[str]) -> CallOf:
    """Draw any call of a run, or, just as often, a call that changes something."""
    run, number = random.choice(runs), random.choice([1, 1, 1, 2])
    if random.random() < 0.5:
        return CallOf(run, number, random.randint(1, random.choice([3, 3, 6, 16])))
    if random.random() < 0.5:
        run, number = ANY_RUN, 1
    return CallOf(run, number, random.choice([1, 1, 2]), random.choice(CHANGES))


def _calls(random: Random, runs: list[str]) -> Iterator[CallOf]:
    """Draw one call of each of these kinds of runs, and one of any run."""
    for run in runs:
        yield CallOf(run, random.randint(1, 4) if run == TICK else 1, random.randint(1, 5))
    yield CallOf(ANY_RUN, 1, random.randint(1, USUAL_CALLS))


def _write(random: Random) -> CallOf:
    """Draw one of the first writes after the moment."""
    return CallOf(ANY_RUN, 1, random.randint(1, 4), "write")


def _strike(random: Random, at: CallOf, fault: FaultKind) -> Strike:
    match fault:
        case FaultKind.REFUSED:
            return Strike(at, fault)
        case FaultKind.NOT_SENT | FaultKind.TIMED_OUT:
            late = _seconds(random, 60) if fault is FaultKind.TIMED_OUT and random.random() < 0.4 else None
            return Strike(at, fault, TIMES_OUT_AFTER, late)
        case FaultKind.KILLED_BEFORE:
            return Strike(at, fault, random.choice([0.0, HANGS]))
        case FaultKind.KILLED_AFTER:
            return Strike(at, fault, random.choice([0.02, _seconds(random, 50)]))
