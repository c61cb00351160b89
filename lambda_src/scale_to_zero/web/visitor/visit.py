"""One request to one service: act on it, and answer it."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.deciding import write_change
from scale_to_zero.actions.disarming import disarm, disarm_wake_rules
from scale_to_zero.model.configured import Mode, Service, WakeOnRequest
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import CallFailed, CallForbidden, StateChanged
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Lease, Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.draining import needed_while_draining
from scale_to_zero.rules.holds import current_hold
from scale_to_zero.rules.idleness import last_needed
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.rendered_page import Renderer
from scale_to_zero.web.status import ShownState, Status

from . import answers
from .answers import Answer
from .decide_visit import RETRY_FORBIDDEN, RETRY_READY, VisitAction, VisitDecision, decide_visit, has_failed
from .kinds import RequestKind
from .pages import page_for
from .request import Request
from .unavailable import not_available
from .waiting_requests import fits_into_wait, routing_is_restored, wait_until_ready

logger = logging.getLogger(__name__)

WATCHER_EXPECTED_FOR: Final = timedelta(seconds=15)
"""After this time another watcher may be started, if the one before did not begin."""
DISARM_LEASE: Final = timedelta(seconds=60)
"""The minimum time before the wake rules are disarmed again: ALB may use the old rules for a while."""
RECORDED_AGAIN_AFTER: Final = timedelta(seconds=10)
"""Only some of many requests are recorded: each record makes the write of a run that read the state before it fail."""
BETWEEN_REDIRECTS: Final = timedelta(seconds=2)
LAST_REDIRECT: Final = timedelta(seconds=20)
"""With ``BETWEEN_REDIRECTS``, at most ten: fewer than clients follow (fetch and httpx 20, requests 30, curl 50)."""
LONGEST_LOCATION: Final = 16_000
"""Characters; a load balancer accepts a request line of at most 16 KB (AWS: ALB quotas, HTTP headers)."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Visit:
    """One request to one service. ``arrived_at``: when it arrived. ``ends_at``: when this run is cut off."""

    ports: Ports
    request: Request
    service: Service
    on_request: WakeOnRequest
    kind: RequestKind
    render: Renderer
    arrived_at: datetime
    ends_at: datetime

    def answer(self) -> Answer:
        """Act on the request and answer it, by the kind of its client."""
        if self.kind is RequestKind.PREFLIGHT:
            return answers.preflight(self.request)
        try:
            state = self.ports.table.read(self.service.name)
            if self.kind is RequestKind.UPTIME_CHECK:
                return self._uptime_check(state)
            visit_decision = decide_visit(self.service, state, self.kind, self.arrived_at)
            if self.kind is RequestKind.POLL:
                return answers.status_json(visit_decision.status, self.request)
            if visit_decision.action is VisitAction.DISARM and state is not None:
                state = self._record_activity(state)
                visit_decision = decide_visit(self.service, state, self.kind, self.arrived_at)
            if visit_decision.action is VisitAction.CANCEL_DRAINING and state is not None:
                if self._cancel_draining(state):
                    return self._redirect()
                state = self.ports.table.read(self.service.name)
                visit_decision = decide_visit(self.service, state, self.kind, self.ports.clock())
            return self._answer_visit(state, visit_decision)
        except CallFailed as error:
            logger.error(
                f"{self.service.key}: a visitor got 503, because a call to AWS failed: {error}",
                exc_info=_trace(error),
            )
            return self._not_done(error)

    def _answer_visit(self, state: ServiceState | None, visit_decision: VisitDecision) -> Answer:
        if visit_decision.action is VisitAction.DISARM:
            visit_decision = self._disarm_again(state, visit_decision)
        if visit_decision.action is VisitAction.CANCEL_SLEEP and state is not None:
            self._cancel_sleep(state)
        if (
            visit_decision.action is VisitAction.WAKE
            and (failure := self._start_watcher())
            and not _is_under_way(state)
        ):
            return self._not_done(failure)
        self._log(visit_decision.status)
        if visit_decision.status.shown_state is ShownState.READY:
            return self._routing_restored(visit_decision)
        if (
            self.kind is RequestKind.CLIENT
            and state is not None
            and fits_into_wait(self.service, visit_decision.status)
        ):
            return self._wait(state, visit_decision.status)
        return self._not_yet(visit_decision.status)

    def _wait(self, found: ServiceState, status: Status) -> Answer:
        until = min(self.arrived_at + self.on_request.wait, self.ends_at - TIME_KEPT_FOR_THE_END)
        state, read_again = wait_until_ready(self.ports, self.service, found, until)
        now = self.ports.clock()
        if routing_is_restored(state):
            return self._redirect()
        if read_again:
            # Decide as for a poll: what this request needed was done when it arrived.
            status = decide_visit(self.service, state, RequestKind.POLL, now).status
        because = "" if now >= until else "The limit of waiting requests is reached; retry later."
        return answers.problem(status, self.request, because=because if status.shown_state is ShownState.WAKING else "")

    def _routing_restored(self, visit_decision: VisitDecision) -> Answer:
        """Answer while ALB may still use the old rules for some seconds: let the client retry, not too fast or long."""
        now = self.ports.clock()
        if visit_decision.routed_since is None or now - visit_decision.routed_since > LAST_REDIRECT:
            if self.kind is RequestKind.CLIENT:
                return answers.problem(visit_decision.status, self.request)
            return self._page(replace(visit_decision.status, shown_state=ShownState.UNAVAILABLE, polls=False))
        if self.kind is RequestKind.BROWSER:
            return self._page(visit_decision.status)
        earliest = min(self.arrived_at + BETWEEN_REDIRECTS, self.ends_at - TIME_KEPT_FOR_THE_END)
        if now < earliest:
            self.ports.sleep((earliest - now).total_seconds())
        return self._redirect()

    def _redirect(self) -> Answer:
        if len(self.request.same_location()) > LONGEST_LOCATION:
            return self._not_yet(Status(self.service.key, ShownState.READY, retry_after=RETRY_READY, polls=True))
        return answers.fetch(self.request) if self.kind is RequestKind.BUTTON else answers.repeat(self.request)

    def _not_yet(self, status: Status) -> Answer:
        return answers.problem(status, self.request) if self.kind is RequestKind.CLIENT else self._page(status)

    def _page(self, status: Status) -> Answer:
        settings = self.ports.configuration.waiting_page()
        return page_for(self.render, self.request, status, settings, code=self.on_request.page_status)

    def _uptime_check(self, state: ServiceState | None) -> Answer:
        phase = state.phase if state else None
        healthy = self._any_healthy() if phase is Phase.AWAKE else None
        failed = state is not None and has_failed(state, self.arrived_at)
        self.ports.measures.emit([Measure("UptimeChecksAnswered", 1, service=self.service.name)], self.arrived_at)
        hold = current_hold(state, self.arrived_at) if state else None
        return answers.uptime_check(self.request, self.service.key, phase, failed=failed, healthy=healthy, hold=hold)

    def _any_healthy(self) -> bool | None:
        """Return whether any target group has a healthy target; one of a blue/green pair is empty.

        ``None`` if this could not be seen.
        """
        seen = [self.ports.target_groups.healthy_targets(arn) for arn in self.service.target_group_arns]
        if any(targets for targets in seen if not isinstance(targets, Unknown)):
            return True
        return None if not seen or any(isinstance(targets, Unknown) for targets in seen) else False

    def _cancel_draining(self, state: ServiceState) -> bool:
        """Make a draining service awake again: save the state, then disarm its wake rules.

        Return ``False`` if the service is no longer draining.
        """

        def cancelled(seen: ServiceState | None) -> Decision | None:
            if seen is None or seen.phase is not Phase.DRAINING:
                return None
            now = self.ports.clock()
            return with_change_recorded(seen, needed_while_draining(self.service, seen, now), now)

        try:
            seen, decision, written = write_change(self.ports, self.service.name, state, cancelled)
        except StateChanged:
            return False
        if decision is None or written is None:
            return seen is not None and seen.phase is Phase.AWAKE
        logger.info(decision.sentence, extra={"service": self.service.key, "reason": decision.reason.value})
        disarm_wake_rules(self.ports, self.service, written)
        return True

    def _cancel_sleep(self, state: ServiceState) -> None:
        """Cancel a pending sleep request at once, even if a watcher is running."""

        def cancelled(seen: ServiceState | None) -> ServiceState | None:
            return None if seen is None or seen.sleep_requested is None else phases.request_again(seen, self.arrived_at)

        with suppress(StateChanged):
            write_change(self.ports, self.service.name, state, cancelled)

    def _record_activity(self, state: ServiceState) -> ServiceState | None:
        """Record a request to an awake service that arrived here, since its target groups' metrics never show it.

        Return the saved state, which a concurrent run may have changed. A failure is only logged: routing the visitor
        to the service comes first.
        """

        def in_use(seen: ServiceState | None) -> ServiceState | None:
            return (
                replace(seen, last_activity=self.arrived_at)
                if seen is not None and self._is_newer_activity(seen)
                else None
            )

        try:
            seen, _, written = write_change(self.ports, self.service.name, state, in_use)
        except (CallFailed, StateChanged) as error:
            logger.warning(f"{self.service.key} is in use, but this was not saved: {error}")
            return state
        return written or seen

    def _is_newer_activity(self, state: ServiceState) -> bool:
        acted_on = self.service.mode is Mode.ACT and state.phase is Phase.AWAKE
        return acted_on and self.arrived_at > last_needed(state) + RECORDED_AGAIN_AFTER

    def _disarm_again(self, state: ServiceState | None, visit_decision: VisitDecision) -> VisitDecision:
        if not self.ports.table.take_lease(self.service.name, Lease.DISARM, self.arrived_at + DISARM_LEASE):
            return visit_decision
        logger.warning(
            f"{self.service.key} is awake, but a request reached the wake function: its wake rules are disarmed again"
        )
        if state is None:
            disarm(self.ports, [rule.arn for rule in self.on_request.rules])
            return replace(visit_decision, routed_since=self.ports.clock())
        again = disarm_wake_rules(self.ports, self.service, state)
        return replace(
            visit_decision,
            routed_since=max(filter(None, (again.routing_restored_at, visit_decision.routed_since)), default=None),
        )

    def _start_watcher(self) -> CallFailed | None:
        """Start a watcher that wakes the service; of simultaneous requests only one does. Return a failure, if any."""
        take_lease, name, expected = (
            self.ports.table.take_lease,
            self.service.name,
            self.arrived_at + WATCHER_EXPECTED_FOR,
        )
        try:
            if take_lease(name, Lease.START_WATCHER, expected):
                self.ports.watchers.start([self.service.key])
            return None
        except CallFailed as error:
            failure = error
            logger.error(
                f"{self.service.key} is not woken yet; the next request retries: {error}", exc_info=_trace(error)
            )
        with suppress(CallFailed):
            take_lease(name, Lease.START_WATCHER, self.arrived_at + timedelta(seconds=RETRY_UNAVAILABLE), mine=expected)
        return failure

    def _not_done(self, error: CallFailed) -> Answer:
        """Answer 503. A call that AWS forbids is retried later, since an operator must allow it first."""
        retry_after = RETRY_FORBIDDEN if isinstance(error, CallForbidden) else RETRY_UNAVAILABLE
        return not_available(self.render, self.ports.configuration, self.request, self.service.key, retry_after)

    def _log(self, status: Status) -> None:
        logger.info(
            f"{self.service.key}: a request of kind {self.kind.value} found state {status.shown_state.value}",
            extra={"service": self.service.key, "kind": self.kind.value, "state": status.shown_state.value},
        )


def _is_under_way(state: ServiceState | None) -> bool:
    """Return whether a wake continues or begins even if no watcher was started: the ticks watch it."""
    return state is not None and (state.phase is Phase.WAKING or state.wake_requested is not None)


def _trace(error: CallFailed) -> CallFailed | None:
    """Return the error, to log its traceback; ``None`` if AWS forbids the call, since its sentence names the cure."""
    return None if isinstance(error, CallForbidden) else error
