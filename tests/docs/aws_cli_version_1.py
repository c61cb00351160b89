"""The documentation's commands for the AWS CLI that can be installed here.

PyPI has only version 1, which has no ``aws logs tail``. ``filter-log-events`` gets the same lines from the same API.
"""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from typing import Final

SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
# ``tail`` adds the name of the log stream unless the format is short.
FIELDS: Final = {"short": "[timestamp,message]", "detailed": "[timestamp,logStreamName,message]"}


def for_version_1(command: str) -> str:
    """Return the command, or its equivalent for ``aws logs tail``. An option without an equivalent ends the test."""
    if not command.startswith("aws logs tail "):
        return command
    parser = ArgumentParser(prog="aws logs tail", allow_abbrev=False)
    parser.add_argument("group")
    parser.add_argument("--since", default="10m", type=seconds)
    parser.add_argument("--format", default="detailed", choices=FIELDS)
    parser.add_argument("--filter-pattern")
    tail = parser.parse_args(shlex.split(command)[3:])
    pattern = f" --filter-pattern {shlex.quote(tail.filter_pattern)}" if tail.filter_pattern else ""
    return (
        f"aws logs filter-log-events --log-group-name {shlex.quote(tail.group)}{pattern} "
        f"--start-time $(( ($(date +%s) - {tail.since}) * 1000 )) "
        f"--query 'events[].{FIELDS[tail.format]}' --output text"
    )


def seconds(since: str) -> int:
    """Return a duration such as ``5m`` in seconds."""
    duration = re.fullmatch(r"(\d+)([smhdw])", since)
    if duration is None:
        raise ValueError(since)
    return int(duration[1]) * SECONDS[duration[2]]
