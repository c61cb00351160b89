"""One defect in one module of the pure core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = Path("lambda_src/scale_to_zero")
# What decides, and the words it decides with. These read no clock and call nobody.
PURE_CORE: Final = (
    "model/configured",
    "model/decided",
    "model/observed",
    "model/quantities",
    "model/remembered",
    "rules/attention",
    "rules/decide",
    "rules/decide_sleep",
    "rules/decide_wake",
    "rules/deployments",
    "rules/draining",
    "rules/explanations",
    "rules/going_to_zero",
    "rules/holds",
    "rules/idleness",
    "rules/leaving",
    "rules/phase_changes",
    "rules/phases",
    "rules/readiness",
    "rules/refused_stops",
    "rules/rule_conditions",
    "rules/rule_places",
    "rules/taking_back",
    "rules/time_asleep",
    "rules/traffic",
    "rules/vetoes",
    "rules/wake_rule_hindrances",
    "rules/wake_rules",
    "rules/wake_times",
    "rules/waking",
    "rules/wildcards",
    "tick/metric_windows",
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
