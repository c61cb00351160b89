"""The lines that an application needs for task scale-in protection, run against an endpoint like the ECS agent's.

What the endpoint accepts: ECS Developer Guide, "Amazon ECS task scale-in protection endpoint".
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.docs.pages import blocks

PATH = "/api/task/task-protection/v1/state"
LONGEST_MINUTES = 2_880


class Agent(ThreadingHTTPServer):
    """A server that keeps the requests. It answers errors as the agent does, and always if ``failing`` is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.requests: list[Any] = []
        self.failing = False

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/task"


class Endpoint(BaseHTTPRequestHandler):
    server: Agent

    def do_PUT(self) -> None:
        state = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(state)
        minutes = state.get("ExpiresInMinutes", 120)
        accepted = (
            self.path == PATH
            and self.headers["Content-Type"] == "application/json"
            and state.keys() <= {"ProtectionEnabled", "ExpiresInMinutes"}
            and isinstance(state["ProtectionEnabled"], bool)
            and 1 <= minutes <= LONGEST_MINUTES
            and not self.server.failing
        )
        body = b'{"protection": {}}' if accepted else b'{"error": {}}'
        self.send_response(200 if accepted else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Do not print requests."""


@pytest.fixture
def agent() -> Iterator[Agent]:
    with Agent() as started:
        serving = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield started
        started.shutdown()
        serving.join()


def run(agent: Agent, *command: str) -> int:
    finished = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", "ECS_AGENT_URI": agent.uri, "no_proxy": "127.0.0.1"},
        capture_output=True,
        timeout=30,
        check=False,
    )
    return finished.returncode


def the_block(language: str) -> str:
    [block] = blocks(language)
    return block.text


def test_python_protects_the_task_and_ends_the_protection(agent: Agent) -> None:
    assert run(agent, sys.executable, "-c", the_block("python") + "protect_this_task(60)\nprotect_this_task(0)\n") == 0
    assert agent.requests == [{"ProtectionEnabled": True, "ExpiresInMinutes": 60}, {"ProtectionEnabled": False}]


def test_the_shell_protects_the_task_and_ends_the_protection(agent: Agent) -> None:
    assert run(agent, "sh", "-euc", the_block("sh")) == 0
    assert agent.requests == [{"ProtectionEnabled": True, "ExpiresInMinutes": 60}, {"ProtectionEnabled": False}]


def test_the_lines_fail_if_the_task_could_not_be_protected(agent: Agent) -> None:
    agent.failing = True
    assert run(agent, sys.executable, "-c", the_block("python") + "protect_this_task(60)\n") != 0
    assert run(agent, "sh", "-euc", the_block("sh")) != 0
    assert len(agent.requests) == 2
