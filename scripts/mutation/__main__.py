"""Put a seeded sample of defects into the rules, and show those that the tests do not notice.

make mutation                    400 defects of the commit that is checked out, without uncommitted changes
make mutation COMMIT=v1.0.0      400 defects of another commit, with the tests of that commit
make mutation AGAIN=FILE         only the defects that survived an earlier run, with the current tests
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from rich.console import Console

from scripts.progress import minutes, under_way
from scripts.stamps import PROJECT

from .mutants import Mutant
from .sampling import sample, with_defect
from .score import read, score_of, write
from .trials import Clone, NothingMeasured, Outcome, Trial

SEED: Final = 20261129
MUTANTS: Final = 400
MINUTES: Final = 45
WORKERS: Final = 2


def main() -> None:
    """Try the defects. Print those that survived, and the score.

    The results so far are saved under ``out/mutation/`` after each defect.
    The exit status is 0 whether defects survived or not, and 1 if nothing could be measured.
    """
    began = time.monotonic()
    options, console = _options(), Console(soft_wrap=True, highlight=False, markup=False)
    commit = _commit(options.commit)
    with ExitStack() as stack:
        clones = [stack.enter_context(_clone(commit, options.python)) for _ in range(options.workers)]
        if options.again:
            chosen = _survivors(options.again, clones[0].folder, options.seed)
        else:
            chosen = sample(clones[0].folder, options.seed, options.mutants)
        console.print(f"Defects: {len(chosen)}, seed {options.seed}, commit {commit}")
        again = "again-" if options.again else ""
        kept = PROJECT / "out" / "mutation" / f"{again}{commit}-{options.seed}.json"
        try:
            with under_way(console, "Running the tests without a defect"):
                _measure(clones)
            trials = _tried(console, clones, chosen, began + options.minutes * 60, kept)
            with under_way(console, "Running the tests without a defect again"):
                _must_still_pass(clones)
        except NothingMeasured as problem:
            sys.exit(str(problem))
        for trial in trials:
            if trial.outcome is Outcome.SURVIVED:
                console.print(_as_diff(clones[0].folder, trial.mutant))
    if len(trials) < len(chosen):
        console.print(
            f"The time is over (minutes: {options.minutes:g}). Defects not tried: {len(chosen) - len(trials)}"
        )
    if not trials:
        sys.exit("No defect was tried.")
    took = minutes(time.monotonic() - began)
    score = score_of(trials)
    # Defects that survived before are not a random sample, so there is no interval.
    line = f"Noticed now: {score.noticed} of {score.tried} that survived" if options.again else str(score)
    console.print(f"{line}, seed {options.seed}, commit {commit}, in {took}")
    console.print(f"Each defect and its outcome: {kept.relative_to(PROJECT)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--commit", default="HEAD", help="the commit whose rules and tests are used")
    parser.add_argument("--again", type=Path, help="an earlier result; only its survivors are tried")
    parser.add_argument("--mutants", type=int, default=MUTANTS, help="how many defects are tried")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after this time no further defect is begun")
    parser.add_argument("--workers", type=int, default=WORKERS, help="how many are tried at the same time")
    parser.add_argument("--python", type=Path, required=True, help="the Python in which the tests run")
    return parser.parse_args()


def _commit(name: str) -> str:
    try:
        return _git("rev-parse", "--short=9", f"{name}^{{commit}}")
    except subprocess.CalledProcessError:
        sys.exit(f"There is no commit {name!r}: name one that git log shows.")


def _survivors(path: Path, project: Path, seed: int) -> list[Mutant]:
    """Return the survivors of an earlier run with this seed, at their current lines. Omit those that are gone."""
    try:
        earlier = read(path)
    except (OSError, ValueError) as error:
        sys.exit(f"The earlier result cannot be read: {error}")
    survived = {trial.mutant.rank for trial in earlier if trial.outcome is Outcome.SURVIVED}
    found = [mutant for mutant in sample(project, seed, sys.maxsize) if mutant.rank in survived]
    if not found:
        sys.exit(f"This commit has no survivor of {path} with the seed {seed}: pass the seed of that run.")
    return found


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def _clone(commit: str, python: Path) -> Iterator[Clone]:
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        _git("clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), folder)
        _git("-C", folder, "checkout", "--quiet", "--detach", commit)
        yield Clone(Path(folder), python.absolute())


def _measure(clones: Sequence[Clone]) -> None:
    """Measure all clones at the same time, as they are used later, and give each clone the longest times."""
    with ThreadPoolExecutor(len(clones)) as pool:
        measured = list(pool.map(Clone.measure, clones))
    for clone in clones:
        for seconds in measured:
            clone.share_times(seconds)


def _must_still_pass(clones: Sequence[Clone]) -> None:
    """Make sure that no trial left anything behind that made the tests of later trials fail."""
    with ThreadPoolExecutor(len(clones)) as pool:
        list(pool.map(Clone.must_pass, clones))


def _tried(
    console: Console, clones: Sequence[Clone], chosen: Sequence[Mutant], until: float, kept: Path
) -> list[Trial]:
    """Begin defects in the order of their ranks until ``until``. The tried defects are then a random sample too."""
    began = time.monotonic()
    free: SimpleQueue[Clone] = SimpleQueue()
    for clone in clones:
        free.put(clone)

    def try_out(mutant: Mutant) -> Trial | None:
        if time.monotonic() > until:
            return None
        clone = free.get()
        try:
            source = (clone.folder / mutant.path).read_text(encoding="utf-8")
            return clone.try_out(mutant, with_defect(mutant, source))
        finally:
            free.put(clone)

    trials: list[Trial] = []
    pool = ThreadPoolExecutor(len(clones))
    try:
        for done in as_completed([pool.submit(try_out, mutant) for mutant in chosen]):
            trial = done.result()
            if trial is not None:
                trials.append(trial)
                write(kept, trials)
                passed = minutes(time.monotonic() - began)
                console.print(f"{len(trials)} of {len(chosen)}, after {passed}: {_in_one_line(trial)}")
    finally:
        pool.shutdown(cancel_futures=True)
    return trials


def _in_one_line(trial: Trial) -> str:
    mutant, outcome = trial.mutant, trial.outcome.value
    by = f" by {trial.suite}" if trial.suite else ""
    return f"{mutant.module}.py:{mutant.line} {mutant.operator}: {outcome}{by}"


def _as_diff(folder: Path, mutant: Mutant) -> str:
    """Return the lines that a defect changes."""
    source = (folder / mutant.path).read_text(encoding="utf-8")
    defective = with_defect(mutant, source)
    changed = difflib.unified_diff(source.splitlines(), defective.splitlines(), lineterm="", n=0)
    return "\n".join([f"Not noticed: {mutant.path}:{mutant.line} ({mutant.operator})", *list(changed)[3:]])


if __name__ == "__main__":
    main()
