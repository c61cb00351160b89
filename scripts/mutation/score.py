"""How many defects the tests noticed, and how sure that is."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Final

from .mutants import Mutant
from .trials import Outcome, Trial

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Score:
    """The share of defects that were noticed, from 0 to 1, with an interval that holds the share of all defects."""

    noticed: int
    tried: int

    @property
    def share(self) -> float:
        """Noticed among tried."""
        return self.noticed / self.tried

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 95 %, which stays within 0 and 1 however close the share comes to either.

        https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
        """
        z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
        middle = self.share + z * z / (2 * self.tried)
        margin = z * math.sqrt(self.share * (1 - self.share) / self.tried + z * z / (4 * self.tried**2))
        whole = 1 + z * z / self.tried
        return (middle - margin) / whole, (middle + margin) / whole

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.noticed} of {self.tried} noticed: {self.share:.1%} (95 % interval {low:.1%} to {high:.1%})"


def score_of(trials: Sequence[Trial]) -> Score:
    """The score of some trials; a defect that makes the tests last for ever counts as noticed.

    Raises:
        ValueError: There are none.
    """
    if not trials:
        raise ValueError("No defect was tried, so there is no score.")
    return Score(sum(trial.outcome is not Outcome.SURVIVED for trial in trials), len(trials))


def write(path: Path, trials: Sequence[Trial]) -> None:
    """Keep the trials as JSON, in the order of the mutants' ranks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ranked = sorted(trials, key=lambda trial: trial.mutant.rank)
    rows = [{**asdict(trial), "outcome": trial.outcome.value} for trial in ranked]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> list[Trial]:
    """The trials that ``write`` has kept."""
    return [
        Trial(Mutant(**row["mutant"]), Outcome(row["outcome"]), row["suite"], row["seconds"])
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def noticed_before(earlier: Sequence[Trial], chosen: Sequence[Mutant]) -> list[Trial]:
    """What an earlier run noticed of the mutants that are chosen now, wherever their lines stand now.

    Tests are only added between the two, so what was noticed would be noticed again.
    """
    noticed = {trial.mutant.rank: trial for trial in earlier if trial.outcome is not Outcome.SURVIVED}
    return [replace(noticed[mutant.rank], mutant=mutant) for mutant in chosen if mutant.rank in noticed]
