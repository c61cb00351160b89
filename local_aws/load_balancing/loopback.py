"""A real HTTP server on a free loopback port. Each load balancer and each API has one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from local_aws.api_call import AwsError

from .answers import Answer, plain
from .requests import Handler

_LOGGER = logging.getLogger(__name__)
_SECONDS_UNTIL_CLOSED: Final = 0.05
_CONNECTIONS_WAITING: Final = 2048
"""How many clients can connect at the same moment; further clients retry after a second."""


class LoopbackServer:
    """A server that listens from its creation until ``close`` and handles each request in its own thread.

    ``answer`` gets the WSGI environment of a request that a ``Handler`` received. Its errors are sent to the client: an
    ``AwsError`` as not implemented, any other error as a failure of local_aws.
    """

    def __init__(self, name: str, answer: Callable[[dict[str, Any]], Answer | Response]) -> None:
        self._answer = answer
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Handler)
        self._server.socket.listen(_CONNECTIONS_WAITING)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_SECONDS_UNTIL_CLOSED,), name=name, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's URL, for example ``http://127.0.0.1:8080``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, environ: Any, start_response: Any) -> Any:
        try:
            response = self._answer(environ)
        except AwsError as error:
            response = plain(HTTPStatus.NOT_IMPLEMENTED, error.message)
        except Exception as error:
            _LOGGER.exception("A request failed in local_aws.")
            response = plain(HTTPStatus.INTERNAL_SERVER_ERROR, f"local_aws failed: {error!r}")
        return response(environ, start_response)
