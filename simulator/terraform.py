"""What ``terraform apply`` and ``terraform destroy`` do to one service, one run at a time: the state is locked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import Mode, Service

from .ports.faults import RunCutOff

if TYPE_CHECKING:
    from .simulation import Simulation

APPLY_TAKES: Final = timedelta(seconds=3)
APPLIED_AGAIN_AFTER: Final = timedelta(seconds=90)
DELETED_AFTER: Final = timedelta(seconds=5)


def payload_of_terraform(
    service: Service, mode_before: Mode | None = None, action: str | None = None
) -> dict[str, object]:
    """Return the payload of ``aws_lambda_invocation``.

    ``action``: by default ``delete``, or ``update`` if ``mode_before`` is given.
    """
    action = action or ("delete" if mode_before is None else "update")
    before = None if mode_before is None else _payload(service, mode_before)
    return _payload(service, service.mode) | {"tf": {"action": action, "prev_input": before}}


def _payload(service: Service, mode: Mode) -> dict[str, object]:
    on_request = service.wake_on_request
    return {
        "uninstall": {
            "cluster_name": service.name.cluster_name,
            "service_name": service.name.service_name,
            "awake_count": service.awake_count,
            "mode": mode.value,
            "wake_rule_arns": [rule.arn for rule in on_request.rules] if on_request else [],
            "uptime_check_rule_arns": [uptime_check.arn for uptime_check in on_request.uptime_checks]
            if on_request
            else [],
        }
    }


class Invocation(Enum):
    """What Terraform's state says of a service's ``aws_lambda_invocation``."""

    ABSENT = auto()
    CREATED = auto()
    TAINTED = auto()


class Terraform:
    """Terraform for one service. It applies configurations in order.

    An apply that fails is repeated until it succeeds or another one is due. ``service``: the configuration that was
    last applied. ``deleted_after``: how long after the service's uninstall its configuration is deleted.
    """

    def __init__(
        self, sim: Simulation, service: Service, deleted_after: Callable[[], timedelta] = lambda: DELETED_AFTER
    ) -> None:
        self._sim = sim
        self._name = service.name
        self._deleted_after = deleted_after
        self._invocation = Invocation.CREATED
        self._applied = service
        self._due: deque[Service | None] = deque()
        self._busy = False
        self._failed_to_delete = False

    @property
    def failed_to_delete(self) -> bool:
        """Whether the newest invocation was a ``delete`` that failed for Terraform, even if the run succeeded."""
        return self._failed_to_delete

    @property
    def is_busy(self) -> bool:
        """Whether an apply is under way, or must be repeated."""
        return self._busy

    def apply(self, service: Service | None) -> None:
        """Apply a configuration with this service, or with ``None`` without it, once no other apply runs.

        Only runs can call this.
        """
        self._due.append(service)
        if self._busy:
            return
        self._busy = True
        while self._due:
            wanted = self._due.popleft()
            if not self._apply_once(wanted) and not self._due:
                self._due.append(wanted)
                self._sim.turns.wait(APPLIED_AGAIN_AFTER)
        self._busy = False

    def _apply_once(self, wanted: Service | None) -> bool:
        gone = wanted is None or self._invocation is Invocation.TAINTED
        if gone and not self._destroy_invocation():
            return False
        if wanted is None:
            self._sim.turns.wait(self._deleted_after())
            self._sim.leave(self._name)
            return True
        before, self._applied = self._applied, wanted
        self._sim.configure(wanted)
        self._sim.turns.wait(APPLY_TAKES)
        if self._invocation is Invocation.ABSENT:
            worked = self._invoke(wanted, "create")
            self._invocation = Invocation.CREATED if worked else Invocation.TAINTED
            return worked
        if (before.mode, before.awake_count) == (wanted.mode, wanted.awake_count):
            return True
        if not self._invoke(wanted, "update", before.mode):
            self._applied = before
            return False
        return True

    def _destroy_invocation(self) -> bool:
        if self._invocation is not Invocation.ABSENT:
            if not self._invoke(self._applied, "delete"):
                return False
            self._invocation = Invocation.ABSENT
        return True

    def _invoke(self, service: Service, action: str, mode_before: Mode | None = None) -> bool:
        """Invoke scale-up, and return whether it succeeded; if the run is cut off, it has failed for Terraform."""
        try:
            worked = self._sim.invoke_as_terraform(service, action, mode_before)
        except RunCutOff:
            if self._sim.is_closing:
                raise
            worked = False
        self._failed_to_delete = action == "delete" and not worked
        return worked
