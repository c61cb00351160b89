"""Which tests the processes of a run take, and in which order."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

import pytest

ONE_BY_ONE: Final = frozenset({"test_promises.py", "test_terraform_tests.py"})
"""Files whose tests share nothing and take long, so that several processes may share them out among each other."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a process take a file at a time, in the order in which they were collected."""
    # Only here: without xdist, or with one process, there is nothing to import.
    from xdist.scheduler import LoadScopeScheduling

    class FileByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if PurePath(file).name in ONE_BY_ONE else file

    config.option.loadscopereorder = False
    return FileByFile(config, log)
