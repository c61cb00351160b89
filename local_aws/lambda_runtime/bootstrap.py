"""The first code in an execution environment's process, before the runtime interface client starts the function.

It gives the process virtual time, which is possible only inside the process. The wall clock shows the virtual instant
and stands still. ``time.sleep`` lets virtual time pass instead of real time, so a function that waits for a minute does
not take a real minute. Time-outs of sockets and locks stay real.

The process is started with ``-I -S``: its import path contains only what the first lines put there.
"""

from __future__ import annotations

import sys

_packages, _task_root, _handler = sys.argv[1:4]
sys.path[:0] = [_task_root, _packages]

import http.client  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402
from datetime import timedelta  # noqa: E402
from typing import SupportsIndex  # noqa: E402

import time_machine  # noqa: E402
from awslambdaric import __main__ as runtime_interface_client  # noqa: E402
from awslambdaric import lambda_runtime_client  # noqa: E402


def _request_time(path: str, body: str = "") -> int:
    """Request the virtual instant, in microseconds since 1970; the answer can wait until virtual time has passed."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request("POST", path, body)
        return int(connection.getresponse().read())
    finally:
        connection.close()


def _main() -> None:
    traveller = time_machine.travel(0, tick=False).start()

    def set_clock(microseconds: int) -> None:
        traveller.shift(timedelta(microseconds=microseconds - time.time_ns() // 1000))

    def sleep(seconds: float | SupportsIndex, /) -> None:
        if float(seconds) < 0:
            raise ValueError("sleep length must be non-negative")
        set_clock(_request_time("/local-aws/sleep", repr(float(seconds))))

    set_clock(_request_time("/local-aws/now"))
    time.sleep = sleep

    native = lambda_runtime_client.runtime_client
    native_next = native.next

    def next_invocation() -> object:
        invocation = native_next()
        set_clock(_request_time("/local-aws/now"))
        return invocation

    native.next = next_invocation
    runtime_interface_client.main(["awslambdaric", _handler])


_main()
