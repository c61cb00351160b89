"""The packages that a function can import besides its own zip: only the packages of Lambda's Python runtime.

Lambda's runtime contains boto3 with its requirements (AWS Lambda Developer Guide, "Python runtime: runtime-included SDK
versions"). The folder made here holds links only to these distributions, to the runtime interface client and to
time-machine. So a function that imports anything else fails here, as it would on Lambda.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

RUNTIME_DISTRIBUTIONS: Final = ("awslambdaric", "boto3", "time-machine")


def link_runtime_packages(folder: Path) -> None:
    """Fill an empty folder with links to the runtime's packages that are installed here."""
    for distribution in _with_requirements(RUNTIME_DISTRIBUTIONS):
        for name in _top_level(distribution):
            link = folder / name
            if not link.is_symlink():
                link.symlink_to(Path(str(distribution.locate_file(name))).resolve())


def _with_requirements(names: tuple[str, ...]) -> Iterator[metadata.Distribution]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        distribution = metadata.distribution(name)
        yield distribution
        requirements = (Requirement(text) for text in distribution.requires or ())
        waiting += [need.name for need in requirements if need.marker is None or need.marker.evaluate({"extra": ""})]


def _top_level(distribution: metadata.Distribution) -> set[str]:
    """Return the modules and packages that a distribution puts on the import path, without scripts."""
    files = distribution.files or ()
    return {file.parts[0] for file in files if file.parts[0] not in {"..", "__pycache__"}}
