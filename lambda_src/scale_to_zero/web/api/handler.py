"""Handling calls: find out what is requested, have it done, and answer the state after that. Never raises."""

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
from scale_to_zero.model.service_state import Memory, Phase
from scale_to_zero.model.stored import NOTHING_STORED, Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.holds import standing_hold_of_all
from scale_to_zero.rules.overview import Overview, overview, overviews
from scale_to_zero.web import control

from . import answers
from .answers import Answer
from .paging import read_no_parameters, read_page
from .problems import Kind, Problem, bad_request, failed, refused
from .request import Call, NotACall, read_call
from .request_bodies import HoldAsk, read_hold, read_hold_all, read_nothing, read_sleep
from .routes import KNOWN_METHODS, METHODS, Place, Route, path_to, place_of

logger = logging.getLogger(__name__)


def answer_call(ports: Ports, event: object, *, longest_hold: timedelta) -> Answer:
    """Answer one call. ``event``: as an HTTP API sends it. ``longest_hold``: how long a service may be held at most."""
    try:
        call = read_call(event)
    except NotACall as error:
        logger.warning(f"an event is no call of the HTTP API: {error}")
        return answers.problem(bad_request("The event is none that an HTTP API sends: call it by its URL."))
    desk = Desk(ports, call, longest_hold)
    answer = desk.answer()
    desk.log(answer)
    return {**answer, "body": ""} if call.method == "HEAD" else answer


def turn_away() -> Answer:
    """Answer 500 where nothing can be done: the function itself is not set up."""
    return answers.problem(Problem(Kind.INTERNAL_ERROR, "The function is not set up: its log says why."))


class Desk:
    """One call, on its way to an answer."""

    def __init__(self, ports: Ports, call: Call, longest_hold: timedelta) -> None:
        self._ports = ports
        self._call = call
        self._longest_hold = longest_hold
        self._place = place_of(call.path)
        self._service: Service | None = None
        self._stored = NOTHING_STORED

    def answer(self) -> Answer:
        """Do what is requested and answer, whatever happens."""
        try:
            return self._answer()
        except Problem as problem:
            return answers.problem(problem)
        except Refused as error:
            return answers.problem(refused(error))
        except CallFailed as error:
            logger.exception(f"a call of the HTTP API could not be answered: {error}")
            return answers.problem(failed(error))
        except Exception:
            logger.exception("a call of the HTTP API met a mistake of the module")
            return answers.problem(Problem(Kind.INTERNAL_ERROR, "The log of the api function has the cause."))

    def log(self, answer: Answer) -> None:
        """Log that a call was answered: nothing of it but methods and routes that this module knows."""
        told = {
            "method": self._call.method if self._call.method in KNOWN_METHODS else "another method",
            "route": self._place.route.value if self._place else "no route",
            "service": self._service.key if self._service else None,
            "status": answer["statusCode"],
        }
        logger.info(f"{told['method']} {told['route']} is answered {told['status']}", extra=told)

    def _answer(self) -> Answer:
        place, call = self._place, self._call
        if place is None:
            raise Problem(Kind.NO_SUCH_PATH, f"There is nothing at this path: allowed are {', '.join(Route)}.")
        methods = ", ".join(METHODS[place.route])
        if call.method not in METHODS[place.route]:
            raise Problem(Kind.METHOD_NOT_ALLOWED, f"At this path one may use {methods}.", {"Allow": methods})
        if place.route is Route.SERVICES:
            return self._list()
        if place.route is Route.HOLD_ALL:
            return self._hold_or_release_all()
        read_no_parameters(call)
        act = self._act()
        stored = self._stored = read_named(self._ports, [place.key])
        service = self._service = _service(stored, place)
        if act is None:
            return answers.service(self._overview(service, stored.memories.get(service.name)))
        return act(service)

    def _list(self) -> Answer:
        page = read_page(self._call)
        stored, now = self._ports.memories.read_all(), self._ports.clock()
        by_key = {one.service.key: one for one in overviews(stored, now)}
        shown, next_page = page.cut(by_key)
        return answers.services(shown, next_page, stored.broken, standing_hold_of_all(stored.hold_all, now))

    def _hold_or_release_all(self) -> Answer:
        read_no_parameters(self._call)
        functions, hold = self._ports.functions, None
        if self._call.method == "PUT":
            hold = read_hold_all(self._call, self._ports.clock(), self._longest_hold)
        if hold is None:
            return answers.held_all(None, control.release_all(functions))
        return answers.held_all(hold, control.hold_all(functions, hold.until, reason=hold.reason))

    def _act(self) -> Callable[[Service], Answer] | None:
        """What is requested to be done, ``None`` if nothing is; its body is read before anything else."""
        assert self._place is not None
        match self._place.route, self._call.method:
            case Route.WAKE, _:
                read_nothing(self._call)
                return self._wake
            case Route.SLEEP, _:
                force = read_sleep(self._call)
                return lambda service: self._sleep(service, force=force)
            case Route.HOLD, "PUT":
                ask = read_hold(self._call, self._longest_hold)
                return lambda service: self._hold(service, ask)
            case Route.HOLD, _:
                return self._release
        return None

    def _wake(self, service: Service) -> Answer:
        message = _message(control.wake(self._ports.functions, service.key))
        memory = self._memory_of(service)
        now = self._overview(service, memory)
        if service.mode is not Mode.ACT or not _wakes(memory):
            raise Problem(Kind.LEFT_ALONE, message)
        if now.phase is Phase.AWAKE:
            return answers.done(now, message)
        return answers.accepted(now, message, path_to(service.key))

    def _sleep(self, service: Service, *, force: bool) -> Answer:
        message = _message(control.sleep(self._ports.functions, service.key, force=force))
        now = self._now(service)
        if now.phase is Phase.ASLEEP:
            return answers.done(now, message)
        return answers.accepted(now, message, path_to(service.key))

    def _hold(self, service: Service, ask: HoldAsk) -> Answer:
        told = control.hold(self._ports.functions, service.key, minutes=ask.minutes, reason=ask.reason)
        now = self._now(service)
        if now.hold is None:
            raise Problem(Kind.LEFT_ALONE, _message(told))
        return answers.done(now, _message(told))

    def _release(self, service: Service) -> Answer:
        message = _message(control.release(self._ports.functions, service.key))
        return answers.done(self._now(service), message)

    def _now(self, service: Service) -> Overview:
        return self._overview(service, self._memory_of(service))

    def _overview(self, service: Service, memory: Memory | Unknown | None) -> Overview:
        return overview(service, memory, self._ports.clock(), self._stored)

    def _memory_of(self, service: Service) -> Memory | None:
        return self._ports.memories.read(service.name)


def _wakes(memory: Memory | None) -> bool:
    """Whether it is awake or will be: a wake may have been requested while it was just being stopped."""
    return memory is not None and (memory.phase is not Phase.ASLEEP or memory.wake_requested is not None)


def _service(stored: Stored, place: Place) -> Service:
    found = next((one for one in stored.services if one.key == place.key), None)
    if found is not None:
        return found
    things = counted(len(stored.broken), "thing")
    unreadable = f"; {things} in the table cannot be read, which it names" if stored.broken else ""
    raise Problem(Kind.NO_SUCH_SERVICE, f"There is no such service: GET {Route.SERVICES} lists all{unreadable}.")


def _message(told: Mapping[str, Any]) -> str:
    return str(told.get("message") or "")
