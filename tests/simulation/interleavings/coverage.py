"""The coverage: which pairs of operations have met which kinds of faults, and how often each call was denied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from simulator.runs import TICK, WATCHER

from .drawing import DENIALS, FAULTS, PAIRS, RUN_OF
from .history import Denial, FaultKind, Kind
from .playing import Played

Pair = tuple[Kind, Kind]
Cell = tuple[Pair, FaultKind]


def seen_in(played: Played) -> set[Cell]:
    """Return the cells of the table that one history fills: both operations began, and a call met the fault.

    The call belongs to one of the two, or to a tick or a watcher, which complete what they began. A call of a third
    operation does not count.
    """
    order = list(Kind)
    cells = set()
    for pair in combinations(sorted(played.begun, key=order.index), 2):
        runs = {TICK, WATCHER} | {RUN_OF[kind] for kind in pair if kind in RUN_OF}
        cells |= {(pair, fault) for fault, run in played.struck if run in runs}
    return cells


def missing_in(seen: Iterable[Cell]) -> list[str]:
    """Return each pair with a kind of fault that it never met, in words."""
    known = set(seen)
    return [f"{' + '.join(pair)}, {fault}" for pair in PAIRS for fault in FAULTS if (pair, fault) not in known]


def table(seen: Iterable[Cell]) -> str:
    """Return a table of how often each pair met each kind of fault."""
    counts = Counter(seen)
    width = max(len(" + ".join(pair)) for pair in PAIRS)
    lines = [" " * width + "".join(f"  {fault}" for fault in FAULTS)]
    for pair in PAIRS:
        cells = (f"{counts[pair, fault]:>{len(fault) + 2}}" for fault in FAULTS)
        lines.append(f"{' + '.join(pair):<{width}}" + "".join(cells))
    return "\n".join(lines)


def denials_missing_in(denied: Iterable[Denial]) -> list[str]:
    """Return what was denied in no history, in words."""
    known = set(denied)
    return [denial for denial in DENIALS if denial not in known]


def denials(denied: Iterable[Denial]) -> str:
    """Return in how many histories each kind of call was denied."""
    counts = Counter(denied)
    return "denied: " + ", ".join(f"{denial} {counts[denial]}" for denial in DENIALS)


def summary(first: int, histories: int, seen: Sequence[Cell]) -> str:
    """Return a shorter table: for each pair, how often it met the kind of fault that it met most rarely."""
    counts = Counter(seen)
    rarest = {pair: min(counts[pair, fault] for fault in FAULTS) for pair in PAIRS}
    width = max(map(len, Kind))
    title = f"{histories} interleavings from seed {first}: how often each pair of operations met the rarest fault, of"
    lines = [f"{title} {', '.join(FAULTS)}"]
    for number, one in enumerate(Kind):
        cells = (f"{rarest[other, one]:>4}" for other in list(Kind)[: number + 1])
        lines.append(f"{one:<{width}}" + "".join(cells))
    return "\n".join(lines)
