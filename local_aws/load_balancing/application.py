"""The small web application that runs in every task: it answers with its task, and with the request it got."""

from __future__ import annotations

import hashlib
import json
from html import escape

from werkzeug.wrappers import Response

from simulator.world import Task

from .requests import HttpRequest


def answer(task: Task, request: HttpRequest, body: bytes) -> Response:
    """Answer any request with 200 and a description of the task and of the request: as JSON, to browsers as a page."""
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
