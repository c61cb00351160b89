"""The execution environments there are: which are idle, and which are in use by whom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local_aws.clock import Activity, Clock

from .environment import ExecutionEnvironment
from .log_events import LogStream
from .records import FunctionCode
from .runtime_api import Pending


@dataclass(frozen=True)
class Place:
    """An environment taken for one invocation; ``init`` is how long it took to start, ``None`` if it was warm."""

    environment: ExecutionEnvironment
    log: LogStream
    init: timedelta | None = None


class Environments:
    """One invocation at a time in each. The one used last is used next; where none is idle, another is started."""

    def __init__(
        self,
        clock: Clock,
        lock: AbstractContextManager[Any],
        new_id: Callable[[], str],
        variables: Callable[[], Mapping[str, str]],
    ) -> None:
        self._clock = clock
        self._api_lock = lock
        self._new_id = new_id
        self._variables = variables
        self._lock = threading.Lock()
        self._idle: list[Place] = []
        self._in_use: dict[str, ExecutionEnvironment] = {}
        self._closed = False

    def take(self, code: FunctionCode, pending: Pending) -> Place:
        """Take an idle environment of this revision, or start one; idle ones of older revisions are ended."""
        with self._lock:
            mine = [place for place in self._idle if place.environment.code.arn == code.arn]
            stale = [place for place in mine if place.environment.code != code]
            warm = next((place for place in reversed(mine) if place.environment.code == code), None)
            self._idle = [place for place in self._idle if place is not warm and place not in stale]
            if warm is not None:
                self._in_use[warm.environment.access_key] = warm.environment
        for place in stale:
            place.environment.close()
        return warm or self._start(code, pending)

    def give_back(self, place: Place) -> None:
        """Keep the environment for the next invocation, or end it if it is broken."""
        with self._lock:
            self._in_use.pop(place.environment.access_key, None)
            reusable = not place.environment.broken and not self._closed
            if reusable:
                self._idle.append(Place(place.environment, place.log))
        if not reusable:
            place.environment.close()

    def activity_of(self, access_key: str) -> Activity | None:
        """What the function that signs with this key is doing, ``None`` if no function does."""
        environment = self._in_use.get(access_key)
        pending = environment.pending if environment is not None else None
        return pending.activity if pending is not None else None

    def role_of(self, access_key: str) -> str | None:
        """The role of the function that signs with this key, ``None`` if no function does."""
        environment = self._in_use.get(access_key)
        return environment.code.role_arn if environment is not None else None

    def close(self) -> None:
        """End every environment; what is started later ends after its invocation."""
        with self._lock:
            self._closed = True
            environments = [place.environment for place in self._idle] + list(self._in_use.values())
            self._idle.clear()
        for environment in environments:
            environment.close()

    def _start(self, code: FunctionCode, pending: Pending) -> Place:
        log_id, key_id = (self._new_id().replace("-", "") for _ in range(2))
        name = f"{self._clock.now():%Y/%m/%d}/[{code.version}]{log_id}"
        log = LogStream(code, name, self._clock.now, self._api_lock)
        environment = ExecutionEnvironment(code, f"ASIA{key_id[:16].upper()}", self._clock, log.write)
        with self._lock:
            self._in_use[environment.access_key] = environment
        log.init_start()
        variables = {**self._variables(), **dict(code.variables), "AWS_LAMBDA_LOG_STREAM_NAME": name}
        seconds = environment.start(variables, pending)
        return Place(environment, log, timedelta(seconds=seconds))
