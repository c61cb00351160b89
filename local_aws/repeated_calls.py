"""Calls of Elastic Load Balancing that AWS carries out at most once, even if a client repeats them.

"This operation is idempotent, which means that it completes at most one time. If you attempt to create multiple target
groups with the same settings, each call succeeds." (API reference, CreateTargetGroup; the same applies to load
balancers and listeners.) Clients repeat a call if its answer was lost; moto refuses the second call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from moto.elbv2.models import ELBv2Backend

from .patching import Patches

CREATING: Final = ("create_target_group", "create_load_balancer", "create_listener")


def install(patches: Patches) -> None:
    """Apply every patch."""
    for call in CREATING:
        patches.replace(ELBv2Backend, call, _once(call))


def _once(call: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def create(self: Any, *args: Any, **kwargs: Any) -> Any:
            settings = repr((call, args, sorted(kwargs.items())))
            # The backend keeps this, so that resetting moto also removes it.
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
