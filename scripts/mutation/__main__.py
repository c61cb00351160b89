"""Put a seeded sample of defects into the pure core, and see which of them the tests do not notice.

make mutation                    400 defects of the commit that is checked out, without what is not committed
make mutation COMMIT=v1.0.0      of another commit, tried by the tests of that commit
make mutation AGAIN=FILE         only those that an earlier run did not notice, or did not have
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
from .score import noticed_before, read, score_of, write
from .trials import Clone, Outcome, SuiteFailed, Trial

SEED: Final = 20261129
MUTANTS: Final = 400
MINUTES: Final = 45
WORKERS: Final = 2


def main() -> None:
    """Try the sample, print what was not noticed and the score, and keep both under ``out/mutation/``.

    Exit status: 0 whatever was noticed, 1 if nothing could be measured.
    """
    began = time.monotonic()
    options, console = _options(), Console(soft_wrap=True, highlight=False, markup=False)
    commit = _git("rev-parse", "--short=9", f"{options.commit}^{{commit}}")
    with ExitStack() as stack:
        clones = [stack.enter_context(_clone(commit, options.python)) for _ in range(options.workers)]
        chosen = sample(clones[0].folder, options.seed, options.mutants)
        known = noticed_before(read(options.again), chosen) if options.again else []
        untried = [mutant for mutant in chosen if mutant not in {trial.mutant for trial in known}]
        console.print(f"{len(untried)} defects, seed {options.seed}, commit {commit}")
        try:
            with under_way(console, "The tests without any defect"):
                _measure(clones)
        except SuiteFailed as failed:
            sys.exit(str(failed))
        tried = list(_tried(console, clones, untried, began + options.minutes * 60))
        for trial in tried:
            if trial.outcome is Outcome.SURVIVED:
                console.print(_as_diff(clones[0].folder, trial.mutant))
    if len(tried) < len(untried):
        console.print(f"{options.minutes:g} minutes were over before {len(untried) - len(tried)} defects were tried.")
    kept = PROJECT / "out" / "mutation" / f"{commit}.json"
    write(kept, known + tried)
    console.print(f"{score_of(known + tried)}, seed {options.seed}, commit {commit}")
    console.print(f"Each defect and what came of it: {kept.relative_to(PROJECT)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--commit", default="HEAD", help="whose core and whose tests")
    parser.add_argument("--again", type=Path, help="a file that an earlier run has kept: what it noticed is taken over")
    parser.add_argument("--mutants", type=int, default=MUTANTS, help="how many defects")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after that long no further defect is tried")
    parser.add_argument("--workers", type=int, default=WORKERS, help="how many are tried at the same time")
    parser.add_argument("--python", type=Path, required=True, help="the Python in which the tests run")
    return parser.parse_args()


def _git(*arguments: str) -> str:
    git = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    if git.returncode != 0:
        sys.exit(f"git {' '.join(arguments)}: {git.stderr.strip()}")
    return git.stdout.strip()


@contextmanager
def _clone(commit: str, python: Path) -> Iterator[Clone]:
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        _git("clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), folder)
        _git("-C", folder, "checkout", "--quiet", "--detach", commit)
        yield Clone(Path(folder), python.absolute())


def _measure(clones: Sequence[Clone]) -> None:
    """Measure all clones at the same time, as they are used, and give each the longest times."""
    with ThreadPoolExecutor(len(clones)) as pool:
        measured = list(pool.map(Clone.measure, clones))
    for clone in clones:
        for seconds in measured:
            clone.share_times(seconds)


def _tried(console: Console, clones: Sequence[Clone], chosen: Sequence[Mutant], until: float) -> Iterator[Trial]:
    """Begin defects in the order of their ranks until that instant, so that those tried are a fair sample too."""
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

    pool = ThreadPoolExecutor(len(clones))
    try:
        for number, done in enumerate(as_completed([pool.submit(try_out, mutant) for mutant in chosen]), start=1):
            trial = done.result()
            if trial is not None:
                passed = minutes(time.monotonic() - began)
                console.print(f"{number} of {len(chosen)}, after {passed}: {_in_one_line(trial)}")
                yield trial
    finally:
        pool.shutdown(cancel_futures=True)


def _in_one_line(trial: Trial) -> str:
    mutant, outcome = trial.mutant, trial.outcome.value
    by = f" by {trial.suite}" if trial.suite else ""
    return f"{mutant.module}.py:{mutant.line} {mutant.operator}: {outcome}{by}"


def _as_diff(folder: Path, mutant: Mutant) -> str:
    """A defect as the lines that it changes."""
    source = (folder / mutant.path).read_text(encoding="utf-8")
    broken = with_defect(mutant, source)
    changed = difflib.unified_diff(source.splitlines(), broken.splitlines(), lineterm="", n=0)
    return "\n".join([f"Not noticed: {mutant.path}:{mutant.line} ({mutant.operator})", *list(changed)[3:]])


if __name__ == "__main__":
    main()
