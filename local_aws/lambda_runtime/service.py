"""The ``Invoke`` action. moto answers everything else about functions.

As on Lambda, an environment runs one invocation at a time. A warm environment is used if there is one, otherwise a new
one is started. After an update of code or configuration, old environments are no longer used. An asynchronous
invocation is accepted with 202, and retried as often and as long as the function's event invoke configuration allows.
Invocations beyond the function's reserved concurrency are throttled.
In contrast to Lambda, environments are processes of one machine, so their number is limited. An invocation that finds
no room waits, and an idle environment ends if its room is needed; Lambda would start one more environment, or throttle
at the account's limit.
Not modelled: the account's limit of concurrency, limits of memory, destinations, aliases.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from werkzeug.wrappers import Response

from local_aws.api_call import ApiCall, AwsError
from local_aws.clock import Activity, Clock

from .concurrency import Concurrency, Throttled
from .environment import Closed
from .environments import Environments
from .functions import RETRY_WAITS, THROTTLED_WAITS, Functions
from .log_events import tail
from .records import Answer, FunctionCode, Invocation, InvocationType, LogLine
from .runtime_api import Pending

SYNCHRONOUS_LIMIT: Final = 6 * 1024 * 1024
"""The most bytes of a synchronous payload (Lambda Developer Guide, "Lambda quotas")."""

ASYNCHRONOUS_LIMIT: Final = 1024 * 1024
"""The most bytes of an asynchronous payload: 1 MB since October 2025 (same page), 256 KB before."""

MOST_ENVIRONMENTS: Final = 16
"""The most environments at once, by default; each is a process of about 50 MB."""


@dataclass(frozen=True)
class Event:
    """An accepted invocation. An asynchronous one keeps its request id for all attempts.

    ``throttled``: how often this attempt was delayed by throttling; a delay does not count as an attempt.
    """

    payload: bytes
    request_id: str
    invocation_type: InvocationType
    accepted: datetime
    attempt: int = 1
    throttled: int = 0


class LambdaService:
    """The Lambda service, which runs at most ``most_environments`` functions at once.

    ``invocations``: all invocations, in the order in which they ended. ``on_log_line`` is called with the function's
    name and each line of its log, ``count`` with the function's name and the instant at which a run begins.
    """

    def __init__(
        self,
        clock: Clock,
        lock: AbstractContextManager[Any],
        seed: int,
        variables: Callable[[], Mapping[str, str]],
        most_environments: int = MOST_ENVIRONMENTS,
        on_log_line: Callable[[str, LogLine], None] = lambda _name, _line: None,
        count: Callable[[str, datetime], None] = lambda _name, _instant: None,
    ) -> None:
        self.invocations: list[Invocation] = []
        self._clock = clock
        self._random = Random(f"lambda {seed}")
        self._random_lock = threading.Lock()
        self._functions = Functions(lock)
        self._environments = Environments(clock, lock, self._new_id, variables, most_environments, on_log_line)
        self._count = count
        self._concurrency = Concurrency()
        self._attempts: set[threading.Thread] = set()
        self._closed = False

    def answer(self, call: ApiCall) -> Response:
        """Answer ``Invoke``. Raises ``AwsError``."""
        parameters = call.parameters
        kind = _invocation_type(parameters.get("InvocationType") or "RequestResponse")
        payload = call.body or b"{}"
        _check_size(payload, kind)
        code = self._functions.code(parameters["FunctionName"], parameters.get("Qualifier"))
        _check_json(payload)
        if kind is InvocationType.DRY_RUN:
            return Response(status=204)
        event = Event(payload, self._new_id(), kind, self._clock.now())
        if kind is InvocationType.EVENT:
            self._attempt_in_background(code.arn, event)
            return Response(status=202)
        caller = self._environments.activity_of(call.access_key)
        answer, invocation = self._answer_to(caller, code, event)
        response = Response(answer.payload, content_type="application/json")
        response.headers["X-Amz-Executed-Version"] = code.version
        if answer.failed:
            response.headers["X-Amz-Function-Error"] = "Unhandled"
        if parameters.get("LogType") == "Tail":
            response.headers["X-Amz-Log-Result"] = base64.b64encode(tail(invocation.log)).decode()
        return response

    def invoke(self, function_arn: str, payload: bytes) -> Answer:
        """Invoke and wait for the answer, as a load balancer does. Raises ``AwsError``, also if throttled."""
        code = self._functions.code(function_arn)
        event = Event(payload, self._new_id(), InvocationType.REQUEST_RESPONSE, self._clock.now())
        answer, _ = self._answer_to(None, code, event)
        return answer

    def invoke_event(self, function_arn: str, payload: Any) -> None:
        """Invoke asynchronously, as EventBridge does. Raises ``AwsError`` if there is no such function."""
        arn = self._functions.code(function_arn).arn
        body = json.dumps(payload).encode()
        self._attempt_in_background(arn, Event(body, self._new_id(), InvocationType.EVENT, self._clock.now()))

    def role_of(self, access_key: str) -> str | None:
        """Return the role of the function that signs with this key, ``None`` if no function does."""
        return self._environments.role_of(access_key)

    def close(self) -> None:
        """End every execution environment."""
        self._closed = True
        self._environments.close()
        for attempt in tuple(self._attempts):
            attempt.join()

    def _answer_to(self, caller: Activity | None, code: FunctionCode, event: Event) -> tuple[Answer, Invocation]:
        """Run a function while a caller waits. If the caller is a function, time can pass for it meanwhile."""
        activity = self._clock.begin(awaited=caller is None or caller.awaited)
        with self._clock.elsewhere(caller) as resume:
            try:
                return self._run(code, event, activity)
            finally:
                resume()
                self._clock.end(activity)

    def _attempt_in_background(self, function_arn: str, event: Event) -> None:
        """Start a thread for one attempt; from now on time stands still until the attempt has ended or sleeps."""
        if self._closed:
            return
        activity = self._clock.begin(awaited=False)
        thread = threading.Thread(
            target=self._attempt, args=(function_arn, event, activity), name="lambda-event", daemon=True
        )
        self._attempts.add(thread)
        thread.start()

    def _attempt(self, function_arn: str, event: Event, activity: Activity) -> None:
        try:
            answer, _ = self._run(self._functions.code(function_arn), event, activity)
            if answer.failed:
                self._attempt_later(function_arn, event)
        except Throttled:
            self._attempt_when_not_throttled(function_arn, event)
        except AwsError:
            return  # The function was deleted meanwhile, so Lambda drops the event.
        finally:
            self._attempts.discard(threading.current_thread())
            self._clock.end(activity)

    def _attempt_later(self, function_arn: str, event: Event) -> None:
        retries, maximum_age = self._functions.event_invoke_config(function_arn)
        if event.attempt > retries:
            return
        again = replace(event, attempt=event.attempt + 1, throttled=0)
        self._attempt_after(RETRY_WAITS[event.attempt - 1], function_arn, again, maximum_age)

    def _attempt_when_not_throttled(self, function_arn: str, event: Event) -> None:
        _, maximum_age = self._functions.event_invoke_config(function_arn)
        first, longest = THROTTLED_WAITS
        wait = min(first * 2 ** min(event.throttled, 20), longest)
        self._attempt_after(wait, function_arn, replace(event, throttled=event.throttled + 1), maximum_age)

    def _attempt_after(self, wait: timedelta, function_arn: str, event: Event, maximum_age: timedelta) -> None:
        instant = self._clock.now() + wait
        if instant - event.accepted <= maximum_age:
            self._clock.at(instant, lambda: self._attempt_in_background(function_arn, event))

    def _run(self, code: FunctionCode, event: Event, activity: Activity) -> tuple[Answer, Invocation]:
        with self._concurrency.one_more(code.arn, self._functions.reserved_concurrency(code.arn)):
            try:
                return self._run_where_there_is_room(code, event, activity)
            except Closed:
                raise AwsError("ServiceException", "local_aws is ending and runs no functions.", 500) from None

    def _run_where_there_is_room(
        self, code: FunctionCode, event: Event, activity: Activity
    ) -> tuple[Answer, Invocation]:
        room = self._environments.room(code, activity)
        started = self._clock.now()
        pending = Pending(event.request_id, event.payload, code.arn, started + code.timeout, activity)
        slot = self._environments.take(room, code, pending)
        self._count(code.name, started)
        slot.log.start(event.request_id)
        began = self._clock.real()
        answer = slot.environment.run(pending)
        ended = pending.ended or self._clock.now()
        duration = max(ended - started, self._clock.real() - began)
        slot.log.report(event.request_id, _status(answer), duration, slot.init)
        returned = json.loads(answer.payload or b"null")
        invocation = Invocation(
            function_name=code.name,
            request_id=event.request_id,
            started=started,
            ended=ended,
            invocation_type=event.invocation_type,
            payload=json.loads(event.payload),
            answer=None if answer.failed else returned,
            error=returned if answer.failed else None,
            log=slot.log.flush(),
            cold=slot.init is not None,
            attempt=event.attempt,
        )
        self.invocations.append(invocation)
        self._environments.give_back(slot)
        return answer, invocation

    def _new_id(self) -> str:
        with self._random_lock:
            return str(UUID(int=self._random.getrandbits(128), version=4))


def _invocation_type(text: str) -> InvocationType:
    try:
        return InvocationType(text)
    except ValueError:
        raise AwsError("InvalidParameterValueException", f"Unknown invocation type: {text}") from None


def _check_size(payload: bytes, kind: InvocationType) -> None:
    limit = ASYNCHRONOUS_LIMIT if kind is InvocationType.EVENT else SYNCHRONOUS_LIMIT
    if len(payload) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise AwsError("RequestTooLargeException", message, 413)


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise AwsError("InvalidRequestContentException", message) from None


def _status(answer: Answer) -> str:
    if not answer.failed:
        return "success"
    return "timeout" if b'"Sandbox.Timedout"' in answer.payload else "error"
