"""Everything that one run of the benchmarks measured, also as JSON."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import botocore

from scale_to_zero.model.quantities import counted

from .busyness import BUSY, processors
from .measure import Measured
from .month import ProductTicks, lambda_seconds, price_of_naive, price_of_product
from .prices import MonthlyPrice
from .start_up import StartUp
from .visits import Visits


@dataclass(frozen=True)
class Machine:
    """The machine of the run, as far as it matters for the figures.

    ``processors``: how many the run used. ``slowdown``: the highest at the beginning of any step.
    """

    processors: int
    system: str
    python: str
    botocore: str
    day: date
    slowdown: float = 1.0

    @classmethod
    def here(cls, slowdown: float) -> Machine:
        return cls(
            processors=processors(),
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            botocore=botocore.__version__,
            day=datetime.now(UTC).date(),
            slowdown=slowdown,
        )

    def __str__(self) -> str:
        return (
            f"{self.day}: {counted(self.processors, 'processor core')}, {self.system}, CPython {self.python}, "
            f"botocore {self.botocore}"
        )

    @property
    def busy_warning(self) -> str | None:
        """A warning if other work took much of the processors, else ``None``."""
        if self.slowdown < BUSY:
            return None
        return (
            f"The machine was busy: computing took up to {self.slowdown:.1f} times as long because of other work, "
            "so these times can be longer than on a quiet machine."
        )


@dataclass(frozen=True)
class OfOneSize:
    """Everything that was measured with one number of services."""

    services: int
    product: ProductTicks
    quiet: ProductTicks
    """The module with ``state_metrics = "off"``."""
    naive: Measured


@dataclass(frozen=True)
class Bills:
    """The price of a month of each design."""

    product: MonthlyPrice
    quiet: MonthlyPrice
    naive: MonthlyPrice


@dataclass(frozen=True)
class Results:
    """One run of the benchmarks.

    ``some_due``: 1,000 services of which 300 are due. ``with_wake_rules``: 1,000 services that requests wake. Both are
    ``None`` unless 1,000 services were measured. ``visits``: ``None`` unless every size was measured.
    ``unmeasured``: why visits could not be measured.
    """

    machine: Machine
    memory_mb: int
    sizes: tuple[OfOneSize, ...]
    some_due: Measured | None
    start_up: tuple[StartUp, ...]
    with_wake_rules: Measured | None = None
    visits: Visits | None = None
    unmeasured: str | None = None

    @property
    def measured_product(self) -> list[Measured]:
        """The module's scenarios with state metrics, smallest first."""
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
            "slowdown": self.machine.slowdown,
            "busy_warning": self.machine.busy_warning,
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
