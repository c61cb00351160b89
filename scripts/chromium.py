"""The browser that the machine has; none is ever downloaded."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
# The sandbox needs rights that a container's root has not; only pages of our own are loaded.
ARGUMENTS: Final = ("--no-sandbox", "--disable-dev-shm-usage")
NO_CHROMIUM: Final = "There is no Chromium on the PATH: install Debian's package chromium."


def chromium() -> Path | None:
    """The first Chromium on the PATH, ``None`` if there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Path(found) if found else None
