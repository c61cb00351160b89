"""A real HTTP server that sends the wake function's own answers, and then the application's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.web.page import render_page
from scale_to_zero.web.status import ShownState, Status
from scale_to_zero.web.visitor import answers
from scale_to_zero.web.visitor.kinds import STATUS_TYPE
from scale_to_zero.web.visitor.request import Request as WakeRequest

NONCE: Final = "bm9uY2U"

Answering = Callable[[Request], Response]


class Seen(NamedTuple):
    """One request as it arrived."""

    method: str
    target: str
    polls: bool
    form: dict[str, str]


class WaitingServer:
    """A server that runs while its context is open.

    ``status`` and ``page``: the current answer. ``application``: answers every request as soon as it is set.
    ``seen``: every request so far.
    """

    def __init__(self) -> None:
        self.status = Status("web", ShownState.WAKING, retry_after=1, polls=True)
        self.page = WaitingPage()
        self.application: Answering | None = None
        self.seen: list[Seen] = []
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address, for instance ``http://127.0.0.1:8080``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def polls(self) -> list[Seen]:
        """Return the requests that poll the status."""
        return [request for request in self.seen if request.polls]

    def visits(self) -> list[Seen]:
        """Return all other requests."""
        return [request for request in self.seen if not request.polls]

    def _serve(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        polls = STATUS_TYPE in request.headers.get("Accept", "")
        self.seen.append(Seen(request.method, environ["RAW_URI"], polls, request.form.to_dict()))
        if self.application is not None:
            answer = self.application(request)
        elif polls:
            answer = as_json(self.status)
        else:
            answer = self._as_page(request)
        return answer(environ, start_response)

    def _as_page(self, request: Request) -> Response:
        wake_request = _wake_request(request.headers.get("Accept-Language", ""))
        rendered = render_page(
            self.status, self.page, accept_language=wake_request.header("accept-language"), nonce=NONCE
        )
        return _response(answers.page(rendered, self.status, wake_request, code=503))


def as_json(status: Status) -> Response:
    """Return the answer to a poll."""
    return _response(answers.status_json(status, _wake_request()))


def _wake_request(accept_language: str = "") -> WakeRequest:
    return WakeRequest("", "GET", "/", "", {"accept-language": (accept_language,)})


def _response(answer: answers.Answer) -> Response:
    headers = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
    return Response(answer["body"], answer["statusCode"], headers)


def application(request: Request) -> Response:
    """Answer as an application that does not know the waiting page."""
    # Without an icon in the page a browser would request one.
    page = '<!doctype html><title>City Guided</title><link rel="icon" href="data:,"><h1>Bonjour Paris</h1>'
    return Response(page, content_type="text/html")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Do not print requests."""
