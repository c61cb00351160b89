"""python-terraform, whose Terraform ends with the process that waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from python_terraform import Terraform

# On a signal to end, Terraform cancels what is under way and writes its state.
SECONDS_TO_END: Final = 10.0


class EndedTerraform(Terraform):  # type: ignore[misc]
    """Runs Terraform in a folder with the environment it is given, and with nothing of this process's own.

    python-terraform itself passes on this process's environment, and leaves Terraform behind when it is interrupted.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(working_dir=str(folder))
        self._environment = dict(environment)

    def cmd(self, cmd: str, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Run one command of Terraform; return its code, what it said and what it complained of."""
        # In a process group of its own, which its provider belongs to as well.
        with subprocess.Popen(
            self.generate_cmd_string(cmd, *arguments, **options),
            cwd=self.working_dir,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            try:
                said, complained = process.communicate()
            except BaseException:
                end_group(process)
                raise
            finally:
                self.temp_var_files.clean_up()
        return process.returncode, said, complained


def end_group(leader: subprocess.Popen[str]) -> None:
    """Send the leader a signal to end; then end all that is left of its group."""
    try:
        leader.terminate()
        # Read on: Terraform does not end while a pipe it writes to is full.
        leader.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)
