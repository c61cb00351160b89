"""What a tick used of AWS, in the units that AWS bills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Usage:
    """Calls and billed quantities, counted by the stub.

    ``calls``: by ``service.Action``, with retries.
    ``metrics_requested``: the metrics of all GetMetricData calls, which are the billed unit.
    ``custom_metrics``: the distinct metrics of all PutMetricData calls.
    ``read_units``, ``write_units``: DynamoDB request units of an on-demand table.
    ``unanswered``: calls for which the stub has no answer. A run with any such call measures nothing.
    """

    calls: Counter[str] = field(default_factory=Counter)
    metrics_requested: int = 0
    custom_metrics: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    unanswered: list[str] = field(default_factory=list)

    @property
    def total_calls(self) -> int:
        return self.calls.total()

    def as_json(self) -> dict[str, Any]:
        return {
            "calls": dict(sorted(self.calls.items())),
            "metrics_requested": self.metrics_requested,
            "custom_metrics": self.custom_metrics,
            "read_units": self.read_units,
            "write_units": self.write_units,
            "unanswered": self.unanswered,
        }

    @classmethod
    def from_json(cls, reported: Mapping[str, Any]) -> Usage:
        return cls(**{**reported, "calls": Counter(reported["calls"])})
