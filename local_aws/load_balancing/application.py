"""The small web application that runs in every task. Its answer describes the task and the request."""

from __future__ import annotations

import hashlib
import json
from html import escape

from werkzeug.wrappers import Response

from simulator.world import Task

from .requests import HttpRequest


def answer(task: Task, request: HttpRequest, body: bytes) -> Response:
    """Answer any request with 200 and a description of task and request, as JSON, or as a page for browsers."""
    described = {
        "service": task.service,
        "cluster": task.cluster,
        "task": task.id,
        "address": task.ip,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": {name.title(): ", ".join(request.values(name)) for name, _ in request.headers},
        "body": body.decode(errors="replace"),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    text = json.dumps(described, indent=2)
    if "text/html" in next(request.values("Accept"), ""):
        page = f"<!doctype html><title>{escape(task.service)}</title><h1>{escape(task.service)}</h1>"
        return Response(f"{page}<pre>{escape(text)}</pre>\n", content_type="text/html")
    return Response(text + "\n", content_type="application/json")
