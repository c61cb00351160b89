"""Which process of a run takes which tests, and in which order."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

import pytest

ONE_BY_ONE: Final = frozenset({"test_promises.py", "test_terraform_tests.py"})
"""Files whose tests share nothing and take long. Several processes can take tests of such a file."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let each process take one file at a time, in the order in which the files were collected."""
    # The import is here because xdist might not be installed, and is not needed for one process.
    from xdist.scheduler import LoadScopeScheduling

    class FileByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if PurePath(file).name in ONE_BY_ONE else file

    config.option.loadscopereorder = False
    return FileByFile(config, log)
