"""How one tick carries out its decisions: it saves, wakes and stops. A failure of one service stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scale_to_zero.actions.act import log_decision, put_to_sleep, start
from scale_to_zero.actions.rate_limiter import SERVICE_UPDATE_RATE, RateLimiter
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.decided import Action
from scale_to_zero.model.errors import CallForbidden, StateChanged
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Explanation, Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.explanations import ExplanationEvent
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.scaling import must_be_suspended
from scale_to_zero.rules.wake_times import waits_for_its_turn

from .tick_report import TIME_KEPT_FOR_THE_END, TickReport, oldest_first

logger = logging.getLogger(__name__)

SERVICE_UPDATES_PER_TICK: Final = 200
ONLY_SAVES: Final = frozenset({Action.SAVE_STATE, Action.DRAIN})


class Actor:
    """Carries out the decisions of one tick; the next tick continues if time or AWS's rates run out.

    ``ends_at``: when the run is cut off at the latest. ``known``: what earlier ticks have reported about services.
    ``scaling_limiter``: what keeps all changes of scalable targets within AWS's rate.
    """

    def __init__(
        self,
        ports: Ports,
        report: TickReport,
        ends_at: datetime,
        known: Mapping[ServiceName, Explanation],
        scaling_limiter: RateLimiter,
    ) -> None:
        self._ports = ports
        self._report = report
        self._ends_at = ends_at
        self._explanations = known
        self._limiter = RateLimiter(ports, SERVICE_UPDATE_RATE)
        self._scaling_limiter = scaling_limiter
        self._updates = 0

    def save_states(self) -> None:
        """Write the service states that must be saved."""
        list(self._ports.executor.map(lambda one: self._carry_out(one, self._save), self._deciding_on(ONLY_SAVES)))

    def wake(self) -> None:
        """Start wakes: first those whose count was set before, because their deadlines count; then the oldest."""
        self._update(self._deciding_on({Action.WAKE}, _waits_since), self._begin)

    def stop(self) -> None:
        """Stop services, the one that has been awake longest first."""
        self._update(self._deciding_on({Action.SLEEP}), self._stop)

    def _deciding_on(
        self, actions: frozenset[Action] | set[Action], order: Callable[[Snapshot], Any] = oldest_first
    ) -> list[Snapshot]:
        acting = [one for one in self._report.snapshots.values() if self._report.decision(one).action in actions]
        return sorted(acting, key=order)

    def _save(self, snapshot: Snapshot) -> ServiceState:
        state = self._report.decision(snapshot).state
        assert state is not None
        return self._ports.table.write(state)

    def _begin(self, snapshot: Snapshot) -> ServiceState:
        decision = self._report.decision(snapshot)
        assert decision.desired is not None
        state = start(self._ports, snapshot.service, decision)
        self._report.now_desired(snapshot, decision.desired)
        return state

    def _stop(self, snapshot: Snapshot) -> ServiceState:
        """Stop one service, unless all services are held now, which this tick may have read too early."""
        hold = self._ports.table.read_hold_all()
        if isinstance(hold, Unknown) or current_hold_all(hold, self._ports.clock()) is not None:
            raise StateChanged("all services are held awake, or it cannot be read whether they are")
        if must_be_suspended(snapshot.scalable_target):
            self._scaling_limiter.wait()
        became = put_to_sleep(self._ports, snapshot, self._report.decision(snapshot), self._ends_at)
        assert became.state is not None
        if became.reason is Reason.STOP_REFUSED:
            self._report.decisions[snapshot.service.name] = became
            self._report.record_fault(snapshot.service.key, became.sentence, forbidden=became.forbidden)
        elif became.state.phase is Phase.ASLEEP:
            self._report.now_desired(snapshot, 0)
        return became.state

    def _update(self, snapshots: list[Snapshot], update: Callable[[Snapshot], ServiceState]) -> None:
        for number, snapshot in enumerate(snapshots):
            out_of_time = self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END
            if out_of_time or self._updates == SERVICE_UPDATES_PER_TICK:
                waiting = counted(len(snapshots) - number, "service waits", "services wait")
                logger.warning(
                    f"{waiting} for the next tick: this tick has reached AWS's rate limit or its own time limit"
                )
                self._report.left_over.update(one.service.name for one in snapshots[number:])
                return
            self._updates += 1
            self._limiter.wait()
            self._carry_out(snapshot, update)

    def _carry_out(self, snapshot: Snapshot, act: Callable[[Snapshot], ServiceState]) -> None:
        """Act on one service. Its service state is unknown until the action is known to be done."""
        service, decision = snapshot.service, self._report.decision(snapshot)
        fields = {"service": service.key, "action": decision.action.value, "reason": decision.reason.value}
        self._report.states.pop(service.name, None)
        try:
            state = act(snapshot)
        except StateChanged as error:
            logger.info(f"{service.key} is not changed, because {error}; the next tick decides again", extra=fields)
            return
        except Exception as error:
            logger.exception(
                f"{service.key}: {decision.action.value} failed; the next tick observes the service and decides again",
                extra=fields,
            )
            why = str(error) or type(error).__name__
            self._report.record_fault(service.key, why, forbidden=isinstance(error, CallForbidden))
            return
        self._report.states[service.name] = state
        self._log(snapshot)

    def _log(self, snapshot: Snapshot) -> None:
        """Log what was done; a warning that was reported before is not repeated every minute."""
        service, decision = snapshot.service, self._report.decision(snapshot)
        known = self._explanations.get(service.name)
        if decision.warning and known is not None and known.sentence == decision.sentence:
            return
        step = ExplanationEvent.BEGAN if known is None or known.reason != decision.reason else ExplanationEvent.CHANGED
        log_decision(service, decision, explanation=step if decision.warning else None)
        self._report.logged.add(service.name)


def _waits_since(snapshot: Snapshot) -> tuple[bool, datetime, datetime]:
    state, since = snapshot.state, oldest_first(snapshot)
    if not isinstance(state, ServiceState):
        return True, datetime.max.replace(tzinfo=UTC), since
    if state.wake_under_way is None:
        return True, state.wake_requested or state.since, since
    return waits_for_its_turn(state), state.wake_under_way.first_requested_at or state.since, since
