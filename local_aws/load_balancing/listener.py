"""One listener of a load balancer: a real HTTP server on loopback that does what the listener's rules say."""

from __future__ import annotations

import logging
import threading
from http import HTTPStatus
from random import Random
from typing import Any, Final

from moto.elbv2.models import elbv2_backends
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local_aws.api_call import AwsError
from local_aws.target_groups import weighted_groups
from local_aws.world import Task, World

from . import application
from .application import raw_path
from .rules import Asked, action_for

_LOGGER = logging.getLogger(__name__)
_SERVER: Final = "awselb/2.0"
_SECONDS_UNTIL_CLOSED: Final = 0.05


class Listener:
    """Serves from its creation until ``close``. What moto and the world hold is read under ``lock``.

    TLS is not modelled: an HTTPS listener takes plain HTTP, and forwards it as ``https``.
    """

    def __init__(self, world: World, lock: threading.RLock, arn: str, random: Random) -> None:
        self._world = world
        self._lock = lock
        self._arn = arn
        self._random = random
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_SECONDS_UNTIL_CLOSED,), name=f"listener-{arn}", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """For instance ``http://127.0.0.1:8080``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop to listen."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        try:
            response = self._answer(request)
        except AwsError as error:
            response = _plain(HTTPStatus.NOT_IMPLEMENTED, error.message)
        except Exception as error:
            _LOGGER.exception("A request failed in local_aws.")
            response = _plain(HTTPStatus.INTERNAL_SERVER_ERROR, f"local_aws failed: {error!r}")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        with self._lock:
            listener = self._listener()
            if listener is None:
                return _own_answer(HTTPStatus.SERVICE_UNAVAILABLE)
            action = action_for(listener.rules.values(), Asked(request.host.partition(":")[0], raw_path(request)))
            if action.type == "fixed-response":
                return _fixed(action.data["FixedResponseConfig"])
            if action.type != "forward":
                raise AwsError("NotModelled", f"not modelled: {action.type} actions")
            answering = self._choose_task(listener.load_balancer_arn, action)
        if not isinstance(answering, Task):
            return _own_answer(answering)
        _add_forwarded(request, listener)
        return application.answer(answering, request)

    def _listener(self) -> Any:
        _, _, _, region, account, *_ = self._arn.split(":")
        for load_balancer in elbv2_backends[account][region].load_balancers.values():
            if self._arn in load_balancer.listeners:
                return load_balancer.listeners[self._arn]
        return None

    def _choose_task(self, load_balancer_arn: str, action: Any) -> Task | HTTPStatus:
        """The task that answers, else the status with which the load balancer answers itself.

        503 where no target is registered, 502 where the target chosen does not answer (ud ELB, troubleshooting).
        There is no failover to another group (ud ELB, weighted target groups).
        """
        groups, weights = zip(*weighted_groups(action.data), strict=True)
        if not any(weights):
            return HTTPStatus.SERVICE_UNAVAILABLE
        [group] = self._random.choices(groups, weights)
        self._refuse_lambda(group)
        target = self._world.request(load_balancer_arn, group)
        if target is None:
            return HTTPStatus.SERVICE_UNAVAILABLE
        task = self._world.task(target.task_id)
        return task if target.answers and task is not None else HTTPStatus.BAD_GATEWAY

    def _refuse_lambda(self, group: str) -> None:
        _, _, _, region, account, *_ = group.split(":")
        if elbv2_backends[account][region].target_groups[group].target_type == "lambda":
            raise AwsError("NotModelled", "not modelled: Lambda functions as targets")


def _add_forwarded(request: Request, listener: Any) -> None:
    # ud ELB, "HTTP headers and Application Load Balancers": the client is appended to what it sent itself.
    before = request.headers.get("X-Forwarded-For")
    client = request.remote_addr or ""
    request.environ["HTTP_X_FORWARDED_FOR"] = f"{before}, {client}" if before else client
    request.environ["HTTP_X_FORWARDED_PROTO"] = listener.protocol.lower()
    request.environ["HTTP_X_FORWARDED_PORT"] = str(listener.port)


def _fixed(config: Any) -> Response:
    response = Response(config.get("MessageBody", ""), int(config["StatusCode"]))
    response.headers["Content-Type"] = config.get("ContentType") or "text/plain"
    response.headers["Server"] = _SERVER
    return response


def _own_answer(status: HTTPStatus) -> Response:
    phrase = {503: "Service Temporarily Unavailable"}.get(status, status.phrase)
    title = f"{status.value} {phrase}"
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    response = Response(body + "</body>\r\n</html>\r\n", status.value, content_type="text/html")
    response.headers["Server"] = _SERVER
    return response


def _plain(status: HTTPStatus, sentence: str) -> Response:
    return Response(sentence + "\n", status.value, content_type="text/plain")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status without a ``Server`` header of our own: who answers says who he is."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Keep requests out of the log."""
