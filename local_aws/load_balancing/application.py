"""The small web application that runs in every task: it says who answered, and what it was asked."""

from __future__ import annotations

import hashlib
import json
from html import escape

from werkzeug.wrappers import Response

from simulator.world import Task

from .requests import Asked


def answer(task: Task, asked: Asked, body: bytes) -> Response:
    """Answer any request with 200 and a description of the task and of the request: as JSON, to browsers as a page."""
    described = {
        "service": task.service,
        "cluster": task.cluster,
        "task": task.id,
        "address": task.ip,
        "method": asked.method,
        "path": asked.path,
        "query": asked.query,
        "headers": {name.title(): ", ".join(asked.values(name)) for name, _ in asked.headers},
        "body": body.decode(errors="replace"),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    text = json.dumps(described, indent=2)
    if "text/html" in next(asked.values("Accept"), ""):
        page = f"<!doctype html><title>{escape(task.service)}</title><h1>{escape(task.service)}</h1>"
        return Response(f"{page}<pre>{escape(text)}</pre>\n", content_type="text/html")
    return Response(text + "\n", content_type="application/json")
