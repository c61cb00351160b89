"""What the module saves of a service between runs, as types.

Every instant is an aware ``datetime`` in UTC; every duration a ``timedelta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .configured import ServiceName
from .reasons import Reason


class Phase(StrEnum):
    """Where a service is between running and stopped, as its service state has it."""

    AWAKE = "awake"
    DRAINING = "draining"
    ASLEEP = "asleep"
    WAKING = "waking"


class Hold(NamedTuple):
    """A promise to keep a service awake until an instant, and why, as the caller wrote it."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why a service is as it is, as the newest tick reported it, for operators to read.

    ``reason``: a ``Reason`` or an ``Attention``; text, since another version of the module may have written it.
    ``sentence``: what is so, and what to do about it. ``needs_attention``: an operator should check.
    ``since``: from when on every tick has reported this reason. ``logged``: when its sentence was last logged.
    ``phase``: of the service at that tick, ``None`` if it had none; in another phase the sentence no longer holds.
    """

    reason: str
    sentence: str
    needs_attention: bool
    since: datetime
    logged: datetime
    phase: Phase | None = None


class HoldAll(NamedTuple):
    """A promise to keep every service awake until an instant: when it was given, until when, and why."""

    since: datetime
    until: datetime
    reason: str = ""


class Leaving(NamedTuple):
    """The mark of a service that leaves the module: when its uninstall began, and whether that has succeeded."""

    since: datetime
    done: bool = False


@dataclass(frozen=True)
class TimeAsleep:
    """How long a service has slept, in sleeps that are over.

    ``day``: the newest UTC day on which it slept, ``None`` if it never did; ``that_day``: for how long on that day.
    ``task_time``: how long tasks would have run meanwhile, each counted by itself, all days together.
    """

    day: date | None = None
    that_day: timedelta = timedelta(0)
    task_time: timedelta = timedelta(0)


@dataclass(frozen=True)
class PhaseChange:
    """One change of a service's phase, or a wake that failed (``failed``; the phase stays ``waking``).

    ``version``: of the service state that was written with it; with the service's names it identifies this change.
    ``began``: when the wake that it ends, or that failed, was first requested, or when the time awake that it ends had
    begun; ``None`` if that wake was not requested from this module, or if it is unknown. ``quiet_since``: where it ends
    in sleep, since when no use of the service is known. ``cause``: why the wake failed, from ECS.
    """

    version: int
    at: datetime
    before: Phase
    after: Phase
    reason: Reason
    failed: bool = False
    began: datetime | None = None
    quiet_since: datetime | None = None
    cause: str = ""


@dataclass(frozen=True)
class Wake:
    """The newest wake, from when it began until the service falls asleep; ``None`` is not yet, or not seen.

    ``deadline``: when it counts as failed. ``first_requested_at``: when it was first requested, ``None`` where it was
    not requested from this module. ``sent``: the count was first set in ECS; until then the wake waits for its turn.
    ``accepted``: ECS accepted the count. ``created``, ``pulled``, ``started``: as in ``TaskTimes``. ``healthy``: it was
    found ready.
    ``failed``: it is, or was, past its deadline; ``cause``: why, from ECS.
    ``retry_at``: of a failed one that only a hold keeps from being abandoned, before then the count is not set again.
    """

    deadline: datetime
    first_requested_at: datetime | None = None
    sent: datetime | None = None
    accepted: datetime | None = None
    created: datetime | None = None
    pulled: datetime | None = None
    started: datetime | None = None
    healthy: datetime | None = None
    failed: bool = False
    cause: str = ""
    retry_at: datetime | None = None


class Stop(NamedTuple):
    """A stop that may still be under way.

    ``lease_until``: until then no wake may start. ``wake_requested``: when one was requested meanwhile.
    """

    lease_until: datetime
    wake_requested: datetime | None = None


class Backoff(NamedTuple):
    """What an abandoned wake leaves while the service sleeps: no request wakes it before ``until``; ``cause``: why."""

    until: datetime
    cause: str = ""


@dataclass(frozen=True)
class ServiceState:
    """What must be saved of a service between runs (one DynamoDB item).

    ``since``: when it entered its phase. ``wake``, ``stop``, ``backoff``, ``stopped``, ``armed``,
    ``routing_restored_at`` and ``failures`` belong to a phase: ``phases.py`` alone writes them.
    ``version``: rises by one with every write; 0 was never written.
    ``last_activity``: the newest that is known: a request, a busy task, the end of a deployment.
    ``requested_at``: when a wake of the service was last requested.
    ``restore``: the count of tasks it had when it was last awake.
    ``stopped``: when this module stopped its tasks; ``None`` while it is awake, and where this module did not put it to
    sleep. ``armed``: while it drains or wakes, since when every wake rule is known to be armed.
    ``routing_restored_at``: when requests reached it again after it woke, its wake rules being disarmed.
    ``usual_wake``: how long its wakes usually take. ``failures``: how many of them in a row have failed.
    ``would_sleep_since``: in mode dry_run, since when it would have been asleep.
    ``metrics_late``: when its metrics were last seen to be unusually late.
    ``targetless_since``: since when no tick has seen a target in its target groups without ``HealthyHostCount``.
    ``hold``: the promise to stay awake, which may be over. ``sleep_requested``: when sleep was last
    requested, which does not wait for idleness. ``awake_since``: when it last became awake.
    ``time_asleep``: how long it slept.
    ``changes``: its newest changes of phase, oldest first; no notification has been sent yet for those whose version is
    above ``notified``, which only the run that sends notifications writes.
    ``deployment_since``: since when a deployment runs that had not ended when last observed; ``None`` if none ran.
    ``leaving``: set while Terraform removes it from the module, and from then on (``leaving.py``).
    ``watcher_expected_until`` and ``watcher_until``: until then a watcher that was started is expected, and until then
    one has the lease to watch the wake; leases write them, never a service state.
    """

    name: ServiceName
    phase: Phase
    since: datetime
    version: int = 0
    last_activity: datetime | None = None
    requested_at: datetime | None = None
    restore: int | None = None
    wake: Wake | None = None
    stop: Stop | None = None
    backoff: Backoff | None = None
    stopped: datetime | None = None
    armed: datetime | None = None
    routing_restored_at: datetime | None = None
    usual_wake: timedelta | None = None
    failures: int = 0
    would_sleep_since: datetime | None = None
    metrics_late: datetime | None = None
    targetless_since: datetime | None = None
    hold: Hold | None = None
    sleep_requested: datetime | None = None
    awake_since: datetime | None = None
    time_asleep: TimeAsleep = TimeAsleep()
    changes: tuple[PhaseChange, ...] = ()
    notified: int = 0
    deployment_since: datetime | None = None
    leaving: Leaving | None = None
    watcher_expected_until: datetime | None = None
    watcher_until: datetime | None = None

    @property
    def wake_under_way(self) -> Wake | None:
        """The wake under way, ``None`` where none is."""
        return self.wake if self.phase is Phase.WAKING else None

    @property
    def failed(self) -> bool:
        """Whether the wake under way is past its deadline."""
        return self.wake_under_way is not None and self.wake_under_way.failed

    @property
    def wake_requested(self) -> datetime | None:
        """When a wake was requested that waits for a stop to end, ``None`` where none does."""
        return self.stop.wake_requested if self.stop is not None else None

    def stop_under_way(self, now: datetime) -> Stop | None:
        """The stop that may still be under way, ``None`` where none is."""
        return self.stop if self.stop is not None and now < self.stop.lease_until else None


class Lease(StrEnum):
    """The right of one run to do something for a service until an instant."""

    START_WATCHER = "start_watcher"
    WATCHER = "watcher"
    DISARM = "disarm"
