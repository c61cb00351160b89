"""What the module saves about a service between runs, as types.

Every instant is an aware ``datetime`` in UTC; every duration a ``timedelta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .configured import ServiceName
from .reasons import Reason
from .scaling import Scaling


class Phase(StrEnum):
    """The phase of a service between running and stopped, as saved in its service state."""

    AWAKE = "awake"
    DRAINING = "draining"
    ASLEEP = "asleep"
    WAKING = "waking"


class Hold(NamedTuple):
    """The hold of a service: until when it stays awake, and why, as the caller wrote it."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why a service is in its present state, as the newest tick reported it to operators.

    ``reason``: a ``Reason`` or an ``Attention``; a text, because another version of the module may have written it.
    ``sentence``: the fact, and what to do about it. ``needs_attention``: an operator should check.
    ``since``: since when every tick has reported this reason. ``logged``: when its sentence was last logged.
    ``phase``: of the service at that tick, ``None`` if it had none; the sentence is not valid in another phase.
    """

    reason: str
    sentence: str
    needs_attention: bool
    since: datetime
    logged: datetime
    phase: Phase | None = None


class HoldAll(NamedTuple):
    """The hold of all services: when it began, until when they stay awake, and why."""

    since: datetime
    until: datetime
    reason: str = ""


class Leaving(NamedTuple):
    """The mark of a service that leaves the module: when its uninstall began, and whether it has succeeded."""

    since: datetime
    done: bool = False


@dataclass(frozen=True)
class TimeAsleep:
    """How long a service has slept, in sleeps that are over.

    ``day``: the newest UTC day on which it slept, ``None`` if it never slept; ``that_day``: for how long on that day.
    ``task_time``: how long its tasks would have run meanwhile: the sum over all tasks and days.
    """

    day: date | None = None
    that_day: timedelta = timedelta(0)
    task_time: timedelta = timedelta(0)


@dataclass(frozen=True)
class PhaseChange:
    """One change of a service's phase, or a wake that failed (``failed``; the phase stays ``waking``).

    ``version``: of the service state that was written with it; with the service's names it identifies this change.
    ``began``: when the wake that ends or failed was first requested, or when the time awake that ends had begun;
    ``None`` if this module got no request for that wake, or if the instant is unknown. ``quiet_since``: if the service
    falls asleep, since when no use of it is known. ``cause``: why the wake failed, from ECS.
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
    """The newest wake, from its beginning until the service falls asleep; an instant is ``None`` if not yet or unknown.

    ``deadline``: when it counts as failed. ``first_requested_at``: when it was first requested, ``None`` if it was not
    requested from this module. ``sent``: when the count was first set in ECS; until then the wake waits for its turn.
    ``accepted``: when ECS accepted the count. ``created``, ``pulled``, ``started``: as in ``TaskTimes``. ``healthy``:
    when the service was found ready.
    ``failed``: whether it is, or was, past its deadline; ``cause``: why, from ECS.
    ``retry_at``: if only a hold keeps a failed wake from being abandoned, the count is not set again before then.
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

    ``lease_until``: until then no wake may start. ``wake_requested``: when a wake was requested meanwhile.
    """

    lease_until: datetime
    wake_requested: datetime | None = None


class Backoff(NamedTuple):
    """The pause after an abandoned wake: no request wakes the service before ``until``. ``cause``: why it failed."""

    until: datetime
    cause: str = ""


@dataclass(frozen=True)
class ServiceState:
    """What must be saved about a service between runs (one DynamoDB item).

    ``since``: when it entered its phase. ``wake``, ``stop``, ``backoff``, ``stopped``, ``armed``,
    ``routing_restored_at`` and ``failures`` belong to a phase: only ``phases.py`` writes them.
    ``version``: rises by one with every write; 0 was never written.
    ``last_activity``: the newest known activity: a request, a busy task, the end of a deployment.
    ``requested_at``: when a wake of the service was last requested.
    ``restore``: the count of tasks it had when it was last awake.
    ``stopped``: when this module stopped its tasks; ``None`` while it is awake, and if this module did not put it to
    sleep. ``armed``: while it drains or wakes, since when every wake rule is known to be armed.
    ``routing_restored_at``: when requests reached it again after it woke, because its wake rules were disarmed.
    ``usual_wake``: how long its wakes usually take. ``failures``: how many wakes in a row have failed.
    ``would_sleep_since``: in mode dry_run, since when it would have been asleep.
    ``metrics_late``: when its metrics were last observed to be unusually late.
    ``targetless_since``: since when no tick has seen a target in its target groups without ``HealthyHostCount``.
    ``hold``: its own hold, which may be over. ``sleep_requested``: when sleep was last requested; such a request does
    not wait for idleness. ``awake_since``: when it last became awake. ``time_asleep``: how long it slept.
    ``changes``: its newest changes of phase, oldest first. No notification has been sent yet for changes whose version
    is above ``notified``, which only the run that sends notifications writes.
    ``deployment_since``: since when the deployment runs that was running when last observed; ``None`` if none was.
    ``leaving``: set when Terraform begins to remove it from the module, and kept (``leaving.py``).
    ``scaling``: ``None`` if it is not known to have a scalable target. Ticks read the scalable targets of all others.
    ``watcher_expected_until``: until then a watcher that was started is expected. ``watcher_until``: until then one has
    the lease to watch the wake. Only leases write these two, never a write of the service state.
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
    scaling: Scaling | None = None
    watcher_expected_until: datetime | None = None
    watcher_until: datetime | None = None

    @property
    def wake_under_way(self) -> Wake | None:
        """The wake under way, ``None`` if there is none."""
        return self.wake if self.phase is Phase.WAKING else None

    @property
    def failed(self) -> bool:
        """Whether the wake under way is past its deadline."""
        return self.wake_under_way is not None and self.wake_under_way.failed

    @property
    def wake_requested(self) -> datetime | None:
        """When the wake that waits for the end of a stop was requested, ``None`` if no wake waits."""
        return self.stop.wake_requested if self.stop is not None else None

    def stop_under_way(self, now: datetime) -> Stop | None:
        """Return the stop that may still be under way, ``None`` if there is none."""
        return self.stop if self.stop is not None and now < self.stop.lease_until else None


class Lease(StrEnum):
    """The right of one run to do something for a service until an instant."""

    START_WATCHER = "start_watcher"
    WATCHER = "watcher"
    DISARM = "disarm"
