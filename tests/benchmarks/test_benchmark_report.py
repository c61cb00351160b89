"""A run of the benchmarks writes the same figures into the page and the README, and reports a busy machine."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import __main__ as benchmarks_command
from benchmarks import report
from benchmarks.expectations import SOME_DUE
from benchmarks.first_answer import NotWaited
from benchmarks.fleet import Scenario, all_asleep, all_due, awake_not_due
from benchmarks.measure import Measured, Run, Tick
from benchmarks.month import ProductTicks
from benchmarks.results import Machine, OfOneSize, Results
from benchmarks.start_up import StartUp
from benchmarks.usage import Usage
from benchmarks.visits import Visits
from scripts import generate_docs

QUIET = Machine(
    processors=2,
    system="Linux x86_64",
    python="3.13.0",
    botocore="1.44.5",
    day=date(2026, 1, 5),
    slowdown=1.19,
)
BUSY = replace(QUIET, slowdown=1.2)


@pytest.fixture(autouse=True)
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, str]:
    """Copy both pages, and let the command write the copies. Return their text before the command runs."""
    for module, name in ((report, "PAGE"), (generate_docs, "README")):
        copy = tmp_path / Path(getattr(module, name)).name
        copy.write_text(getattr(module, name).read_text(encoding="utf-8"), encoding="utf-8")
        monkeypatch.setattr(module, name, copy)
    monkeypatch.setattr(generate_docs, "BENCHMARKS", report.PAGE)
    monkeypatch.setattr(report, "JSON_FILE", tmp_path / "out" / "benchmarks.json")
    return {page: page.read_text(encoding="utf-8") for page in (report.PAGE, generate_docs.README)}


def test_a_whole_run_writes_the_bills_of_the_page_into_the_readme(
    pages: dict[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run_command([], monkeypatch) == 0
    page, readme = (path.read_text(encoding="utf-8") for path in pages)
    [bill] = [line for line in page.splitlines() if line.startswith("| 1,000 |") and "→" in line]
    assert bill not in "".join(pages.values())
    assert bill in readme
    assert readme == generate_docs.with_generated_parts(readme)


def test_a_run_of_some_sizes_does_not_change_the_pages(pages: dict[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run_command(["--services", "1000"], monkeypatch) == 0
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages


def test_a_run_that_misses_an_expectation_reports_it_and_does_not_change_the_pages(
    pages: dict[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_command([], monkeypatch, _too_slow()) == 1
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    printed = capsys.readouterr().err
    assert "\n1,000 services, 1,000 awake, 300 due: a tick took 8.1 s; at most 8 s are expected." in f"\n{printed}"
    assert "docs/benchmarks.md and README.md were not changed" in printed


def test_a_run_on_a_busy_machine_shows_its_times_and_does_not_check_them(
    pages: dict[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_command([], monkeypatch, replace(_too_slow(), machine=BUSY)) == 0
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    shown = capsys.readouterr()
    assert "8.10 s" in shown.out
    assert "Not checked, because the machine was busy: 1,000 services, 1,000 awake, 300 due: a tick took" in shown.err


def test_figures_that_do_not_depend_on_the_load_are_checked_on_a_busy_machine_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = _measured(SOME_DUE).runs
    large = replace(_results(), machine=BUSY, some_due=Measured(SOME_DUE, (replace(run, peak_bytes=200 << 20),)))
    assert _run_command([], monkeypatch, large) == 1
    assert "memory peaked at 200 MiB" in capsys.readouterr().err


@pytest.mark.parametrize("machine", [QUIET, BUSY])
def test_if_visits_could_not_be_measured_the_other_figures_are_shown_and_the_run_fails(
    machine: Machine,
    pages: dict[Path, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    unmeasured = replace(_results(), machine=machine, unmeasured="A client did not wait.")
    assert _run_command([], monkeypatch, unmeasured) == 1
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    shown = capsys.readouterr()
    assert "slowest single tick" in shown.out
    assert shown.err.startswith("A client did not wait.")


def test_a_run_says_which_of_its_steps_is_under_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks_command, "slowdown", lambda: 2.5)
    monkeypatch.setattr(benchmarks_command, "StubProcess", nullcontext)
    monkeypatch.setattr(benchmarks_command, "measure_product", lambda _, scenario, *__, **___: _measured(scenario))
    monkeypatch.setattr(benchmarks_command, "measure_naive", lambda _, scenario: _measured(scenario))
    monkeypatch.setattr(benchmarks_command, "measure_start_up", lambda *_: _results().start_up[0])
    monkeypatch.setattr(benchmarks_command, "measure_visits", _not_waited)
    results = benchmarks_command._measure([1, 10, 100, 1000], Path(), Console())
    shown = capsys.readouterr().out
    assert re.search("^1 of 37, after .*: 1 service, 0 awake, 0 due$", shown, re.MULTILINE)
    assert re.search("^37 of 37, after .*: the last one$", shown, re.MULTILINE)
    assert results.unmeasured == "The visits of a sleeping service could not be measured: not waited"
    assert results.machine.slowdown == 2.5


def test_a_run_on_a_busy_machine_is_marked_on_the_page_and_the_terminal() -> None:
    results = replace(_results(), machine=BUSY)
    sentence = "The machine was busy: computing took up to 1.2 times as long because of other work"
    terminal = io.StringIO()
    report.print_tables(results, Console(file=terminal, width=400))
    assert sentence in report.figures(results)
    assert sentence in terminal.getvalue()


def test_a_run_on_a_quiet_machine_is_not_marked() -> None:
    assert QUIET.busy_warning is None
    assert "busy" not in report.figures(_results())


def test_the_expected_wall_time_is_shown_beside_the_slowest_single_tick() -> None:
    some_due = _measured(SOME_DUE)
    (quick,) = some_due.runs
    slow = replace(quick, cold=replace(quick.cold, wall_seconds=7.77))
    results = replace(_results(), some_due=replace(some_due, runs=(quick, slow, quick)))
    assert "| wall time, slowest single tick | 8 s | 7.77 s |" in report.figures(results)


def test_a_start_up_is_shown_with_its_pairwise_ratio_and_both_extremes() -> None:
    assert "| scale_up | 0.48 s | 0.40 s | 1.20 | 1.10 to 1.30 |" in report.figures(_results())


def test_each_bill_is_for_the_dashboard_its_design_has() -> None:
    bills = _results().bills(_of(3))
    paid = {name: bill.with_free_tier["dashboards"] for name, bill in vars(bills).items()}
    # 72 metrics with state metrics, 69 without, 30 in the literal design. Beyond 50 a dashboard is not free.
    assert paid == {"product": 3, "quiet": 3, "naive": 0}


def _run_command(arguments: list[str], monkeypatch: pytest.MonkeyPatch, results: Results | None = None) -> int:
    """Run the command without measuring. Return its exit status."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    monkeypatch.setattr(benchmarks_command, "_stay_on_two_processors", lambda: None)
    monkeypatch.setattr(benchmarks_command, "unpack", lambda _: None)
    monkeypatch.setattr(benchmarks_command, "_measure", lambda *_: results or _results())
    return benchmarks_command.main()


