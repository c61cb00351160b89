from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stamps import PROJECT, filled_once

FILL_SLOWLY = """
import sys, time
from pathlib import Path
from scripts.stamps import filled_once

def fill(folder):
    with Path(sys.argv[2]).open("a") as fills:
        fills.write("filled\\n")
    time.sleep(1)
    (folder / "content").write_text("whole")

print((filled_once(Path(sys.argv[1]), fill) / "content").read_text())
"""


def test_two_processes_that_start_together_fill_a_folder_once_and_both_see_it_complete(tmp_path: Path) -> None:
    fills = tmp_path / "fills"
    command = [sys.executable, "-c", FILL_SLOWLY, str(tmp_path / "kept" / "folder"), str(fills)]
    both = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=30)[0] for process in both] == ["whole\n", "whole\n"]
    assert fills.read_text() == "filled\n"


def test_a_failed_filling_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no network")

    folder = tmp_path / "kept" / "folder"
    with pytest.raises(OSError, match="no network"):
        filled_once(folder, fail)
    assert not folder.exists()
    assert list(filled_once(folder, lambda empty: (empty / "whole").touch()).iterdir()) == [folder / "whole"]
