"""Where answers that are costly to find are kept: a git-ignored folder at the project's root."""

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
    """Wait until no other process is in here with the same lock file; the kernel lets go of it when a process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def filled_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """The folder, filled if it is not there yet; of several processes one fills it, and the others wait."""
    with alone(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            # Filled elsewhere and then moved, so that a run that was interrupted leaves nothing half done.
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                filled = Path(scratch) / folder.name
                filled.mkdir()
                fill(filled)
                filled.rename(folder)
    return folder
