"""A temporary copy of the module and its examples, laid out as in the project.

Terraform writes its state, lock file and provider links beside the configuration; in a copy the tree stays clean,
and nothing that an earlier run left behind decides what this one sees.
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
"""What the module consists of."""
FOLDERS_THAT_USE_IT: Final = ("examples", "tests/module")
LEFT_BEHIND: Final = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__")


@contextmanager
def terraform_working_copy() -> Iterator[Path]:
    """The copy's root, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="ecs-scale-to-zero-") as temporary:
        copy = Path(temporary).resolve()
        copy_module(copy)
        (copy / "tests").mkdir()
        for test in PROJECT.glob("tests/*.tftest.hcl"):
            shutil.copy2(test, copy / "tests")
        # The demo runs without the tests, too.
        _copy_folders([folder for folder in FOLDERS_THAT_USE_IT if (PROJECT / folder).is_dir()], copy)
        yield copy


def module_files() -> list[Path]:
    """The files at the project's root that the module consists of; it has folders beside them."""
    return [file for pattern in MODULE_FILES for file in PROJECT.glob(pattern)]


def copy_module(target: Path) -> None:
    """Copy the module alone into a folder."""
    for file in module_files():
        shutil.copy2(file, target)
    _copy_folders(MODULE_FOLDERS, target)


def _copy_folders(folders: Sequence[str], target: Path) -> None:
    for folder in folders:
        shutil.copytree(PROJECT / folder, target / folder, ignore=LEFT_BEHIND)
