from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scale_to_zero.aws.batches import PARALLEL_CALLS, in_batches, in_parallel
from scale_to_zero.aws.clients import Clients
from scale_to_zero.aws.ecs.services import AwsServices
from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused
from scale_to_zero.model.observed import ServiceFacts, Unknown

from .answers import a_service
from .stage import NOW, WEB

NAMES = ["ecs", "elbv2", "cloudwatch", "autoscaling", "dynamodb", "lambda_"]
THROTTLED = (400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
DENIED = (400, b'{"__type": "AccessDeniedException", "message": "not authorized"}')
REFUSED = (400, b'{"__type": "ClientException", "message": "no"}')
FAILED = (500, b'{"__type": "ServerException", "message": "try again"}')
UNUSUAL = (302, b'{"__type": "ClientException", "message": "elsewhere"}')
FOUND = (200, json.dumps({"services": [a_service()]}).encode())


class Endpoint(ThreadingHTTPServer):
    """A server on loopback that gives its ``answers`` in order, and repeats the last one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: list[tuple[int, bytes]] = []
        self.requests = 0


class Answering(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.requests += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


class TestClients:
    @pytest.mark.parametrize("name", NAMES)
    def test_every_client_has_bounded_retries_and_timeouts(self, name: str) -> None:
        config = getattr(Clients(), name).meta.config
        assert config.retries == {"mode": "standard", "total_max_attempts": 3}
        longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
        assert longest < 60, "a call that hangs must end before the function does"
        assert config.max_pool_connections >= PARALLEL_CALLS

    def test_a_client_is_made_at_its_first_use_and_only_once(self) -> None:
        clients = Clients()
        made: list[object] = []
        threads = [threading.Thread(target=lambda: made.append(clients.ecs)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 8
        assert len(set(map(id, made))) == 1

    def test_building_the_ports_does_not_import_boto3_which_slows_the_start(self) -> None:
        program = (
            "import sys, time\n"
            "from datetime import datetime\n"
            "from scale_to_zero.aws import build_ports\n"
            "names = ('instance', 'table_name', 'metric_namespace', 'scale_up_function', 'scale_to_zero_function')\n"
            "build_ports(**dict.fromkeys(names, 'x'), event_detail=dict, clock=datetime.now, sleep=time.sleep)\n"
            "print('boto3' in sys.modules)\n"
        )
        source = Path(__file__).resolve().parents[2] / "lambda_src"
        ran = subprocess.run([sys.executable, "-c", program], cwd=source, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "False"

    def test_a_throttled_call_is_repeated(self, endpoint: Endpoint) -> None:
        endpoint.answers = [THROTTLED, FOUND]
        found = AwsServices(Clients(), lambda: NOW).describe([WEB])[WEB]
        assert isinstance(found, ServiceFacts)
        assert endpoint.requests == 2

    def test_a_call_that_is_always_throttled_ends(self, endpoint: Endpoint) -> None:
        endpoint.answers = [THROTTLED]
        found = AwsServices(Clients(), lambda: NOW).describe([WEB])[WEB]
        assert isinstance(found, Unknown)
        assert endpoint.requests == 3

    def test_an_answer_that_is_not_from_aws_is_unknown(self, endpoint: Endpoint) -> None:
        endpoint.answers = [(200, b"<html>a proxy's own page</html>")]
        assert isinstance(AwsServices(Clients(), lambda: NOW).describe([WEB])[WEB], Unknown)

    @pytest.mark.parametrize(
        ("answers", "failure"),
        [
            ([DENIED], CallForbidden),
            ([REFUSED], CallRefused),
            ([FAILED, REFUSED], CallFailed),
            ([FAILED, DENIED], CallFailed),
            ([FAILED], CallFailed),
            ([THROTTLED], CallFailed),
            ([THROTTLED, REFUSED], CallFailed),
            ([(400, b"<html>a proxy's own page</html>")], CallFailed),
            ([(403, b"")], CallFailed),
            ([UNUSUAL], CallFailed),
        ],
        ids=repr,
    )
    def test_a_call_is_refused_only_if_aws_refused_its_only_attempt(
        self, endpoint: Endpoint, answers: list[tuple[int, bytes]], failure: type[CallFailed]
    ) -> None:
        """AWS has possibly accepted a failed attempt, and the answer to a later attempt does not undo that."""
        endpoint.answers = list(answers)
        with pytest.raises(CallFailed) as raised:
            AwsServices(Clients(), lambda: NOW).set_desired_count(WEB, 1)
        assert raised.type is failure

    @pytest.mark.parametrize(
        ("answers", "failure", "requests"),
        [
            ([REFUSED], CallRefused, 1),
            ([DENIED], CallForbidden, 1),
            ([FAILED], CallFailed, 1),
            ([THROTTLED], CallRefused, 3),
            ([THROTTLED, REFUSED], CallRefused, 2),
            ([THROTTLED, FAILED], CallFailed, 2),
        ],
        ids=repr,
    )
    def test_a_stop_is_repeated_only_if_it_certainly_had_no_effect(
        self,
        endpoint: Endpoint,
        monkeypatch: pytest.MonkeyPatch,
        answers: list[tuple[int, bytes]],
        failure: type[CallFailed],
        requests: int,
    ) -> None:
        monkeypatch.setattr("scale_to_zero.aws.ecs.services.PAUSES_OF_THROTTLED_STOPS", (0.0, 0.0))
        endpoint.answers = list(answers)
        with pytest.raises(CallFailed) as raised:
            AwsServices(Clients(), lambda: NOW).set_desired_count(WEB, 0)
        assert (raised.type, endpoint.requests) == (failure, requests)

    def test_a_call_that_reaches_no_server_is_not_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(CallFailed) as raised:
            AwsServices(Clients(), lambda: NOW).set_desired_count(WEB, 0)
        assert raised.type is CallFailed


class TestBatches:
    def test_batches_keep_the_order_and_have_each_item_once(self) -> None:
        assert in_batches([3, 1, 3, 2, 1], 2) == [[3, 1], [2]]

    def test_parallel_answers_keep_the_order_of_the_items(self) -> None:
        assert in_parallel(lambda number: number * number, range(100)) == [number**2 for number in range(100)]

    def test_at_most_as_many_calls_run_at_once_as_there_are_connections(self) -> None:
        running, most, lock = [0], [0], threading.Lock()

        def call(_: int) -> None:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            threading.Event().wait(0.01)
            with lock:
                running[0] -= 1

        in_parallel(call, range(64))
        assert 1 < most[0] <= PARALLEL_CALLS
