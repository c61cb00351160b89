"""The browser that is installed on the machine. None is downloaded."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
# The sandbox needs rights that root in a container does not have. Only our own pages are loaded.
ARGUMENTS: Final = ("--no-sandbox", "--disable-dev-shm-usage")
NO_CHROMIUM: Final = "There is no Chromium on the PATH: install Debian's package chromium."


def chromium() -> Path | None:
    """Return the first Chromium on the PATH, or ``None``."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Path(found) if found else None
