"""One defect in one module of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES: Final = Path("lambda_src/scale_to_zero/rules")


@dataclass(frozen=True)
class Mutant:
    """The ``occurrence``-th change, counted from 0, that an operator can make in a module. It begins in ``line``."""

    module: str
    operator: str
    occurrence: int
    line: int
    rank: str
    """A hash of the seed and of what the defect changes. The defects with the smallest ranks are the sample."""

    @property
    def path(self) -> Path:
        """The path of its module in the project."""
        return RULES / f"{self.module}.py"
