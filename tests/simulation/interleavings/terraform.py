"""What ``terraform apply`` and ``terraform destroy`` do to one service, one after the other: the state is locked."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from enum import Enum, auto
from random import Random

from scale_to_zero.model import Mode, Service
from tests.simulation.faults import RunCutOff
from tests.simulation.simulation import Simulation
from tests.simulation.terraform import APPLIED_AGAIN_AFTER, APPLY_TAKES


class Invocation(Enum):
    """The resource ``aws_lambda_invocation`` of a service in Terraform's state."""

    ABSENT = auto()
    CREATED = auto()
    TAINTED = auto()


class Terraform:
    """Applies what it is given, in order. An apply that fails is repeated until it succeeds or another one is due."""

    def __init__(self, sim: Simulation, service: Service, random: Random) -> None:
        self._sim = sim
        self._name = service.name
        self._random = random
        self._invocation = Invocation.CREATED
        self._applied = service
        self._due: deque[Service | None] = deque()
        self._busy = False
        self._failed_to_delete = False

    @property
    def failed_to_delete(self) -> bool:
        """Whether the newest invocation was one to delete, and failed for Terraform, whatever came of it."""
        return self._failed_to_delete

    @property
    def is_busy(self) -> bool:
        """Whether an apply is under way, or is to be repeated."""
        return self._busy

    def apply(self, service: Service | None) -> None:
        """Apply a configuration with this service, or without it, as soon as no other apply runs. For runs only."""
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
            self._sim.turns.wait(timedelta(seconds=self._until_configuration_is_deleted()))
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
        """Whether the invocation succeeded; one whose run is killed has failed for Terraform."""
        try:
            worked = self._sim.invoke_as_terraform(service, action, mode_before)
        except RunCutOff:
            if self._sim.is_closing:
                raise
            worked = False
        self._failed_to_delete = action == "delete" and not worked
        return worked

    def _until_configuration_is_deleted(self) -> float:
        """Seconds: at once as a rule, and behind all the rest of a destroy, or in the next apply, now and then."""
        return self._random.uniform(0.2, 20) if self._random.random() < 0.9 else 25 * 60
