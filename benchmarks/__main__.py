"""``python -m benchmarks``: measure everything, print and save it, and fail if an expectation is missed.

On a busy machine times are printed but not checked.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from scripts.demo.deployment import DeploymentFailed
from scripts.demo.failure import DemoFailed
from scripts.progress import Steps
from scripts.terraform_provider import TerraformUnavailable, init_arguments

from . import expectations, report
from .busyness import slowdown
from .deployed_package import NotDeployable, memory_mb, unpack
from .fleet import Scenario, all_asleep, all_due, awake_not_due
from .measure import Measured, NothingMeasured, measure_naive, measure_product
from .month import ProductTicks
from .results import Machine, OfOneSize, Results
from .start_up import HANDLERS, StartUp, measure_start_up
from .stub_process import StubProcess
from .visits import STEPS, Visits, measure_visits, missed_by_visits, too_slow_visits

SIZES: Final = (1, 10, 100, 1000)
REPEATS: Final = 3
PROCESSORS: Final = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--services",
        type=int,
        nargs="+",
        choices=SIZES,
        default=SIZES,
        help="only these numbers of services; docs/benchmarks.md and README.md are then not changed",
    )
    sizes = sorted(set(parser.parse_args().services))
    console = Console()
    _stay_on_two_processors()
    try:
        if sizes == sorted(SIZES):
            init_arguments()  # now, so that a missing provider does not fail the run at its end
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder)
            unpack(package)
            results = _measure(sizes, package, console)
    except (NotDeployable, NothingMeasured, TerraformUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    report.print_tables(results, console)
    report.write_json(results)
    missed, too_slow = _missed(results), _too_slow(results)
    unchecked = "Not checked, because the machine was busy: " if results.machine.busy_warning else ""
    for sentence in (*missed, *(unchecked + sentence for sentence in too_slow)):
        print(sentence, file=sys.stderr)
    if missed or too_slow:
        print("docs/benchmarks.md and README.md were not changed.", file=sys.stderr)
        return 1 if missed or not unchecked else 0
    if sizes == sorted(SIZES):
        report.write_documentation(results)
    return 0


def _missed(results: Results) -> list[str]:
    """Return the missed expectations that do not depend on the load. Unmeasured visits are missed too."""
    of_visits = missed_by_visits(results.visits) if results.visits else ()
    unmeasured = [results.unmeasured] if results.unmeasured else ()
    return [*expectations.missed(results.measured_product), *of_visits, *unmeasured]


def _too_slow(results: Results) -> list[str]:
    """Return the missed expectations that other work on the machine can cause."""
    of_visits = too_slow_visits(results.visits) if results.visits else ()
    return [*expectations.too_slow(results.measured_product), *of_visits]


class ShownSteps(Steps):
    """Steps that each begin with a measurement of how busy other work keeps the machine."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, total)
        self.slowdowns = [1.0]

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.slowdowns.append(slowdown())
        with super().step(what):
            yield


def steps_of(sizes: list[int]) -> int:
    """Return how many steps a run has: each size without state metrics, with them, and in the literal design."""
    of_thousand = 2 if expectations.SERVICES in sizes else 0
    return 7 * len(sizes) + of_thousand + len(HANDLERS) + (STEPS if sizes == sorted(SIZES) else 0)


def _measure(sizes: list[int], package: Path, console: Console) -> Results:
    steps = ShownSteps(console, steps_of(sizes))
    some_due = with_wake_rules = None
    with StubProcess() as stub:

        def product(scenario: Scenario, state_metrics: str = "every_tick", repeats: int = REPEATS) -> Measured:
            without = ", without state metrics" if state_metrics == "off" else ""
            with steps.step(f"{scenario}{without}"):
                return measure_product(stub, scenario, package, repeats=repeats, state_metrics=state_metrics)

        def of_one_size(services: int) -> OfOneSize:
            states = (all_asleep(services), awake_not_due(services), all_due(services))
            ticks = ProductTicks(*(product(state) for state in states))
            quiet = ProductTicks(*(product(state, "off", 1) for state in states))
            with steps.step(f"{all_due(services)}, the literal design"):
                return OfOneSize(services, ticks, quiet, measure_naive(stub, all_due(services)))

        measured = tuple(of_one_size(services) for services in sizes)
        if expectations.SERVICES in sizes:
            some_due, with_wake_rules = product(expectations.SOME_DUE), product(expectations.WITH_WAKE_RULES)
        start_up = tuple(_start_up(handler, package, steps) for handler in HANDLERS)
    visits, unmeasured = _visits(package, steps) if sizes == sorted(SIZES) else (None, None)
    machine = Machine.here(max(steps.slowdowns))
    return Results(machine, memory_mb(), measured, some_due, start_up, with_wake_rules, visits, unmeasured)


def _start_up(handler: str, package: Path, steps: ShownSteps) -> StartUp:
    with steps.step(f"start-up of {handler}"):
        return measure_start_up(handler, package)


def _visits(package: Path, steps: ShownSteps) -> tuple[Visits | None, str | None]:
    """Measure visits. Return them, or why they could not be measured: the other figures are then still shown."""
    try:
        return measure_visits(package, steps.step), None
    except (NothingMeasured, DeploymentFailed, DemoFailed) as failure:
        return None, f"The visits of a sleeping service could not be measured: {failure}"


def _stay_on_two_processors() -> None:
    """Use two processors only, because the expectations are for two. Started processes use the same two."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])


if __name__ == "__main__":
    sys.exit(main())
