"""A temporary copy of the module and its examples, with the folders of the project.

Terraform writes its state, lock file and provider links beside the configuration. A copy keeps the project clean, and
files from an earlier run cannot influence this run.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.stamps import PROJECT

MODULE_FILES: Final = ("*.tf", "prices.json")
MODULE_FOLDERS: Final = ("modules", "templates", "lambda_src/dist")
"""The files and folders of the module."""
FOLDERS_THAT_USE_IT: Final = ("examples", "tests/module")
LEFT_BEHIND: Final = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__")


@contextmanager
def terraform_working_copy() -> Iterator[Path]:
    """Return the copy's root. The copy is deleted when the context ends."""
    with tempfile.TemporaryDirectory(prefix="ecs-scale-to-zero-") as temporary:
        copy = Path(temporary).resolve()
        copy_module(copy)
        (copy / "tests").mkdir()
        for test in PROJECT.glob("tests/*.tftest.hcl"):
            shutil.copy2(test, copy / "tests")
        # The demo also runs without the tests.
        _copy_folders([folder for folder in FOLDERS_THAT_USE_IT if (PROJECT / folder).is_dir()], copy)
        yield copy


def module_files() -> list[Path]:
    """Return the module's files at the project's root, without its folders."""
    return [file for pattern in MODULE_FILES for file in PROJECT.glob(pattern)]


def copy_module(target: Path) -> None:
    """Copy only the module into a folder."""
    for file in module_files():
        shutil.copy2(file, target)
    _copy_folders(MODULE_FOLDERS, target)


def _copy_folders(folders: Sequence[str], target: Path) -> None:
    for folder in folders:
        shutil.copytree(PROJECT / folder, target / folder, ignore=LEFT_BEHIND)
