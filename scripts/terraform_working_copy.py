"""A temporary copy of the module and its examples, laid out as in the project.

Terraform writes its state, lock file and provider links beside the configuration; in a copy the tree stays clean,
and nothing that an earlier run left behind decides what this one sees.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.stamps import PROJECT

MODULE_FOLDERS: Final = ("templates", "lambda_src/dist", "examples", "tests/module")
LEFT_BEHIND: Final = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__")


@contextmanager
def terraform_working_copy() -> Iterator[Path]:
    """The copy's root, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="ecs-scale-to-zero-") as temporary:
        copy = Path(temporary).resolve()
        for configuration in PROJECT.glob("*.tf"):
            shutil.copy2(configuration, copy)
        (copy / "tests").mkdir()
        for test in PROJECT.glob("tests/*.tftest.hcl"):
            shutil.copy2(test, copy / "tests")
        for folder in MODULE_FOLDERS:
            if (PROJECT / folder).is_dir():
                shutil.copytree(PROJECT / folder, copy / folder, ignore=LEFT_BEHIND)
        yield copy
