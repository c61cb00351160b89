"""Application Auto Scaling, as types: the scalable target of a service, and what of its scaling is suspended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple


class Suspension(NamedTuple):
    """Which kinds of scaling are suspended: in and out by scaling policies, and by scheduled actions."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


NOTHING_SUSPENDED: Final = Suspension()
ALL_SUSPENDED: Final = Suspension(scale_in=True, scale_out=True, scheduled=True)


@dataclass(frozen=True)
class ScalableTarget:
    """The scalable target of a service: the bounds of its count, which belong to the user, and what is suspended."""

    minimum: int
    maximum: int
    suspended: Suspension = NOTHING_SUSPENDED


class Scaling(NamedTuple):
    """That a service has a scalable target, and how this module last suspended its scaling.

    ``before``: what was suspended before that, which is put back after the next wake; ``None``: this module has not
    suspended it. ``put_back_at``: when putting back was last begun, ``None`` if not yet. Until the next sleep both are
    kept: a suspension found later may be this one.
    """

    before: Suspension | None = None
    put_back_at: datetime | None = None
