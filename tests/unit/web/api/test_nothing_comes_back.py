"""Nothing that a caller sends reaches an answer or the log, except the reason of a hold, in its own field."""

from __future__ import annotations

import logging
from typing import Final

import pytest

from scale_to_zero.model.errors import CallFailed, Refused
from tests.unit.web.api.gateway import Event, an_event
from tests.unit.web.api.scene import JSON, Scene

SECRET: Final = "s3cr3t<script>\r\nSet-Cookie: a=b\x1b[31m\u2028"
PATHS: Final = [
    "/services",
    "/services/web",
    "/services/web/wake",
    "/services/web/sleep",
    "/services/web/hold",
    "/hold",
    f"/services/{SECRET}",
    f"/services/{SECRET}/hold",
    f"/{SECRET}",
]
METHODS: Final = ["GET", "POST", "PUT", "DELETE", SECRET]
BODIES: Final = [
    b"",
    SECRET.encode(),
    b'{"s3cr3t": "s3cr3t"}',
    b'{"force": "s3cr3t"}',
    b'{"minutes": "s3cr3t"}',
    b'{"minutes": 1, "reason": "s3cr3t\\n"}',
    b'{"minutes": 1, "reason": ["s3cr3t"]}',
    b'{"hold_all_until": "s3cr3t"}',
    b'{"hold_all_until": "2026-03-02T11:00:00Z", "reason": "s3cr3t\\n"}',
    b'{"hold_all_until": "2026-03-02T11:00:00Z", "s3cr3t": 1}',
]


def full_of_secrets(method: str, path: str, body: bytes, content_type: str) -> Event:
    """Return a call with a secret in everything that a caller controls."""
    headers = {"content-type": content_type, "authorization": f"Bearer {SECRET}", f"x-{SECRET}": SECRET}
    event = an_event(method, path, headers=headers, body=body)
    event["cookies"] = [f"session={SECRET}"]
    event["requestContext"]["http"]["userAgent"] = SECRET
    return event


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return every record, with everything that a JSON log would hold of it."""
    return "".join(str(vars(record)) for record in caplog.records) + caplog.text


@pytest.mark.parametrize("query", ["", f"limit={SECRET}", f"{SECRET}=1", f"next={SECRET}"])
@pytest.mark.parametrize(
    "fails", [None, CallFailed("throttled"), Refused("WakeFailed", "ECS is down"), ValueError("x")]
)
def test_no_secret_comes_back_or_is_logged(
    query: str, fails: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    scene.is_awake()
    scene.functions.fails = fails
    for method in METHODS:
        for path in PATHS:
            for body in BODIES:
                for content_type in (JSON, SECRET):
                    event = full_of_secrets(method, path, body, content_type)
                    event["rawQueryString"] = query
                    answered = scene.call(event)
                    assert "s3cr3t" not in f"{answered.headers}{answered.body}"
    assert "s3cr3t" not in logged(caplog)
    assert "Traceback" not in caplog.text or fails, "no call makes the function raise"


def test_the_reason_of_a_hold_is_answered_in_its_field_and_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    scene.is_awake()
    answered = scene.put("/services/web/hold", {"minutes": 1, "reason": "</script>s3cr3t"})
    assert answered.json_body()["hold"]["reason"] == "</script>s3cr3t"
    assert "s3cr3t" not in logged(caplog)


def test_the_key_of_a_service_is_logged_only_if_there_is_such_a_service(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene()
    scene.get("/services/web")
    scene.get("/services/s3cr3t")
    assert [getattr(record, "service", "") for record in caplog.records] == ["web", None]
