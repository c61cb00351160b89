"""Requests that go to a Lambda function."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from local_aws import function_targets
from local_aws.api_call import AwsError
from simulator.world import World

from . import requests
from .answers import Answer, own
from .lambda_events import LIMIT, Malformed, answer, event
from .requests import HttpRequest

_LOGGER: Final = logging.getLogger(__name__)


class Returned(NamedTuple):
    """The result of a function as JSON text, and whether it is an error."""

    payload: bytes
    failed: bool = False


Invoke = Callable[[str, bytes], Returned]
"""Invokes a function by its ARN, and waits for its result. Raises ``AwsError``."""


class LambdaTargets:
    """The functions that are targets. ``lock`` guards moto and the world; it is not held while a function runs."""

    def __init__(self, world: World, lock: threading.RLock, invoke: Invoke) -> None:
        self._world = world
        self._lock = lock
        self._invoke = invoke

    def answer(self, load_balancer_arn: str, group: str, request: HttpRequest, environ: dict[str, Any]) -> Answer:
        """Return the function's answer, or the load balancer's own answer if there is none (ud ELB)."""
        if any(value.lower() == "websocket" for value in request.values("Upgrade")):
            return own(400)
        body = requests.body(environ, LIMIT)
        if body is None:
            return own(413)
        with self._lock:
            function = function_targets.function_of(group)
            if function is None:
                return own(503)
            self._world.count_request(load_balancer_arn, group)
            permitted = function_targets.may_invoke(function, group)
            several_values = function_targets.takes_several_values(group)
        if not permitted:
            return self._failed(function, "Its policy does not allow the target group to invoke it.")
        payload = json.dumps(event(request, body, group, several_values)).encode()
        try:
            returned = self._invoke(function, payload)
            if returned.failed:
                return self._failed(function, returned.payload.decode(errors="replace"))
            return answer(returned.payload, several_values)
        except (AwsError, Malformed) as error:
            return self._failed(function, str(error))

    @staticmethod
    def _failed(function: str, why: str) -> Answer:
        """Answer 502 for an error, a time-out, a throttled invocation, and an answer that is malformed or too long."""
        _LOGGER.info("A load balancer answers 502 for %s: %s", function, why)
        return own(502)
