"""The small web application that runs in every task: it says who answered, and what it was asked."""

from __future__ import annotations

import json

from werkzeug.wrappers import Request, Response

from local_aws.world import Task


def raw_path(request: Request) -> str:
    """The path as it came over the wire, with its percent-encoding and without the query."""
    path: str = request.environ["RAW_URI"]
    return path.partition("?")[0]


def answer(task: Task, request: Request) -> Response:
    """Answer any request with 200 and a description of the task and of the request, as JSON."""
    described = {
        "service": task.service,
        "cluster": task.cluster,
        "task": task.id,
        "address": task.ip,
        "method": request.method,
        "path": raw_path(request),
        "query": request.query_string.decode(errors="replace"),
        "headers": dict(request.headers),
        "body": request.get_data(as_text=False).decode(errors="replace"),
    }
    return Response(json.dumps(described, indent=2) + "\n", content_type="application/json")
