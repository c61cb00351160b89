"""All execution environments: which of them are idle, and which of them a function uses.

Each is a process, and the machine has room for only a few. Lambda starts one more environment when it needs one. Here,
if the limit is reached, an invocation replaces the environment that has been idle for the longest time, or waits until
one becomes idle. Waiting invocations are served in the order of their arrival, and virtual time passes while they wait.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local_aws.clock import Activity, Clock, Ended, Wait

from .environment import Closed, ExecutionEnvironment
from .log_events import LogStream
from .records import FunctionCode, LogLine
from .runtime_api import Pending


@dataclass(frozen=True)
class Slot:
    """An environment that one invocation uses. ``init``: how long it took to start, ``None`` if it was warm."""

    environment: ExecutionEnvironment
    log: LogStream
    init: timedelta | None = None


@dataclass(frozen=True)
class Room:
    """The right to run one invocation, in an idle environment or, if ``idle`` is ``None``, in a new one."""

    idle: Slot | None = None


@dataclass
class _Waiting:
    code: FunctionCode
    wait: Wait
    room: Room | None = None


class Environments:
    """At most ``most`` environments, each for one invocation at a time. The one that was used last is used next."""

    def __init__(
        self,
        clock: Clock,
        lock: AbstractContextManager[Any],
        new_id: Callable[[], str],
        variables: Callable[[], Mapping[str, str]],
        most: int,
        on_log_line: Callable[[str, LogLine], None],
    ) -> None:
        self._clock = clock
        self._api_lock = lock
        self._new_id = new_id
        self._variables = variables
        self._most = most
        self._on_log_line = on_log_line
        self._lock = threading.Lock()
        self._live = 0
        self._idle: list[Slot] = []
        self._in_use: dict[str, ExecutionEnvironment] = {}
        self._waiting: deque[_Waiting] = deque()
        self._closed = False

    def room(self, code: FunctionCode, activity: Activity) -> Room:
        """Wait for room for an invocation; the caller must then call ``take``. Raises ``Closed``."""
        with self._lock:
            if self._closed:
                raise Closed
            room, ended = (None, []) if self._waiting else self._room(code)
            waiting = _Waiting(code, self._clock.wait(activity)) if room is None else None
            if waiting is not None:
                self._waiting.append(waiting)
        _close(ended)
        if waiting is not None:
            try:
                waiting.wait.join()
            except Ended:
                raise Closed from None
            room = waiting.room
        if room is None:
            raise Closed
        return room

    def take(self, room: Room, code: FunctionCode, pending: Pending) -> Slot:
        """Take the environment for an invocation, and start it if it is new. Raises ``Closed``."""
        if room.idle is None:
            return self._start(code, pending)
        self._use(room.idle.environment)
        return room.idle

    def give_back(self, slot: Slot) -> None:
        """Keep the environment for the next invocation, or end it if it is unusable."""
        with self._lock:
            self._in_use.pop(slot.environment.access_key, None)
            ended = []
            if slot.environment.unusable or self._closed:
                ended.append(slot)
                self._live -= 1
            else:
                self._idle.append(Slot(slot.environment, slot.log))
            ended += self._serve_waiting()
        _close(ended)

    def activity_of(self, access_key: str) -> Activity | None:
        """Return the activity of the function that signs with this key, ``None`` if no function does."""
        environment = self._in_use.get(access_key)
        pending = environment.pending if environment is not None else None
        return pending.activity if pending is not None else None

    def role_of(self, access_key: str) -> str | None:
        """Return the role of the function that signs with this key, ``None`` if no function does."""
        environment = self._in_use.get(access_key)
        return environment.code.role_arn if environment is not None else None

    def close(self) -> None:
        """End every environment and every wait for one; afterwards none is started or used."""
        with self._lock:
            self._closed = True
            environments = [slot.environment for slot in self._idle] + list(self._in_use.values())
            self._idle.clear()
            waiting = list(self._waiting)
            self._waiting.clear()
        for one in waiting:
            one.wait.end()
        for environment in environments:
            environment.close()

    def _serve_waiting(self) -> list[Slot]:
        """Give room to waiting invocations in the order of their arrival; return the environments to end for that.

        The caller holds the lock.
        """
        ended: list[Slot] = []
        while self._waiting:
            room, ended_for_room = self._room(self._waiting[0].code)
            ended += ended_for_room
            if room is None:
                break
            first = self._waiting.popleft()
            first.room = room
            # The invocation that gives its environment back is still busy, so no time passes in between.
            first.wait.end()
        return ended

    def _room(self, code: FunctionCode) -> tuple[Room | None, list[Slot]]:
        """Find room for an invocation; return it with the idle environments to end for it.

        These are environments of older revisions, or the one that has been idle for the longest time. The caller holds
        the lock.
        """
        mine = [slot for slot in self._idle if slot.environment.code.arn == code.arn]
        ended = [slot for slot in mine if slot.environment.code != code]
        warm = next((slot for slot in reversed(mine) if slot.environment.code == code), None)
        if warm is None and self._live - len(ended) >= self._most:
            ended += [slot for slot in self._idle if slot not in ended][:1]
        self._live -= len(ended)
        self._idle = [slot for slot in self._idle if slot is not warm and slot not in ended]
        if warm is not None:
            return Room(warm), ended
        if self._live >= self._most:
            return None, ended
        self._live += 1
        return Room(), ended

    def _use(self, environment: ExecutionEnvironment) -> None:
        """Register an environment for ``close``; end it if everything was closed meanwhile. Raises ``Closed``."""
        with self._lock:
            if not self._closed:
                self._in_use[environment.access_key] = environment
                return
        environment.close()
        raise Closed

    def _end(self, environment: ExecutionEnvironment) -> None:
        """Remove an environment that could not be started, and free its room."""
        with self._lock:
            self._in_use.pop(environment.access_key, None)
            self._live -= 1
            ended = self._serve_waiting()
        environment.close()
        _close(ended)

    def _start(self, code: FunctionCode, pending: Pending) -> Slot:
        log_id, key_id = (self._new_id().replace("-", "") for _ in range(2))
        name = f"{self._clock.now():%Y/%m/%d}/[{code.version}]{log_id}"
        log = LogStream(code, name, self._clock.now, self._api_lock, self._on_log_line)
        environment = ExecutionEnvironment(code, f"ASIA{key_id[:16].upper()}", self._clock, log.write)
        self._use(environment)
        log.init_start()
        variables = {**self._variables(), **dict(code.variables), "AWS_LAMBDA_LOG_STREAM_NAME": name}
        try:
            seconds = environment.start(variables, pending)
        except BaseException:
            self._end(environment)
            raise
        return Slot(environment, log, timedelta(seconds=seconds))


def _close(slots: list[Slot]) -> None:
    for slot in slots:
        slot.environment.close()
