"""How many defects the tests noticed, how certain that share is, and the file with the results."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Final

from .mutants import Mutant
from .trials import Outcome, Trial

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Score:
    """How many defects were tried, and how many were noticed. ``too_slow``: how many only a time limit noticed."""

    noticed: int
    tried: int
    too_slow: int = 0

    @property
    def share(self) -> float:
        """The share of the tried defects that was noticed, from 0 to 1."""
        return self.noticed / self.tried

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 95 % for the share of all defects, if the tried defects are a random sample of them.

        It stays within 0 and 1, even if the share is close to one of them.
        https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
        """
        z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
        middle = self.share + z * z / (2 * self.tried)
        margin = z * math.sqrt(self.share * (1 - self.share) / self.tried + z * z / (4 * self.tried**2))
        whole = 1 + z * z / self.tried
        return (middle - margin) / whole, (middle + margin) / whole

    def __str__(self) -> str:
        low, high = self.interval
        slow = f", {self.too_slow} of them by a time limit" if self.too_slow else ""
        return f"{self.noticed} of {self.tried} noticed{slow}: {self.share:.1%} (95 % interval {low:.1%} to {high:.1%})"


def score_of(trials: Sequence[Trial]) -> Score:
    """Return the score of some trials. A defect that makes the tests run without end counts as noticed.

    Raises:
        ValueError: There are none.
    """
    if not trials:
        raise ValueError("No defect was tried, so there is no score.")
    outcomes = [trial.outcome for trial in trials]
    survived, too_slow = outcomes.count(Outcome.SURVIVED), outcomes.count(Outcome.TOO_SLOW)
    return Score(len(trials) - survived, len(trials), too_slow)


def write(path: Path, trials: Sequence[Trial]) -> None:
    """Save trials as JSON, in the order of their mutants' ranks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ranked = sorted(trials, key=lambda trial: trial.mutant.rank)
    rows = [{**asdict(trial), "outcome": trial.outcome.value} for trial in ranked]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> list[Trial]:
    """Return the trials that ``write`` saved.

    Raises:
        OSError: The file cannot be read.
        ValueError: ``write`` did not write the file.
    """
    try:
        return [
            Trial(Mutant(**row["mutant"]), Outcome(row["outcome"]), row["suite"], row["seconds"])
            for row in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a result of make mutation: {error}") from error
