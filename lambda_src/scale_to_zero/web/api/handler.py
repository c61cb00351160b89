"""The handling of a call: read the request, carry it out, and answer with the state after that. Never raises."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from scale_to_zero.actions.reading import read_named
from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.errors import CallFailed, Refused
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.model.stored import NOTHING_STORED, Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.overview import Overview, overview, overviews
from scale_to_zero.web import control

from . import answers
from .answers import Answer
from .paging import read_no_parameters, read_page
from .problems import Problem, ProblemKind, bad_request, failed, refused
from .request import Call, NotACall, read_call
from .request_bodies import HoldRequest, read_hold, read_hold_all, read_nothing, read_sleep
from .routes import KNOWN_METHODS, METHODS, Route, RouteMatch, match_route, path_to

logger = logging.getLogger(__name__)


def answer_call(ports: Ports, event: object, *, longest_hold: timedelta) -> Answer:
    """Answer one call. ``event``: as an HTTP API sends it. ``longest_hold``: the longest hold allowed."""
    try:
        call = read_call(event)
    except NotACall as error:
        logger.warning(f"the event is not a call of the HTTP API: {error}")
        return answers.problem(bad_request("The event does not come from an HTTP API: call the API by its URL."))
    handler = CallHandler(ports, call, longest_hold)
    answer = handler.answer()
    handler.log(answer)
    return {**answer, "body": ""} if call.method == "HEAD" else answer


def answer_not_set_up() -> Answer:
    """Answer 500 if the function itself is not set up, so that it can do nothing."""
    return answers.problem(Problem(ProblemKind.INTERNAL_ERROR, "The function is not set up: its log says why."))


class CallHandler:
    """The handling of one call."""

    def __init__(self, ports: Ports, call: Call, longest_hold: timedelta) -> None:
        self._ports = ports
        self._call = call
        self._longest_hold = longest_hold
        self._route_match = match_route(call.path)
        self._service: Service | None = None
        self._stored = NOTHING_STORED

    def answer(self) -> Answer:
        """Carry out the request and answer. Never raises."""
        try:
            return self._answer()
        except Problem as problem:
            return answers.problem(problem)
        except Refused as error:
            return answers.problem(refused(error))
        except CallFailed as error:
            logger.exception(f"a call of the HTTP API failed: {error}")
            return answers.problem(failed(error))
        except Exception:
            logger.exception("a call of the HTTP API failed with an unexpected error")
            return answers.problem(Problem(ProblemKind.INTERNAL_ERROR, "The log of the api function has the cause."))

    def log(self, answer: Answer) -> None:
        """Log that the call was answered. Only methods, routes and keys that the module knows are logged."""
        reply = {
            "method": self._call.method if self._call.method in KNOWN_METHODS else "another method",
            "route": self._route_match.route.value if self._route_match else "no route",
            "service": self._service.key if self._service else None,
            "status": answer["statusCode"],
        }
        logger.info(f"{reply['method']} {reply['route']} was answered with {reply['status']}", extra=reply)

    def _answer(self) -> Answer:
        route_match, call = self._route_match, self._call
        if route_match is None:
            raise Problem(ProblemKind.NO_SUCH_PATH, f"This path does not exist. Paths: {', '.join(Route)}.")
        methods = ", ".join(METHODS[route_match.route])
        if call.method not in METHODS[route_match.route]:
            raise Problem(ProblemKind.METHOD_NOT_ALLOWED, f"This path allows {methods}.", {"Allow": methods})
        if route_match.route is Route.SERVICES:
            return self._list()
        if route_match.route is Route.HOLD_ALL:
            return self._hold_or_release_all()
        read_no_parameters(call)
        act = self._act()
        stored = self._stored = read_named(self._ports, [route_match.key])
        service = self._service = _service(stored, route_match)
        if act is None:
            return answers.service(self._overview(service, stored.states.get(service.name)))
        return act(service)

    def _list(self) -> Answer:
        page = read_page(self._call)
        stored, now = self._ports.table.read_all(), self._ports.clock()
        by_key = {one.service.key: one for one in overviews(stored, now)}
        shown, next_page = page.cut(by_key)
        return answers.services(shown, next_page, stored.unreadable, current_hold_all(stored.hold_all, now))

    def _hold_or_release_all(self) -> Answer:
        read_no_parameters(self._call)
        functions, hold = self._ports.functions, None
        if self._call.method == "PUT":
            hold = read_hold_all(self._call, self._ports.clock(), self._longest_hold)
        if hold is None:
            return answers.held_all(None, control.release_all(functions))
        return answers.held_all(hold, control.hold_all(functions, hold.until, reason=hold.reason))

    def _act(self) -> Callable[[Service], Answer] | None:
        """Read the body and return what to do, ``None`` if the call only reads."""
        assert self._route_match is not None
        match self._route_match.route, self._call.method:
            case Route.WAKE, _:
                read_nothing(self._call)
                return self._wake
            case Route.SLEEP, _:
                force = read_sleep(self._call)
                return lambda service: self._sleep(service, force=force)
            case Route.HOLD, "PUT":
                hold_request = read_hold(self._call, self._longest_hold)
                return lambda service: self._hold(service, hold_request)
            case Route.HOLD, _:
                return self._release
        return None

    def _wake(self, service: Service) -> Answer:
        message = _message(control.wake(self._ports.functions, service.key))
        state = self._state_of(service)
        now = self._overview(service, state)
        if service.mode is not Mode.ACT or not _wakes(state):
            raise Problem(ProblemKind.SERVICE_SKIPPED, message)
        if now.phase is Phase.AWAKE:
            return answers.done(now, message)
        return answers.accepted(now, message, path_to(service.key))

    def _sleep(self, service: Service, *, force: bool) -> Answer:
        message = _message(control.sleep(self._ports.functions, service.key, force=force))
        now = self._now(service)
        if now.phase is Phase.ASLEEP:
            return answers.done(now, message)
        return answers.accepted(now, message, path_to(service.key))

    def _hold(self, service: Service, hold_request: HoldRequest) -> Answer:
        reply = control.hold(
            self._ports.functions, service.key, minutes=hold_request.minutes, reason=hold_request.reason
        )
        now = self._now(service)
        if now.hold is None:
            raise Problem(ProblemKind.SERVICE_SKIPPED, _message(reply))
        return answers.done(now, _message(reply))

    def _release(self, service: Service) -> Answer:
        message = _message(control.release(self._ports.functions, service.key))
        return answers.done(self._now(service), message)

    def _now(self, service: Service) -> Overview:
        return self._overview(service, self._state_of(service))

    def _overview(self, service: Service, state: ServiceState | Unknown | None) -> Overview:
        return overview(service, state, self._ports.clock(), self._stored)

    def _state_of(self, service: Service) -> ServiceState | None:
        return self._ports.table.read(service.name)


def _wakes(state: ServiceState | None) -> bool:
    """Return whether it is or will be awake; a wake can be requested while the service is being stopped."""
    return state is not None and (state.phase is not Phase.ASLEEP or state.wake_requested is not None)


def _service(stored: Stored, route_match: RouteMatch) -> Service:
    found = next((one for one in stored.services if one.key == route_match.key), None)
    if found is not None:
        return found
    hint = f", and {counted(len(stored.unreadable), 'unreadable item')} of the table" if stored.unreadable else ""
    raise Problem(ProblemKind.NO_SUCH_SERVICE, f"There is no such service: GET {Route.SERVICES} lists all{hint}.")


def _message(reply: Mapping[str, Any]) -> str:
    return str(reply.get("message") or "")
