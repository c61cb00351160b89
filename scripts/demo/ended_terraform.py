"""python-terraform, changed so that Terraform ends when the process that waits for it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from python_terraform import Terraform

# After a signal to end, Terraform cancels its operation and writes its state.
SECONDS_TO_END: Final = 10.0


class EndedTerraform(Terraform):  # type: ignore[misc]
    """Terraform in a folder, with the given environment only.

    python-terraform itself passes on this process's environment, and lets Terraform run on when it is interrupted.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(working_dir=str(folder))
        self._environment = dict(environment)

    def cmd(self, cmd: str, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Run one command of Terraform. Return its return code, its standard output and its standard error."""
        # Its own process group: Terraform's provider belongs to it as well.
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
                output, errors = process.communicate()
            except BaseException:
                end_group(process)
                raise
            finally:
                self.temp_var_files.clean_up()
        return process.returncode, output, errors


def end_group(leader: subprocess.Popen[str]) -> None:
    """Send the leader a signal to end. Then kill every process that is left in its group."""
    try:
        leader.terminate()
        # Keep reading: Terraform does not end while a pipe that it writes to is full.
        leader.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)
