"""One request to one service: do what it needs, and answer it."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.deciding import write_change
from scale_to_zero.actions.disarming import disarm, open_the_way
from scale_to_zero.model.configured import Mode, Service, WakeOnRequest
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import CallFailed, CallForbidden, MemoryChanged
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Errand, Memory, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.draining import needed_while_draining
from scale_to_zero.rules.holds import standing_hold
from scale_to_zero.rules.idleness import last_needed
from scale_to_zero.rules.phase_changes import noted
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.rendered_page import Renderer
from scale_to_zero.web.status import State, Status

from . import answers
from .answers import Answer
from .decide_visit import RETRY_FORBIDDEN, RETRY_READY, Standing, Todo, has_failed, standing
from .kinds import Kind
from .pages import page_for
from .request import Request
from .unavailable import not_available
from .waiting_requests import fits, hold, is_open

logger = logging.getLogger(__name__)

SENT_FOR: Final = timedelta(seconds=15)
"""So soon another watcher is started where the one before did not begin."""
OPENED_FOR: Final = timedelta(seconds=60)
"""The wake rules are not disarmed again sooner: ALB may use the old rules for a while."""
NOTED_AGAIN_AFTER: Final = timedelta(seconds=10)
"""Of many requests few are recorded: each record makes the write of a run that has read the state before fail."""
BETWEEN_REDIRECTS: Final = timedelta(seconds=2)
LAST_REDIRECT: Final = timedelta(seconds=20)
"""Clients follow at least 20 redirects (fetch and httpx 20, requests 30, curl 50); so no client runs out of them."""
LONGEST_LOCATION: Final = 16_000
"""Characters: a load balancer takes a request line of 16 KB at most (AWS: ALB quotas, HTTP headers)."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Visit:
    """One request to one service, since ``came``."""

    ports: Ports
    request: Request
    service: Service
    wake: WakeOnRequest
    kind: Kind
    render: Renderer
    came: datetime
    ends_at: datetime

    def answer(self) -> Answer:
        """Answer by kind."""
        if self.kind is Kind.PREFLIGHT:
            return answers.preflight(self.request)
        try:
            memory = self.ports.memories.read(self.service.name)
            if self.kind is Kind.PROBE:
                return self._probed(memory)
            stands = standing(self.service, memory, self.kind, self.came)
            if self.kind is Kind.POLL:
                return answers.status_json(stands.status, self.request)
            if stands.todo is Todo.OPEN and memory is not None:
                memory = self._note_activity(memory)
                stands = standing(self.service, memory, self.kind, self.came)
            if stands.todo is Todo.STAY and memory is not None:
                if self._call_back(memory):
                    return self._let_through()
                memory = self.ports.memories.read(self.service.name)
                stands = standing(self.service, memory, self.kind, self.ports.clock())
            return self._visited(memory, stands)
        except CallFailed as error:
            logger.error(f"how {self.service.key} stands could not be found out: {error}", exc_info=_trace(error))
            return self._not_done(error)

    def _visited(self, memory: Memory | None, stands: Standing) -> Answer:
        if stands.todo is Todo.OPEN:
            stands = self._open_again(memory, stands)
        if stands.todo is Todo.WANT and memory is not None:
            self._want(memory)
        if stands.todo is Todo.WAKE and (failure := self._send_escort()) and not _is_under_way(memory):
            return self._not_done(failure)
        self._log(stands.status)
        if stands.status.state is State.READY:
            return self._opened(stands)
        if self.kind is Kind.CLIENT and memory is not None and fits(self.service, stands.status):
            return self._held(memory, stands.status)
        return self._not_yet(stands.status)

    def _held(self, came_upon: Memory, status: Status) -> Answer:
        until = min(self.came + self.wake.hold, self.ends_at - TIME_KEPT_FOR_THE_END)
        memory, read_again = hold(self.ports, self.service, came_upon, until)
        now = self.ports.clock()
        if is_open(memory):
            return self._let_through()
        if read_again:
            # A poll's view: what this request needed was done when it arrived.
            status = standing(self.service, memory, Kind.POLL, now).status
        because = "" if now >= until else "As many requests as may be are waiting for it already; repeat it later."
        return answers.problem(status, self.request, because=because if status.state is State.WAKING else "")

    def _opened(self, stands: Standing) -> Answer:
        """Routing is restored, though ALB may use the old rules for some seconds: retry, but not too fast or long."""
        now = self.ports.clock()
        if stands.opened is None or now - stands.opened > LAST_REDIRECT:
            if self.kind is Kind.CLIENT:
                return answers.problem(stands.status, self.request)
            return self._page(replace(stands.status, state=State.UNAVAILABLE, polls=False))
        if self.kind is Kind.BROWSER:
            return self._page(stands.status)
        earliest = min(self.came + BETWEEN_REDIRECTS, self.ends_at - TIME_KEPT_FOR_THE_END)
        if now < earliest:
            self.ports.sleep((earliest - now).total_seconds())
        return self._let_through()

    def _let_through(self) -> Answer:
        if len(self.request.same_place()) > LONGEST_LOCATION:
            return self._not_yet(Status(self.service.key, State.READY, retry_after=RETRY_READY, polls=True))
        return answers.fetch(self.request) if self.kind is Kind.BUTTON else answers.repeat(self.request)

    def _not_yet(self, status: Status) -> Answer:
        return answers.problem(status, self.request) if self.kind is Kind.CLIENT else self._page(status)

    def _page(self, status: Status) -> Answer:
        look = self.ports.configuration.waiting_page()
        return page_for(self.render, self.request, status, look, code=self.wake.page_status)

    def _probed(self, memory: Memory | None) -> Answer:
        phase = memory.phase if memory else None
        healthy = self._any_healthy() if phase is Phase.AWAKE else None
        failed = memory is not None and has_failed(memory, self.came)
        self.ports.measures.tell([Measure("ProbesIgnored", 1, service=self.service.name)], self.came)
        hold = standing_hold(memory, self.came) if memory else None
        return answers.probed(self.request, self.service.key, phase, failed=failed, healthy=healthy, hold=hold)

    def _any_healthy(self) -> bool | None:
        """Whether a target is healthy, in any target group: of a blue/green pair one is empty.

        ``None`` if that could not be seen.
        """
        seen = [self.ports.target_groups.healthy_targets(arn) for arn in self.service.target_group_arns]
        if any(targets for targets in seen if not isinstance(targets, Unknown)):
            return True
        return None if not seen or any(isinstance(targets, Unknown) for targets in seen) else False

    def _call_back(self, memory: Memory) -> bool:
        """A draining service is awake again, its wake rules disarmed: state first. ``False`` if it drains no more."""

        def called_back(seen: Memory | None) -> Decision | None:
            if seen is None or seen.phase is not Phase.DRAINING:
                return None
            now = self.ports.clock()
            return noted(seen, needed_while_draining(self.service, seen, now), now)

        try:
            seen, decision, written = write_change(self.ports, self.service.name, memory, called_back)
        except MemoryChanged:
            return False
        if decision is None or written is None:
            return seen is not None and seen.phase is Phase.AWAKE
        logger.info(decision.sentence, extra={"service": self.service.key, "reason": decision.reason.value})
        open_the_way(self.ports, self.service, written)
        return True

    def _want(self, memory: Memory) -> None:
        """A new request cancels a pending sleep request at once, though a watcher may be under way."""

        def wanted(seen: Memory | None) -> Memory | None:
            return None if seen is None or seen.sleep_requested is None else phases.request_again(seen, self.came)

        with suppress(MemoryChanged):
            write_change(self.ports, self.service.name, memory, wanted)

    def _note_activity(self, memory: Memory) -> Memory | None:
        """Record a request to an awake service that arrived here: the metrics of its target groups never show it.

        Return what is saved then, where a concurrent run changed the phase. What fails is only logged: routing the
        visitor to the service comes first.
        """

        def in_use(seen: Memory | None) -> Memory | None:
            return replace(seen, last_activity=self.came) if seen is not None and self._is_news(seen) else None

        try:
            seen, _, written = write_change(self.ports, self.service.name, memory, in_use)
        except (CallFailed, MemoryChanged) as error:
            logger.warning(f"{self.service.key} is in use, but that was not noted: {error}")
            return memory
        return written or seen

    def _is_news(self, memory: Memory) -> bool:
        acted_on = self.service.mode is Mode.ACT and memory.phase is Phase.AWAKE
        return acted_on and self.came > last_needed(memory) + NOTED_AGAIN_AFTER

    def _open_again(self, memory: Memory | None, stands: Standing) -> Standing:
        if not self.ports.memories.claim(self.service.name, Errand.DISARM, self.came + OPENED_FOR):
            return stands
        logger.warning(f"{self.service.key} is awake, and requests still came here: its wake rules are disarmed again")
        if memory is None:
            disarm(self.ports, [rule.arn for rule in self.wake.rules])
            return replace(stands, opened=self.ports.clock())
        again = open_the_way(self.ports, self.service, memory)
        return replace(stands, opened=max(filter(None, (again.opened, stands.opened)), default=None))

    def _send_escort(self) -> CallFailed | None:
        """Have it woken; of many requests at once, one does so. Answer why that failed."""
        claim, name, expected = self.ports.memories.claim, self.service.name, self.came + SENT_FOR
        try:
            if claim(name, Errand.SEND_ESCORT, expected):
                self.ports.escorts.send([self.service.key])
            return None
        except CallFailed as error:
            failure = error
            logger.error(
                f"{self.service.key} is not woken yet, the next visitor tries again: {error}", exc_info=_trace(error)
            )
        with suppress(CallFailed):
            claim(name, Errand.SEND_ESCORT, self.came + timedelta(seconds=RETRY_UNAVAILABLE), mine=expected)
        return failure

    def _not_done(self, error: CallFailed) -> Answer:
        """503; what AWS forbids should not be retried soon, since an operator must allow it first."""
        retry_after = RETRY_FORBIDDEN if isinstance(error, CallForbidden) else RETRY_UNAVAILABLE
        return not_available(self.render, self.ports.configuration, self.request, self.service.key, retry_after)

    def _log(self, status: Status) -> None:
        logger.info(
            f"{self.service.key}: {self.kind.value} finds it {status.state.value}",
            extra={"service": self.service.key, "kind": self.kind.value, "state": status.state.value},
        )


def _is_under_way(memory: Memory | None) -> bool:
    """Whether a wake goes on, or begins, though no watcher was started: the ticks watch it."""
    return memory is not None and (memory.phase is Phase.WAKING or memory.wake_requested is not None)


def _trace(error: CallFailed) -> CallFailed | None:
    """The error to be logged with its traceback; none where AWS forbids the call, for its sentence names the cure."""
    return None if isinstance(error, CallForbidden) else error
