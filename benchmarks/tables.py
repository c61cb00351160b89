"""The results as tables of a title, headings and rows of text, for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scale_to_zero.model.quantities import either

from .expectations import MOST_BYTES, MOST_CALLS_NONE_DUE, MOST_CALLS_SOME_DUE, MOST_SECONDS, SERVICES, SERVICES_DUE
from .fleet import Scenario
from .month import lambda_seconds
from .prices import PRICES, MonthlyPrice
from .results import Results

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Table:
    """A table. The first ``text_columns`` columns are words, and the others are figures."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


def measured_tables(results: Results) -> list[Table]:
    """Return every table of a run, in reading order."""
    return [
        *_expectations(results),
        _ticks(results),
        _beside_naive(results),
        _bills(results),
        *_largest_bill(results),
        *_visits(results),
        _start_up(results),
    ]


def _expectations(results: Results) -> Iterator[Table]:
    largest = [each for each in results.measured_product if each.scenario.services == SERVICES]
    if not largest:
        return
    plain = [each for each in largest if not each.scenario.woken_by_requests]
    calls = {due: max(each.calls for each in plain if each.scenario.due == due) for due in (0, SERVICES_DUE)}
    slowest = max(each.slowest_seconds for each in largest)
    peak = max(each.peak_bytes for each in largest)
    rows = (
        ("calls, nothing due", f"{MOST_CALLS_NONE_DUE}", f"{calls[0]}"),
        (f"calls, {SERVICES_DUE} due", f"{MOST_CALLS_SOME_DUE}", f"{calls[SERVICES_DUE]}"),
        ("wall time, slowest single tick", f"{MOST_SECONDS:.0f} s", f"{slowest:.2f} s"),
        ("peak memory, largest scenario", f"{MOST_BYTES // MEBIBYTE} MiB", f"{peak / MEBIBYTE:.0f} MiB"),
    )
    yield Table(f"A tick over {SERVICES:,} services", ("", "expected at most", "measured"), rows)


def _ticks(results: Results) -> Table:
    return Table(
        "One tick",
        ("services", "state", "calls", "cold", "warm", "processor", "on Lambda, at most", "peak memory"),
        tuple(
            (
                f"{each.scenario.services:,}",
                _state(each.scenario),
                f"{each.calls}",
                _seconds(each.cold_seconds),
                _seconds(each.warm_seconds),
                _seconds(each.warm_cpu_seconds),
                _seconds(lambda_seconds(each, results.memory_mb)),
                f"{each.peak_bytes / MEBIBYTE:.0f} MiB",
            )
            for each in results.measured_product
        ),
        text_columns=2,
    )


def _beside_naive(results: Results) -> Table:
    return Table(
        "Compared with the literal design, every service due",
        ("services", "calls", "calls, literal design", "warm tick", "warm tick, literal design"),
        tuple(
            (
                f"{size.services:,}",
                f"{size.product.due.calls:,}",
                f"{size.naive.calls:,}",
                _seconds(size.product.due.warm_seconds),
                _seconds(size.naive.warm_seconds),
            )
            for size in results.sizes
        ),
    )


def _bills(results: Results) -> Table:
    return Table(
        "A month in US dollars: list price → price after AWS's free units",
        ("services", "literal design", "this module", 'with state_metrics = "off"'),
        tuple(
            (f"{size.services:,}", *(_total(bill) for bill in (bills.naive, bills.product, bills.quiet)))
            for size in results.sizes
            for bills in [results.bills(size)]
        ),
    )


def _largest_bill(results: Results) -> Iterator[Table]:
    size = max(results.sizes, key=lambda each: each.services)
    bills = results.bills(size)
    columns = (bills.naive.list_price, bills.product.list_price, bills.quiet.list_price)
    services = f"{size.services:,} {either(size.services, 'service', 'services')}"
    yield Table(
        f"The month of {services} by unit, at list price",
        ("", "literal design", "this module", 'with state_metrics = "off"'),
        tuple(
            (price.unit, *(f"{column[price.unit]:,.2f}" for column in columns))
            for price in PRICES
            if any(column[price.unit] >= 0.005 for column in columns)
        ),
    )


def _visits(results: Results) -> Iterator[Table]:
    if results.visits is not None:
        yield Table("Visitors of a sleeping service", ("", "expected at most", "measured"), results.visits.rows())


def _start_up(results: Results) -> Table:
    return Table(
        "Start-up: from the start of a process to the handler's first AWS call",
        ("handler", "median", "bare boto3 client, median", "ratio within a pair, median", "lowest to highest ratio"),
        tuple(
            (
                each.handler,
                _seconds(each.handler_seconds),
                _seconds(each.bare_seconds),
                f"{each.median_ratio:.2f}",
                f"{each.ratios[0]:.2f} to {each.ratios[-1]:.2f}",
            )
            for each in results.start_up
        ),
    )


def price_list() -> Table:
    """Return the table of the prices that the bills use."""
    return Table(
        "Prices: US dollars in us-east-1",
        ("unit", "price", "free a month", "source", "as of"),
        tuple(
            (
                price.unit,
                f"{price.dollars:.10f}".rstrip("0").rstrip("."),
                f"{price.free_a_month:,.0f}",
                price.source,
                price.as_of,
            )
            for price in PRICES
        ),
    )


def _state(scenario: Scenario) -> str:
    match scenario:
        case Scenario(woken_by_requests=True):
            return "awake, none due, with wake rules"
        case Scenario(awake=0):
            return "all asleep"
        case Scenario(due=0):
            return "awake, none due"
        case Scenario(services=services, due=due) if services == due:
            return "all due"
        case _:
            return f"awake, {scenario.due} due"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _total(bill: MonthlyPrice) -> str:
    return f"{bill.total_list_price:,.2f} → {bill.total_with_free_tier:,.2f}"