def _not_waited(_: Path, step: Callable[[str], AbstractContextManager[None]]) -> Visits:
    for what in ("one", "another", "a third", "the last one"):
        with step(what):
            pass
    raise NotWaited("not waited")


def _too_slow() -> Results:
    some_due = _measured(SOME_DUE)
    (run,) = some_due.runs
    slow = replace(run, cold=replace(run.cold, wall_seconds=8.1))
    return replace(_results(), some_due=replace(some_due, runs=(slow,)))


def _results() -> Results:
    return Results(
        machine=QUIET,
        memory_mb=512,
        sizes=(_of(1000),),
        some_due=_measured(SOME_DUE),
        start_up=(StartUp("scale_up", ((0.44, 0.40), (0.48, 0.40), (0.52, 0.40))),),
    )


def _of(services: int) -> OfOneSize:
    ticks = ProductTicks(*(_measured(state(services)) for state in (all_asleep, awake_not_due, all_due)))
    return OfOneSize(services, product=ticks, quiet=ticks, naive=_measured(all_due(services)))


def _measured(scenario: Scenario) -> Measured:
    tick = Tick(wall_seconds=1, cpu_seconds=1, log_bytes=0, usage=Usage(Counter({"ecs.DescribeServices": 100})))
    return Measured(scenario, (Run(cold=tick, warm=tick, peak_bytes=1),))
