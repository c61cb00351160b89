"""Replays seeds, or tries fresh ones. Exits with 1 if a promise was broken."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from .coverage import Cell, denials, seen_in, table
from .drawing import history_of
from .history import Denial
from .playing import play
from .reporting import report

PROGRESS_EVERY = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, metavar="SEED", help="replay the history of this seed")
    parser.add_argument("--fresh", type=int, default=0, metavar="N", help="try N fresh seeds")
    chosen = parser.parse_args()
    if not chosen.seeds and not chosen.fresh:
        parser.error("name a SEED, or --fresh N")
    first = secrets.randbits(48)
    return try_all([*chosen.seeds, *range(first, first + chosen.fresh)])


def try_all(seeds: list[int]) -> int:
    """Play the history of each seed; report each broken promise and what was covered. Return the exit code."""
    seen: list[Cell] = []
    denied: list[Denial] = []
    failing: list[int] = []
    reported_at = time.monotonic()
    for number, seed in enumerate(seeds, 1):
        played = play(history_of(seed))
        seen += seen_in(played)
        denied.append(played.denied)
        if played.broken_promise:
            failing.append(seed)
            print(report(seed, played), flush=True)
        if time.monotonic() - reported_at > PROGRESS_EVERY:
            reported_at = time.monotonic()
            print(f"{number} of {len(seeds)} histories, {len(failing)} broken", file=sys.stderr, flush=True)
    if len(seeds) > 1:
        print(table(seen))
        print(denials(denied))
    print(f"{len(seeds)} histories, seeds {seeds[0]} to {seeds[-1]}: {len(failing)} broken")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
