"""One API: a real HTTP server on loopback that follows the API's stages, routes and authorizers."""

from __future__ import annotations

import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final

from local_aws.load_balancing import requests
from local_aws.load_balancing.answers import Answer
from local_aws.load_balancing.lambda_targets import Invoke
from local_aws.load_balancing.loopback import LoopbackServer
from local_aws.load_balancing.requests import HttpRequest

from . import access_log, settings
from .access_log import Outcome
from .answers import own
from .authorization import Authorization, Refused
from .events import event
from .functions import Functions
from .received import Received
from .routes import matching, staged
from .settings import Api, Stage
from .throttling import Throttling

PAYLOAD_BYTES: Final = 10 * 1024 * 1024
"""The longest body of a request (API Gateway Developer Guide, "HTTP API quotas")."""

HEADERS_BYTES: Final = 10_240
"""The longest request line and header values, together (same page)."""

_ID_CHARACTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Surroundings:
    """The dependencies of every endpoint. ``lock`` guards moto, ``invoke`` runs functions, ``now`` is the clock."""

    lock: threading.RLock
    now: Callable[[], datetime]
    random: Random
    invoke: Invoke
    is_function: Callable[[str], bool]


class Endpoint:
    """The server of one API, from its creation until ``close``. It uses plain HTTP instead of TLS."""

    def __init__(self, api_id: str, surroundings: Surroundings) -> None:
        self._api_id = api_id
        self._lock = surroundings.lock
        self._now = surroundings.now
        self._random = surroundings.random
        self._authorization = Authorization(surroundings.lock, surroundings.is_function)
        self._functions = Functions(surroundings.lock, surroundings.now, surroundings.invoke)
        self._throttling = Throttling()
        self._server = LoopbackServer(f"http-api-{api_id}", self._answer)

    @property
    def url(self) -> str:
        """The server's URL, for example ``http://127.0.0.1:8080``."""
        return self._server.url

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _answer(self, environ: dict[str, Any]) -> Answer:
        request = requests.http_request(environ)
        body = requests.body(environ, PAYLOAD_BYTES)
        request_id = "".join(self._random.choices(_ID_CHARACTERS, k=15)) + "="
        received = Received(request, body or b"", environ["SERVER_PROTOCOL"], request_id, self._now())
        with self._lock:
            api = settings.read(self._api_id)
        found = staged(api.stages, received.path) if api is not None else None
        if api is None or found is None:
            answer = own(404)
        else:
            name, path = found
            outcome = Outcome()
            refused = _beyond_limits(request, body)
            if refused is not None:
                answer, outcome.by_api = own(refused), True
            else:
                answer = self._served(received, api, api.stages[name], path, outcome)
            self._log(received, api, api.stages[name], outcome, answer)
        return replace(answer, headers=(*answer.headers, ("Apigw-Requestid", request_id)))

    def _served(self, received: Received, api: Api, stage: Stage, path: str, outcome: Outcome) -> Answer:
        """Answer within a stage. A request counts for throttling before its caller is known."""
        outcome.by_api = True
        match = matching(api.routes, received.request.method, path)
        if match is None:
            return own(404)
        route = api.routes[match.key]
        outcome.route_key = match.key
        if not self._throttling.admits(stage, match.key, received.instant):
            return own(429)
        try:
            outcome.caller = self._authorization.caller(received, route)
        except Refused as refusal:
            outcome.refusal = refusal.reason
            challenge = (("www-authenticate", refusal.challenge),) if refusal.challenge else ()
            return own(refusal.status, *challenge)
        made = event(received, api, stage.name, match, outcome.caller.authorizer, self._trace_id(received))
        answer = self._functions.answer(api, stage.name, match.key, route.integration, made, outcome)
        outcome.by_api = bool(outcome.integration_error) or not outcome.function_status
        return answer

    def _log(self, received: Received, api: Api, stage: Stage, outcome: Outcome, answer: Answer) -> None:
        if stage.log_group is None:
            return
        ended = self._now()
        known = access_log.variables(received, api, stage, outcome, int(answer.status[:3]), len(answer.body), ended)
        with self._lock:
            access_log.write(stage.log_group, f"{api.id}/{stage.name}", access_log.line(stage.log_format, known), ended)

    def _trace_id(self, received: Received) -> str:
        return f"Root=1-{int(received.instant.timestamp()):08x}-{self._random.getrandbits(96):024x}"


def _beyond_limits(request: HttpRequest, body: bytes | None) -> int | None:
    """Return the status for a request that is too long, ``None`` for others."""
    line = f"{request.method} {request.path}?{request.query}"
    if len(line) + sum(len(value) for _, value in request.headers) > HEADERS_BYTES:
        return 431
    return 413 if body is None else None
