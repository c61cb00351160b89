"""How busy other work keeps the processors: computing then takes longer than its processor time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

BUSY: Final = 1.2
"""A machine is busy at this slowdown and above. On a quiet machine the slowdown is 1.0."""
PROCESSOR_SECONDS: Final = 0.2
COMPUTING: Final = f"""
import time
began = time.perf_counter() - time.process_time()
while time.process_time() < {PROCESSOR_SECONDS}:
    pass
print((time.perf_counter() - began) / time.process_time())
"""


def slowdown() -> float:
    """Return how many times its processor time a process takes now, with one process on each processor."""
    command = [sys.executable, "-I", "-S", "-c", COMPUTING]
    computing = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processors())]
    return max(float(process.communicate(timeout=60)[0]) for process in computing)


def processors() -> int:
    """Return the number of processors that this process can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
