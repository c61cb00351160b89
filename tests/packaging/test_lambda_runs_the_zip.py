"""The committed zip runs under AWS's own emulator and Python 3.13, as on AWS Lambda."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from scripts.build_zip import ZIP

from .emulated_function import EmulatedFunction, emulated_function
from .interpreters import require_interpreter
from .lambda_runtime import EMULATOR, PYTHON

CLUSTER, SERVICE, TABLE, NAMESPACE = (
    "city-guided-cluster",
    "city-guided-service",
    "staging-scale-to-zero",
    "CityGuided/ECS",
)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-west-3",
    "AWS_DEFAULT_REGION": "eu-west-3",
}
CONFIG: dict[str, Any] = {
    "key": "web",
    "cluster_name": CLUSTER,
    "service_name": SERVICE,
    "load_balancer_arn": None,
    "target_group_arns": [],
    "mode": "act",
    "idle_minutes": 5,
    "awake_count": None,
    "ignore_other_traffic": False,
    "wake_deadline_seconds": None,
}

Run = Callable[[str], EmulatedFunction]


class Account:
    """An AWS account in which one service sleeps."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._session = boto3.Session("testing", "testing", region_name="eu-west-3")
        ecs, dynamodb = self.client("ecs"), self.client("dynamodb")
        ecs.create_cluster(clusterName=CLUSTER)
        ecs.register_task_definition(family="app", containerDefinitions=[{"name": "app", "image": "a", "memory": 512}])
        ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, taskDefinition="app", desiredCount=0)
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "config#web"}, "config": {"S": json.dumps(CONFIG)}})

    def client(self, name: Any) -> Any:
        return self._session.client(name, endpoint_url=self.endpoint_url)

    def desired_count(self) -> int:
        (service,) = self.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        return int(service["desiredCount"])

    def service_state(self) -> dict[str, Any]:
        key = {"id": {"S": f"state#{CLUSTER}/{SERVICE}"}}
        return dict(self.client("dynamodb").get_item(TableName=TABLE, Key=key).get("Item", {}))

    def published(self) -> set[str]:
        metrics = self.client("cloudwatch").list_metrics(Namespace=NAMESPACE)["Metrics"]
        return {metric["MetricName"] for metric in metrics}


@pytest.fixture
def account() -> Iterator[Account]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint_url = f"http://{host}:{port}"
        requests.post(f"{endpoint_url}/moto-api/reset", timeout=30).raise_for_status()
        yield Account(endpoint_url)
    finally:
        server.stop()


@pytest.fixture
def run(account: Account, tmp_path: Path) -> Iterator[Run]:
    """Return a function that runs a handler of the committed zip until the test is over."""
    python = require_interpreter(PYTHON)
    if sys.platform != "linux" or platform.machine() not in EMULATOR:
        pytest.skip("AWS's Runtime Interface Emulator runs on Linux only")
    code = tmp_path / "task"
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(code)
    variables = CREDENTIALS | {
        "AWS_ENDPOINT_URL": account.endpoint_url,
        "TABLE_NAME": TABLE,
        "METRIC_NAMESPACE": NAMESPACE,
        "SCALE_UP_FUNCTION": "scale-up",
        "STATE_METRICS": "every_tick",
        "INSTANCE_NAME": "staging",
        "SCALE_TO_ZERO_FUNCTION": "staging-scale-to-zero",
        "LONGEST_HOLD_MINUTES": "10080",
        "MESSAGE_LANGUAGE": "en",
    }
    with ExitStack() as running:

        def start(handler: str) -> EmulatedFunction:
            output = tmp_path / f"{handler}.log"
            return running.enter_context(emulated_function(python, code, handler, variables, output))

        yield start


def test_an_empty_payload_wakes_every_service(run: Run, account: Account) -> None:
    answer = run("scale_to_zero.handlers.scale_up").invoke({})
    assert set(answer) == {"services"}
    assert set(answer["services"]["web"]) == {"phase", "desired", "running", "since", "hold", "trouble", "message"}
    assert answer["services"]["web"]["phase"] == "waking"
    assert answer["services"]["web"]["desired"] == 1
    assert account.desired_count() == 1
    assert account.service_state()["phase"] == {"S": "waking"}


def test_a_hold_is_saved(run: Run, account: Account) -> None:
    answer = run("scale_to_zero.handlers.scale_up").invoke({"service": "web", "hold_minutes": 30, "reason": "démo"})
    assert answer["services"]["web"]["hold"]["reason"] == "démo"
    assert account.service_state()["hold"]["M"]["reason"] == {"S": "démo"}


def test_the_scale_to_zero_function_refuses_to_put_an_unknown_service_to_sleep(run: Run) -> None:
    answer = run("scale_to_zero.handlers.scale_to_zero").invoke({"service": "shop", "action": "sleep"})
    assert answer["errorType"] == "PayloadRefused"


def test_the_api_lists_the_services(run: Run) -> None:
    http = {"method": "GET", "path": "/services"}
    event = {"version": "2.0", "routeKey": "GET /services", "rawPath": "/services", "requestContext": {"http": http}}
    answer = run("scale_to_zero.handlers.api").invoke(event)
    assert answer["statusCode"] == 200
    assert [one["service"] for one in json.loads(answer["body"])["services"]] == ["web"]


def test_the_control_panel_is_drawn_with_buttons_that_call_the_function_itself(run: Run) -> None:
    answer: object = run("scale_to_zero.handlers.panel").invoke({"widgetContext": {"theme": "dark"}})
    assert isinstance(answer, str)
    assert "web" in answer
    assert 'endpoint="arn:aws:lambda:' in answer


def test_a_tick_manages_the_service_and_reports_what_it_observed(run: Run, account: Account) -> None:
    function = run("scale_to_zero.handlers.scale_to_zero")
    assert function.invoke({"source": "aws.events"}) is None
    assert account.published() == {"ServiceStatus", "ServiceDesiredCount"}
    assert account.desired_count() == 0
    assert account.service_state()["phase"] == {"S": "asleep"}
    (summary,) = [line for line in function.log_lines() if line.get("services") == 1]
    assert summary["level"] == "INFO"
    assert summary["faults"] == 0


def test_a_second_tick_in_the_same_execution_environment_changes_nothing(run: Run, account: Account) -> None:
    function = run("scale_to_zero.handlers.scale_to_zero")
    function.invoke({})
    before = account.service_state()
    assert function.invoke({}) is None
    assert account.service_state() == before


def test_a_wrong_payload_is_refused_in_lambdas_own_form_and_changes_nothing(run: Run, account: Account) -> None:
    answer = run("scale_to_zero.handlers.scale_up").invoke({"servce": "web"})
    assert answer["errorType"] == "PayloadRefused"
    assert "servce" in answer["errorMessage"]
    assert account.desired_count() == 0
    assert account.service_state() == {}


def test_a_tick_that_cannot_read_the_table_ends_with_an_error(run: Run, account: Account) -> None:
    account.client("dynamodb").delete_table(TableName=TABLE)
    answer = run("scale_to_zero.handlers.scale_to_zero").invoke({})
    assert answer["errorType"] == "CallRefused"
    assert answer["errorMessage"].startswith(f"dynamodb:Scan of table {TABLE} failed: ResourceNotFoundException")
