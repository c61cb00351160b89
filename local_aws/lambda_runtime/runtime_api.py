"""Lambda's Runtime API for one execution environment, on its own loopback port.

The paths, headers and status codes come from the AWS Lambda Developer Guide, "Using the Lambda runtime API".
Two more paths, for the virtual clock, are called only by ``bootstrap``.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local_aws.clock import Activity, Clock, Ended

from .records import Answer

RESPONSE_LIMIT: Final = 6_291_556
"""The most bytes of an answer. AWS names this number in ``Function.ResponseSizeTooLarge``; the quota is 6 MB."""

POLL_SECONDS: Final = 0.02
"""How often, in real seconds, a server checks whether it must end."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass
class Pending:
    """An invocation that an execution environment handles."""

    request_id: str
    payload: bytes
    function_arn: str
    deadline: datetime
    activity: Activity
    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    ended: datetime | None = None

    def complete(self, answer: Answer, clock: Clock) -> None:
        """Set the answer; only the first one counts."""
        if self.answer is None:
            self.answer, self.ended = answer, clock.now()
            clock.interrupt(self.activity)
            self.done.set()


class RuntimeApi:
    """The server. ``drain`` reads all log lines until now; it is called before an answer counts or time passes."""

    def __init__(self, clock: Clock, drain: Callable[[], None]) -> None:
        self._clock = clock
        self._drain = drain
        self._queue: queue.Queue[Pending | None] = queue.Queue()
        self._current: Pending | None = None
        self.is_ready = threading.Event()
        self.init_error: bytes | None = None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        serve = partial(self._server.serve_forever, poll_interval=POLL_SECONDS)
        self._thread = threading.Thread(target=serve, name="lambda-runtime-api", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, in the form of ``AWS_LAMBDA_RUNTIME_API``."""
        return f"127.0.0.1:{self._server.server_port}"

    def expect(self, pending: Pending) -> None:
        """Set the invocation that the environment is started for, or runs next."""
        self._current = pending

    def offer(self, pending: Pending) -> None:
        """Give the invocation to the function."""
        self._queue.put(pending)

    def close(self) -> None:
        """End the server and every wait for an invocation."""
        self._queue.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        try:
            endpoint, arguments = _PATHS.bind_to_environ(environ).match()
            response: Any = getattr(self, f"_{endpoint}")(request, **arguments)
        except HTTPException as error:
            response = error
        return response(environ, start_response)

    def _next(self, request: Request) -> Response:
        self.is_ready.set()
        pending = self._queue.get()
        if pending is None:
            return Response(status=410)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": pending.request_id,
            "Lambda-Runtime-Deadline-Ms": str((pending.deadline - _EPOCH) // timedelta(milliseconds=1)),
            "Lambda-Runtime-Invoked-Function-Arn": pending.function_arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{pending.request_id.replace('-', '')[:8]}-{'0' * 24};Sampled=0",
        }
        return Response(pending.payload, headers=headers, content_type="application/json")

    def _response(self, request: Request, request_id: str) -> Response:
        payload = request.get_data()
        if len(payload) > RESPONSE_LIMIT:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
            return self._complete(request_id, Answer(json.dumps(error).encode(), failed=True), status=413)
        return self._complete(request_id, Answer(payload))

    def _error(self, request: Request, request_id: str) -> Response:
        return self._complete(request_id, Answer(request.get_data(), failed=True))

    def _init_error(self, request: Request) -> Response:
        self._drain()
        self.init_error = request.get_data()
        self.is_ready.set()
        return Response("{}", status=202)

    def _complete(self, request_id: str, answer: Answer, status: int = 202) -> Response:
        self._drain()
        pending = self._current
        if pending is None or pending.request_id != request_id:
            return Response("{}", status=400)
        pending.complete(answer, self._clock)
        return Response("{}", status=status)

    def _now(self, request: Request) -> Response:
        return Response(str((self._clock.now() - _EPOCH) // _MICROSECOND))

    def _sleep(self, request: Request) -> Response:
        self._drain()
        pending = self._current
        if pending is not None:
            try:
                self._clock.sleep(pending.activity, timedelta(seconds=float(request.get_data())))
            except Ended:
                return Response(status=410)
        return self._now(request)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Keep requests out of the log."""


_PATHS: Final = Map(
    [
        Rule("/2018-06-01/runtime/invocation/next", endpoint="next", methods=["GET"]),
        Rule("/2018-06-01/runtime/invocation/<request_id>/response", endpoint="response", methods=["POST"]),
        Rule("/2018-06-01/runtime/invocation/<request_id>/error", endpoint="error", methods=["POST"]),
        Rule("/2018-06-01/runtime/init/error", endpoint="init_error", methods=["POST"]),
        Rule("/local-aws/now", endpoint="now", methods=["POST"]),
        Rule("/local-aws/sleep", endpoint="sleep", methods=["POST"]),
    ]
)
