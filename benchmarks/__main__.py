"""``python -m benchmarks``: measure everything, print it, write it down, and fail where an expectation is missed."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from . import expectations, report
from .deployed_package import NotDeployable, memory_mb, unpack
from .fleet import all_asleep, all_due, awake_not_due
from .measure import NothingMeasured, measure_naive, measure_product
from .month import ProductTicks
from .results import Machine, OfOneSize, Results
from .start_up import HANDLERS, measure_start_up
from .stub_process import StubProcess
from .visits import measure_visits, missed_by_visits

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
        help="only these numbers of services; docs/benchmarks.md and README.md are then left as they are",
    )
    sizes = sorted(set(parser.parse_args().services))
    console = Console()
    _stay_on_two_processors()
    try:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder)
            unpack(package)
            results = _measure(sizes, package, console)
    except (NotDeployable, NothingMeasured) as error:
        print(error, file=sys.stderr)
        return 2
    report.print_tables(results, console)
    report.write_json(results)
    missed = list(expectations.missed(results.measured_product))
    missed += missed_by_visits(results.visits) if results.visits else []
    for sentence in missed:
        print(sentence, file=sys.stderr)
    if missed:
        print("docs/benchmarks.md and README.md are left as they were.", file=sys.stderr)
        return 1
    if sizes == sorted(SIZES):
        report.write_documentation(results)
    return 0


def _measure(sizes: list[int], package: Path, console: Console) -> Results:
    machine = Machine.here()
    memory = memory_mb()
    with console.status("") as status, StubProcess() as stub:

        def ticks(services: int, repeats: int, state_metrics: str) -> ProductTicks:
            asleep, awake, due = (
                measure_product(stub, scenario, package, repeats=repeats, state_metrics=state_metrics)
                for scenario in (all_asleep(services), awake_not_due(services), all_due(services))
            )
            return ProductTicks(asleep, awake, due)

        measured = []
        for services in sizes:
            status.update(f"{services:,} services")
            product = ticks(services, REPEATS, "every_tick")
            quiet = ticks(services, 1, "off")
            status.update(f"{services:,} services, the literal design")
            measured.append(OfOneSize(services, product, quiet, measure_naive(stub, all_due(services))))
        some_due = with_wake_rules = None
        if expectations.SERVICES in sizes:
            status.update(f"{expectations.SERVICES_DUE} of {expectations.SERVICES:,} due")
            some_due = measure_product(
                stub, expectations.SOME_DUE, package, repeats=REPEATS, state_metrics="every_tick"
            )
            status.update(f"{expectations.SERVICES:,} with wake rules")
            with_wake_rules = measure_product(
                stub, expectations.WITH_WAKE_RULES, package, repeats=REPEATS, state_metrics="every_tick"
            )
        status.update("start-up")
        start_up = tuple(measure_start_up(handler, package) for handler in HANDLERS)
        visits = None
        if sizes == sorted(SIZES):
            status.update("visitors of a sleeping service")
            visits = measure_visits(package)
    machine = replace(machine, load_after=os.getloadavg()[0])
    return Results(machine, memory, tuple(measured), some_due, start_up, with_wake_rules, visits)


def _stay_on_two_processors() -> None:
    """The expectations are for two; what is started from here stays on them too."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])


if __name__ == "__main__":
    sys.exit(main())
