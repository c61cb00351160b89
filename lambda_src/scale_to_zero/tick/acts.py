"""What one tick does about its decisions: it saves, wakes and stops, each service apart from the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scale_to_zero.actions.act import log_decision, put_to_sleep, start
from scale_to_zero.actions.rate_limiter import SERVICE_UPDATE_RATE, Pace
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.decided import Action
from scale_to_zero.model.errors import CallForbidden, MemoryChanged
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Explanation, Memory, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.rules.explanations import Step
from scale_to_zero.rules.holds import standing_hold_of_all
from scale_to_zero.rules.wake_times import waits_for_its_turn

from .tick_report import TIME_KEPT_FOR_THE_END, Course, oldest_first

logger = logging.getLogger(__name__)

SERVICE_UPDATES_PER_TICK: Final = 200
ONLY_MEMORY: Final = frozenset({Action.REMEMBER, Action.DRAIN})


class Actor:
    """Carries out the decisions of one tick; the next one does what this one may not do any more.

    ``ends_at``: when the run is cut off at the latest. ``told``: what the ticks before have reported of services.
    """

    def __init__(
        self, ports: Ports, course: Course, ends_at: datetime, told: Mapping[ServiceName, Explanation]
    ) -> None:
        self._ports = ports
        self._course = course
        self._ends_at = ends_at
        self._told = told
        self._pace = Pace(ports, SERVICE_UPDATE_RATE)
        self._updates = 0

    def remember(self) -> None:
        """Write what must be saved."""
        list(self._ports.executor.map(lambda one: self._carry_out(one, self._remember), self._deciding_on(ONLY_MEMORY)))

    def wake(self) -> None:
        """Start wakes: first those that ECS was asked for already, whose deadline counts; of the rest, the oldest."""
        self._update(self._deciding_on({Action.WAKE}, _waits_since), self._begin)

    def stop(self) -> None:
        """Stop services, the one that has been awake longest first."""
        self._update(self._deciding_on({Action.SLEEP}), self._stop)

    def _deciding_on(
        self, actions: frozenset[Action] | set[Action], order: Callable[[Snapshot], Any] = oldest_first
    ) -> list[Snapshot]:
        acting = [one for one in self._course.snapshots.values() if self._course.decision(one).action in actions]
        return sorted(acting, key=order)

    def _remember(self, snapshot: Snapshot) -> Memory:
        memory = self._course.decision(snapshot).memory
        assert memory is not None
        return self._ports.memories.write(memory)

    def _begin(self, snapshot: Snapshot) -> Memory:
        decision = self._course.decision(snapshot)
        assert decision.desired is not None
        memory = start(self._ports, snapshot.service, decision)
        self._course.now_desired(snapshot, decision.desired)
        return memory

    def _stop(self, snapshot: Snapshot) -> Memory:
        """Stop one, unless all are held since this tick read the table: that changes no service's own state."""
        hold = self._ports.memories.read_hold_all()
        if isinstance(hold, Unknown) or standing_hold_of_all(hold, self._ports.clock()) is not None:
            raise MemoryChanged("all services are held awake, or that cannot be read")
        became = put_to_sleep(self._ports, snapshot, self._course.decision(snapshot), self._ends_at)
        assert became.memory is not None
        if became.reason is Reason.STOP_REFUSED:
            self._course.decisions[snapshot.service.name] = became
            self._course.failed(snapshot.service.key, became.sentence, forbidden=became.forbidden)
        elif became.memory.phase is Phase.ASLEEP:
            self._course.now_desired(snapshot, 0)
        return became.memory

    def _update(self, snapshots: list[Snapshot], update: Callable[[Snapshot], Memory]) -> None:
        for number, snapshot in enumerate(snapshots):
            out_of_time = self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END
            if out_of_time or self._updates == SERVICE_UPDATES_PER_TICK:
                waiting = counted(len(snapshots) - number, "service waits", "services wait")
                logger.warning(f"{waiting} for the next tick: AWS limits the rate")
                self._course.left_over.update(one.service.name for one in snapshots[number:])
                return
            self._updates += 1
            self._pace.wait()
            self._carry_out(snapshot, update)

    def _carry_out(self, snapshot: Snapshot, act: Callable[[Snapshot], Memory]) -> None:
        """Act on one service. Until that is known to have been done, its service state is not known."""
        service, decision = snapshot.service, self._course.decision(snapshot)
        fields = {"service": service.key, "action": decision.action.value, "reason": decision.reason.value}
        self._course.memories.pop(service.name, None)
        try:
            memory = act(snapshot)
        except MemoryChanged:
            logger.info(f"{service.key} is left to the next tick: somebody else acted on it meanwhile", extra=fields)
            return
        except Exception as error:
            logger.exception(
                f"{service.key}: {decision.action.value} failed; the next ticks start from the facts again",
                extra=fields,
            )
            why = str(error) or type(error).__name__
            self._course.failed(service.key, why, forbidden=isinstance(error, CallForbidden))
            return
        self._course.memories[service.name] = memory
        self._log(snapshot)

    def _log(self, snapshot: Snapshot) -> None:
        """Log what was done; what was reported as a warning before is not repeated again and again."""
        service, decision = snapshot.service, self._course.decision(snapshot)
        told = self._told.get(service.name)
        if decision.warning and told is not None and told.sentence == decision.sentence:
            return
        step = Step.BEGAN if told is None or told.reason != decision.reason else Step.CHANGED
        log_decision(service, decision, explanation=step if decision.warning else None)
        self._course.logged.add(service.name)


def _waits_since(snapshot: Snapshot) -> tuple[bool, datetime, datetime]:
    memory, since = snapshot.memory, oldest_first(snapshot)
    if not isinstance(memory, Memory):
        return True, datetime.max.replace(tzinfo=UTC), since
    if memory.waking is None:
        return True, memory.wake_requested or memory.since, since
    return waits_for_its_turn(memory), memory.waking.asked or memory.since, since
