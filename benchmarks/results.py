"""Everything one run of the benchmarks found, and the same as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import botocore

from .measure import Measured
from .month import ProductTicks, lambda_seconds, price_of_naive, price_of_product
from .prices import MonthlyPrice
from .start_up import StartUp
from .visits import Visits


@dataclass(frozen=True)
class Machine:
    """Where it was measured, described as far as it matters for the figures.

    ``processors``: those the run was kept to. ``cores``: all of the machine, which its load averages are held against.
    The load averages, each of a minute, tell whether others kept the processors busy before and after the run.
    """

    processors: int
    cores: int
    system: str
    python: str
    botocore: str
    day: date
    load_before: float
    load_after: float = 0.0

    @classmethod
    def here(cls) -> Machine:
        return cls(
            processors=processors(),
            cores=os.cpu_count() or 1,
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            botocore=botocore.__version__,
            day=datetime.now(UTC).date(),
            load_before=os.getloadavg()[0],
        )

    def __str__(self) -> str:
        return (
            f"{self.day}: {self.processors} processor cores, {self.system}, CPython {self.python}, "
            f"botocore {self.botocore}, "
            f"load average {self.load_before:.1f} before and {self.load_after:.1f} after the run"
        )

    @property
    def load_warning(self) -> str | None:
        """One sentence where more ran than the machine has cores, or nothing."""
        loads = {"began": self.load_before, "ended": self.load_after}
        busy = " and ".join(moment for moment, load in loads.items() if load > self.cores)
        if not busy:
            return None
        return (
            f"The machine was busy: the run {busy} at a load average above its {self.cores} cores, "
            "so these times may be longer than on a quiet machine."
        )


def processors() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class OfOneSize:
    """All that was measured with one number of services."""

    services: int
    product: ProductTicks
    quiet: ProductTicks
    """The same with ``state_metrics = "off"``."""
    naive: Measured


@dataclass(frozen=True)
class Bills:
    """What a month costs each design."""

    product: MonthlyPrice
    quiet: MonthlyPrice
    naive: MonthlyPrice


@dataclass(frozen=True)
class Results:
    """One run of the benchmarks.

    ``some_due``: the 1,000 services of which 300 are due, and ``with_wake_rules``: 1,000 that requests wake, if 1,000
    were measured. ``visits``: if every size was measured.
    """

    machine: Machine
    memory_mb: int
    sizes: tuple[OfOneSize, ...]
    some_due: Measured | None
    start_up: tuple[StartUp, ...]
    with_wake_rules: Measured | None = None
    visits: Visits | None = None

    @property
    def measured_product(self) -> list[Measured]:
        """Every scenario of the module's own function with its state metrics, smallest first."""
        each = [m for size in self.sizes for m in (size.product.asleep, size.product.awake_not_due, size.product.due)]
        return each + [more for more in (self.some_due, self.with_wake_rules) if more]

    def bills(self, size: OfOneSize) -> Bills:
        return Bills(
            product=price_of_product(size.product, self.memory_mb, "every_tick"),
            quiet=price_of_product(size.quiet, self.memory_mb, "off"),
            naive=price_of_naive(size.naive, self.memory_mb),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": str(self.machine),
            "load_warning": self.machine.load_warning,
            "memory_mb": self.memory_mb,
            "product": [self._measured_json(each) for each in self.measured_product],
            "product_without_state_metrics": [
                self._measured_json(each)
                for size in self.sizes
                for each in (size.quiet.asleep, size.quiet.awake_not_due, size.quiet.due)
            ],
            "naive": [self._measured_json(size.naive) for size in self.sizes],
            "monthly_price": [self._bills_json(size) for size in self.sizes],
            "visits": self.visits.as_json() if self.visits else None,
            "start_up": [each.as_json() for each in self.start_up],
        }

    def _measured_json(self, measured: Measured) -> dict[str, Any]:
        return {
            "scenario": measured.scenario.as_json(),
            "calls": measured.calls,
            "lambda_seconds": lambda_seconds(measured, self.memory_mb),
            "runs": [
                {
                    "peak_bytes": run.peak_bytes,
                    **{
                        name: {**vars(tick), "usage": tick.usage.as_json()}
                        for name, tick in (("cold", run.cold), ("warm", run.warm))
                    },
                }
                for run in measured.runs
            ],
        }

    def _bills_json(self, size: OfOneSize) -> dict[str, Any]:
        bills = self.bills(size)
        return {
            "services": size.services,
            **{
                design: {"list_price": dict(bill.list_price), "with_free_tier": dict(bill.with_free_tier)}
                for design, bill in (
                    ("product", bills.product),
                    ("product_without_state_metrics", bills.quiet),
                    ("naive", bills.naive),
                )
            },
        }
