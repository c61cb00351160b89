"""The seeds of a run: each commit tries new seeds, and one commit has the same seeds on every machine."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from scripts.stamps import PROJECT

WITHOUT_GIT: Final = 0
HEX_DIGITS: Final = 12


@cache
def seed_of_commit() -> int:
    """Return a number from the hash of the commit's tree, or 0 if the project is not in a git checkout."""
    command = ["git", "rev-parse", "HEAD^{tree}"]
    try:
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return WITHOUT_GIT
    return int(ended.stdout[:HEX_DIGITS], 16) if ended.returncode == 0 else WITHOUT_GIT


def seed_hypothesis(config: pytest.Config) -> None:
    """Let Hypothesis use this seed, unless ``--hypothesis-seed`` sets another one, and save nothing.

    This runs before Hypothesis's own plugin reads the option. Without the plugin there is no such option.
    """
    if getattr(config.option, "hypothesis_seed", "") is None:
        config.option.hypothesis_seed = str(seed_of_commit())
    # No deadline, and no check of how fast examples are drawn: both would make the result depend on the machine's load.
    settings.register_profile(
        "seeded",
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("seeded")


def pytest_report_header() -> str:
    """Print the seed, with which another commit can draw the same examples."""
    return f"seed of this commit: {seed_of_commit()} (--hypothesis-seed)"
