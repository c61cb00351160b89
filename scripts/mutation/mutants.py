"""One defect in one module of the pure core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = Path("lambda_src/scale_to_zero")
# What decides, and the words it decides with. These read no clock and call nobody.
PURE_CORE: Final = (
    "attention",
    "configured",
    "decide",
    "decide_sleep",
    "decide_wake",
    "decided",
    "deployments",
    "draining",
    "explanations",
    "going_to_zero",
    "holds",
    "idleness",
    "leaving",
    "memory",
    "metric_windows",
    "observed",
    "phase_changes",
    "phases",
    "quantities",
    "readiness",
    "refused_stops",
    "rule_conditions",
    "rule_places",
    "taking_back",
    "time_asleep",
    "traffic",
    "vetoes",
    "wake_rule_hindrances",
    "wake_rules",
    "wake_times",
    "waking",
    "wildcards",
)


@dataclass(frozen=True)
class Mutant:
    """The ``occurrence``-th change, counted from 0, that an operator can make in a module; it begins in ``line``."""

    module: str
    operator: str
    occurrence: int
    line: int
    rank: str
    """Hash of the seed and of what the defect changes: those with the smallest are the sample."""

    @property
    def path(self) -> Path:
        """Where its module lies in the project."""
        return PACKAGE / f"{self.module}.py"
