"""The Python interpreters on this machine, by version."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.missing_programs import missing

from .lambda_runtime import PYTHON

# The versions that the package supports.
VERSIONS: Final = ("3.11", "3.12", "3.13")


@cache
def interpreter(version: str) -> Path | None:
    """Return an interpreter of this version from the PATH, else from pyenv's versions, else ``None``."""
    return next((path for path in _candidates(version) if _runs(path, version)), None)


def require_interpreter(version: str) -> Path:
    """Return an interpreter of this version. Without one skip the test, or fail in CI for AWS Lambda's version."""
    return interpreter(version) or missing(
        f"There is no Python {version} on the PATH or among pyenv's versions: install it, or let pyenv do so.",
        fails=None if version == PYTHON else False,
    )


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"))


def _runs(path: Path, version: str) -> bool:
    # pyenv puts a shim on the PATH even for versions that it does not start.
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run([path, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    return ran.returncode == 0 and ran.stdout.strip() == version
