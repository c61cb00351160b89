"""The parts of a history, as data: they are drawn from a seed, cut one by one, and shown in a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kinds of operations that may begin within seconds of each other."""

    TICK = "tick"
    WAKE = "wake"
    VISIT = "visit"
    HOLD = "hold"
    RELEASE = "release"
    SLEEP = "sleep request"
    SCHEDULED_HOLD = "scheduled hold"
    DEPLOYMENT = "deployment"
    SETTINGS = "change of settings"
    SET_COUNT = "update-service"
    LEAVE = "leaving"
    UNINSTALL = "uninstalling"
    HOLD_ALL = "all held or released"
    SCALING = "scalable target"


class Scaled(StrEnum):
    """The scalable target of the service when it is added: its bounds, and what of its scaling is suspended."""

    NOT = ""
    FROM_ONE = "1 to 3"
    FROM_TWO = "2 to 3"
    IN_SUSPENDED = "1 to 3, scale-in suspended"


class FaultKind(StrEnum):
    """How a call can go wrong."""

    NOT_SENT = "not sent"
    REFUSED = "refused"
    TIMED_OUT = "timed out after it took effect"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


class Situation(StrEnum):
    """The state of the service when the operations begin."""

    NEW = "just added"
    USED = "awake and just used"
    IDLE = "about to drain or stop"
    ABOUT_TO_STOP = "about to stop"
    AWAKE_AGAIN = "awake after a wake"
    ASLEEP = "asleep"
    WAKING = "waking"
    FAILED = "waking past its deadline"


CIRCUMSTANCES: Final = (
    "call_seconds",
    "rule_propagation",
    "slower_start",
    "stale_runs",
    "watcher_after",
    "denied",
    "endless_grace",
    "scaled",
)
"""The fields that apply to the whole history."""
ANY_RUN: Final = "any run"


class Denial(StrEnum):
    """An action that AWS denies to the functions' role until an operator allows it."""

    NOTHING = ""
    STOPS = "UpdateService to zero"
    DESCRIPTIONS = "DescribeServices"
    TARGET_HEALTH = "DescribeTargetHealth"
    TASKS = "ListTasks"
    REVISIONS = "DescribeServiceRevisions"
    SUSPENSIONS = "RegisterScalableTarget"
    SCALABLE_TARGETS = "DescribeScalableTargets"
    POLICIES = "DescribeScalingPolicies"


@dataclass(frozen=True)
class CallOf:
    """One call of one run that begins after the moment.

    ``run`` and ``number``: the kind of run, and its number among the runs of that kind, from 1. For ``ANY_RUN`` the
    calls of all runs are counted together. ``call``: the number of the call, from 1. ``name``: only calls of this name
    count.
    """

    run: str
    number: int
    call: int
    name: str = ""

    def __str__(self) -> str:
        """Name it as in a list; this text also seeds random delays."""
        call = f"{self.name} {self.call}" if self.name else f"call {self.call}"
        return f"{call} of {self.run}{'' if self.run == ANY_RUN else f' {self.number}'}"


@dataclass(frozen=True)
class Operation:
    """One operation. ``after``: seconds after the moment of the history. ``variant``: the number of its variant.

    ``during``: the operation begins while this call is made, if that is earlier.
    """

    kind: Kind
    after: float
    variant: int = 0
    during: CallOf | None = None


@dataclass(frozen=True)
class Strike:
    """A fault of one call. ``seconds``: how long the run waits before it gets the fault, or is killed.

    ``effect_after``: seconds after which AWS acts on a call that timed out. ``None``: the call has no late effect; with
    ``TIMED_OUT`` it took effect at once.
    """

    at: CallOf
    fault: FaultKind
    seconds: float = 0.0
    effect_after: float | None = None


@dataclass(frozen=True)
class Delay:
    """A call that succeeds, but takes this many seconds."""

    at: CallOf
    seconds: float


@dataclass(frozen=True)
class History:
    """What happens to one service.

    ``woken_by_requests``: whether it has wake rules. ``moment``: seconds from the beginning of the minute in which the
    situation is reached until the operations begin. The tick of each minute begins at its tenth second.
    ``call_seconds``: the average duration of a call in seconds, drawn for each call; 0: the usual duration.
    ``rule_propagation``: seconds until a changed rule takes effect. ``slower_start``: seconds by which tasks start
    later after the moment. ``stale_runs``: how many runs after the moment get counts that are ten seconds old.
    ``watcher_after``: seconds until a watcher that was sent begins; ``None``: it never begins.
    ``denied``: what AWS denies to every run after the moment, until the end is checked. ``endless_grace``: whether the
    service's health-check grace period is the longest that ECS accepts. ``scaled``: its scalable target.
    """

    situation: Situation
    woken_by_requests: bool
    moment: float
    operations: tuple[Operation, ...]
    strikes: tuple[Strike, ...] = ()
    delays: tuple[Delay, ...] = ()
    call_seconds: float = 0.0
    rule_propagation: float = 3.0
    slower_start: float = 0.0
    stale_runs: int = 0
    watcher_after: float | None = 0.05
    denied: Denial = Denial.NOTHING
    endless_grace: bool = False
    scaled: Scaled = Scaled.NOT

    def unusual(self) -> list[str]:
        """Return the names of the fields in ``CIRCUMSTANCES`` that are not as usual."""
        usual = History(self.situation, self.woken_by_requests, self.moment, ())
        return [field for field in CIRCUMSTANCES if getattr(self, field) != getattr(usual, field)]

    def smaller(self) -> Iterator[History]:
        """Return the histories with one part less, or with one simpler part. The largest cuts come first."""
        for field in ("operations", "strikes", "delays"):
            parts = getattr(self, field)
            for number in range(len(parts)):
                yield replace(self, **{field: parts[:number] + parts[number + 1 :]})
        usual = History(self.situation, self.woken_by_requests, self.moment, ())
        for field in self.unusual():
            yield replace(self, **{field: getattr(usual, field)})
        for number, operation in enumerate(self.operations):
            for plain in (replace(operation, variant=0), replace(operation, during=None)):
                if plain != operation:
                    yield replace(self, operations=(*self.operations[:number], plain, *self.operations[number + 1 :]))
