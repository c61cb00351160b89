"""What Application Auto Scaling keeps of an ECS service: the bounds of its count, and which scaling is suspended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple


class NoScalableTarget(LookupError):
    """The service is not registered with Application Auto Scaling."""


class NoScalingPolicy(LookupError):
    """The scalable target has no scaling policy with this name."""


class NoScheduledAction(LookupError):
    """The scalable target has no scheduled action with this name."""


class Suspension(NamedTuple):
    """Which kinds of scaling are suspended: in and out by scaling policies, and by scheduled actions."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


NOTHING_SUSPENDED: Final = Suspension()


@dataclass(frozen=True)
class ScalableTarget:
    """A scalable target as DescribeScalableTargets shows it.

    Raises ``ValueError`` for bounds that AWS refuses (bc application-autoscaling RegisterScalableTarget).
    """

    minimum: int
    maximum: int
    suspended: Suspension = NOTHING_SUSPENDED

    def __post_init__(self) -> None:
        """Refuse a negative minimum, and a maximum below the minimum."""
        if self.minimum < 0:
            raise ValueError(f"The minimum capacity must be at least 0, not {self.minimum}.")
        if self.maximum < self.minimum:
            raise ValueError(f"The maximum capacity {self.maximum} is below the minimum capacity {self.minimum}.")

    def within(self, count: int) -> int:
        """Return the count that is within the bounds and nearest to ``count``."""
        return min(max(count, self.minimum), self.maximum)


class Registration(NamedTuple):
    """One call of RegisterScalableTarget: the scalable target and the desired count before and after it.

    ``before`` is ``None`` if the call registered the service.
    """

    at: datetime
    cluster: str
    name: str
    before: ScalableTarget | None
    after: ScalableTarget
    count_before: int
    count_after: int


class ScalingActivity(NamedTuple):
    """One change of a service's desired count by Application Auto Scaling.

    ``cause``: ``RegisterScalableTarget``, ``scaling policy NAME`` or ``scheduled action NAME``.
    """

    at: datetime
    cluster: str
    name: str
    before: int
    after: int
    cause: str
