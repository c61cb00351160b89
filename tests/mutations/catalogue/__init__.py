"""Small patches that each break one rule. The suite applies every one and must see a test fail."""

from __future__ import annotations

from typing import Final

from . import (
    announcements,
    api,
    aws,
    control,
    draining,
    escorted_wakes,
    failed_wakes,
    idleness,
    metrics,
    phases,
    shell,
    sight,
    taking_back,
    visitor,
    wake_rules,
    waking,
)
from .mutation import CORE, Mutation

MUTATIONS: Final = (
    *metrics.MUTATIONS,
    *idleness.MUTATIONS,
    *draining.MUTATIONS,
    *wake_rules.MUTATIONS,
    *waking.MUTATIONS,
    *failed_wakes.MUTATIONS,
    *escorted_wakes.MUTATIONS,
    *phases.MUTATIONS,
    *shell.MUTATIONS,
    *aws.MUTATIONS,
    *sight.MUTATIONS,
    *taking_back.MUTATIONS,
    *visitor.MUTATIONS,
    *control.MUTATIONS,
    *announcements.MUTATIONS,
    *api.MUTATIONS,
)

__all__ = ["CORE", "MUTATIONS", "Mutation"]
