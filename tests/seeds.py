"""Where seeds come from: each commit tries new ones, and one commit the same ones everywhere."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Final

from scripts.stamps import PROJECT

WITHOUT_GIT: Final = 0
HEX_DIGITS: Final = 12


@cache
def seed_of_commit() -> int:
    """A number from the hash of the commit's tree; 0 where the project lies in no git checkout."""
    command = ["git", "rev-parse", "HEAD^{tree}"]
    try:
        asked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return WITHOUT_GIT
    return int(asked.stdout[:HEX_DIGITS], 16) if asked.returncode == 0 else WITHOUT_GIT
