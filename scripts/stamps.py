"""A git-ignored folder at the project's root for results that take long to find."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
STAMPS: Final = PROJECT / ".stamps"


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process holds the lock on this file, then hold it. The kernel frees it if a process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def filled_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return the folder, and fill it first if it does not exist. One process fills it, and all others wait."""
    with alone(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            # It is filled elsewhere and then moved, so that an interrupted run leaves no incomplete folder.
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                filled = Path(scratch) / folder.name
                filled.mkdir()
                fill(filled)
                filled.rename(folder)
    return folder
