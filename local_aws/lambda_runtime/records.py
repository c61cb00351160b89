"""The data of a function before it runs, and the record of each invocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class InvocationType(StrEnum):
    """The invocation types of ``Invoke``."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"
    DRY_RUN = "DryRun"


@dataclass(frozen=True)
class FunctionCode:
    """One revision of a function: everything that an execution environment is made from.

    Two environments with equal code are interchangeable; each update of the function makes a new revision.
    """

    name: str
    arn: str
    account_id: str
    region: str
    version: str
    handler: str
    runtime: str
    timeout: timedelta
    memory_size: int
    role_arn: str
    variables: tuple[tuple[str, str], ...]
    log_group: str
    log_format: str
    application_log_level: str
    system_log_level: str
    code_sha256: str
    zip_file: bytes = field(compare=False, repr=False)


@dataclass(frozen=True)
class Answer:
    """The result of a function as JSON text: its answer, or its error if ``failed``."""

    payload: bytes
    failed: bool = False


@dataclass(frozen=True)
class LogLine:
    """One event of a log stream."""

    instant: datetime
    message: str


@dataclass(frozen=True)
class Invocation:
    """One run of a function. ``error`` is Lambda's error object, ``answer`` what the function returned."""

    function_name: str
    request_id: str
    started: datetime
    ended: datetime
    invocation_type: InvocationType
    payload: Any
    answer: Any = None
    error: Mapping[str, Any] | None = None
    log: tuple[LogLine, ...] = ()
    cold: bool = False
    attempt: int = 1
