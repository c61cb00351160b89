"""Calls of Elastic Load Balancing that AWS carries out at most once, however often a client repeats them.

"This operation is idempotent, which means that it completes at most one time. If you attempt to create multiple target
groups with the same settings, each call succeeds." (API reference, CreateTargetGroup; of load balancers and listeners
likewise.) Clients repeat a call where its answer was lost; moto refuses the second one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from moto.elbv2.models import ELBv2Backend

from .patching import Patches

CREATING: Final = ("create_target_group", "create_load_balancer", "create_listener")


def install(patches: Patches) -> None:
    """Put every patch in force."""
    for call in CREATING:
        patches.replace(ELBv2Backend, call, _once(call))


def _once(call: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def create(self: Any, *args: Any, **kwargs: Any) -> Any:
            settings = repr((call, args, sorted(kwargs.items())))
            # Kept by the backend, so that it goes with everything else when moto is reset.
            created: dict[str, Any] = self.__dict__.setdefault("created_by_settings", {})
            before = created.get(settings)
            if before is not None and before.arn in _existing(self):
                return before
            created[settings] = moto(self, *args, **kwargs)
            return created[settings]

        return create

    return make


def _existing(backend: Any) -> set[str]:
    listeners = {arn for balancer in backend.load_balancers.values() for arn in balancer.listeners}
    return {*backend.target_groups, *backend.load_balancers, *listeners}
