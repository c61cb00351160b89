"""A CloudWatch dashboard with one custom widget, as far as AWS documents what it does with a widget's HTML.

It removes scripts, and what loads another document; gives its own styles to what does not switch them off; lets
``cwdb-action`` make the element before it call a function, after a confirmation; sends the widget's parameters, the
fields of its forms and the dashboard's settings; and calls again on a refresh. Its own styles are garish here, so that
whatever meets them is seen.

Sources: CloudWatch User Guide, "Details about custom widgets in CloudWatch", "Interactivity in the custom widget in
CloudWatch", "Security and JavaScript for custom CloudWatch widgets"; the samples of
aws-samples/cloudwatch-custom-widgets-samples. How CloudWatch cleans HTML it does not say in detail.
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
    """Of the dashboard and the widget. ``width`` and ``height``: in pixels; without a height it is as high as it needs.

    ``offset``: of the dashboard's time zone, such as ``+02:00``. ``params``: of the widget. ``strict``: the only
    elements and attributes that are allowed, ``None`` for all that do no harm.
    """

    theme: str = "light"
    offset: str = "+00:00"
    title: str = "Control panel"
    width: int = 1320
    height: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    strict: Only | None = None

    def as_json(self, endpoint: str) -> str:
        """The page's settings. No "<" can end the script element they are in."""
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
    """Serves the dashboard from entering until leaving.

    ``functions``: by ARN, what a call of each answers. ``endpoint``: the ARN of the widget's own. ``settings``: may be
    changed until the page is loaded. ``events``: every call so far.
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
        """Where the dashboard is."""
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
        """Keep requests out of the output."""
