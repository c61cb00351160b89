"""A CloudWatch dashboard with one custom widget, as far as AWS documents how it treats a widget's HTML.

- It removes scripts and elements that load another document.
- It applies its own styles, unless the widget switches them off. They are garish here, so that they are noticed.
- A ``cwdb-action`` makes the element before it call a function, after a confirmation.
- A call sends the widget's parameters, the fields of its forms and the dashboard's settings.
- A refresh calls the function again.

Sources: CloudWatch User Guide, "Details about custom widgets in CloudWatch", "Interactivity in the custom widget in
CloudWatch", "Security and JavaScript for custom CloudWatch widgets"; the samples of
aws-samples/cloudwatch-custom-widgets-samples. AWS does not document in detail how CloudWatch cleans HTML.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Any, Final, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

PAGE: Final = Path(__file__).with_suffix(".html")
Event = dict[str, Any]
Function = Callable[[Event], object]


@dataclass(frozen=True)
class Only:
    """The only elements and attributes that are allowed."""

    elements: frozenset[str]
    attributes: frozenset[str]


@dataclass(frozen=True)
class Settings:
    """The settings of the dashboard and the widget.

    ``width`` and ``height`` are in pixels. Without a height the widget is as high as its content.
    ``offset`` is the offset of the dashboard's time zone, such as ``+02:00``. ``params`` are the widget's parameters.
    ``strict`` has the only elements and attributes that are allowed; ``None`` allows all that are harmless.
    """

    theme: str = "light"
    offset: str = "+00:00"
    title: str = "Control panel"
    width: int = 1320
    height: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    strict: Only | None = None

    def as_json(self, endpoint: str) -> str:
        """Return the page's settings. "<" is escaped, so that no value can end the script element around them."""
        sign, hours, minutes = self.offset[0], int(self.offset[1:3]), int(self.offset[4:])
        west = (hours * 60 + minutes) * (1 if sign == "-" else -1)
        data = {
            "endpoint": endpoint,
            "theme": self.theme,
            "title": self.title,
            "timezone": {"label": "Local", "offsetISO": self.offset, "offsetInMinutes": west},
            "width": self.width,
            "height": self.height,
            "params": self.params,
            "strict": self.strict
            and {"elements": sorted(self.strict.elements), "attributes": sorted(self.strict.attributes)},
        }
        return json.dumps(data).replace("<", "\\u003c")


class CloudWatchFrame:
    """A server of the dashboard, which runs while its context is open.

    ``functions`` are the functions that can be called, by ARN. ``endpoint`` is the ARN of the widget's function.
    ``settings`` can be changed until the page is loaded. ``events`` are the events of all calls so far.
    """

    def __init__(self, functions: Mapping[str, Function], endpoint: str, settings: Settings) -> None:
        self.settings = settings
        self.events: list[Event] = []
        self._functions = functions
        self._endpoint = endpoint
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
        """The dashboard's address."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def _serve(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        answer = self._invoke(request) if request.path == "/invoke" else self._page()
        return answer(environ, start_response)

    def _page(self) -> Response:
        page = Template(PAGE.read_text(encoding="utf-8"))
        return Response(page.substitute(settings=self.settings.as_json(self._endpoint)), content_type="text/html")

    def _invoke(self, request: Request) -> Response:
        call = json.loads(request.get_data())
        self.events.append(call["event"])
        answer = self._functions[call["endpoint"]](call["event"])
        return Response(json.dumps(answer), content_type="application/json")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Do not print requests."""
