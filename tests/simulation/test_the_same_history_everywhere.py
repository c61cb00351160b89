"""A seed gives the same history in every process: the members of a set are sorted before they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
FOUND: Final = 5781247732966507
"""The seed for which the targets of two target groups were read in the order of a set."""
SEEDS: Final = (FOUND, 1, 2)
DAYS: Final = 2
SCRIPT: Final = """
import sys
from random import Random

from tests.simulation.interleavings.drawing import history_of
from tests.simulation.interleavings.playing import play
from tests.simulation.test_promises import begin, simulate

days, *seeds = map(int, sys.argv[1:])
for seed in seeds:
    random = Random(seed)
    with begin(seed, random) as sim:
        simulate(sim, random, days)
        print(sim.record.changes, sim.record.requests, sim.runs_begun)
for seed in range(100):
    played = play(history_of(seed))
    print(played.broken_promise, played.begun, sorted(map(str, played.struck)))
"""


def history(hash_seed: int) -> str:
    """Return the output of a process with this hash seed, which determines the order of sets."""
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "lambda_src")])
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(DAYS), *map(str, SEEDS)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_a_history_does_not_depend_on_the_order_of_sets() -> None:
    one, other = history(0), history(1)
    differing = [lines for lines in zip(one.splitlines(), other.splitlines(), strict=True) if lines[0] != lines[1]]
    assert not differing, f"{len(differing)} of {len(one.splitlines())} histories differ"
