"""An HTTP API in front of functions that really run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local_aws import LocalAws
from tests.local_aws.deployed import START, zipped
from tests.local_aws.http_api.http_apis import HttpApi

SLEEPS = """
    import json, time

    def handler(event, context):
        seconds = int(event["queryStringParameters"]["seconds"])
        time.sleep(seconds)
        return {"statusCode": 200, "body": json.dumps([event["version"], seconds])}
"""


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with LocalAws(seed=7, start=START) as aws:
        api = HttpApi(aws)
        api.deployed.lambda_.update_function_code(FunctionName="api", ZipFile=zipped(SLEEPS))
        api.deployed.lambda_.update_function_configuration(FunctionName="api", Timeout=60)
        api.routes("GET /")
        yield api


def test_the_client_gets_the_answer_of_the_function(api: HttpApi) -> None:
    answer = api.get("/?seconds=0")
    assert (answer.status_code, json.loads(answer.text)) == (200, ["2.0", 0])


def test_an_api_waits_half_a_minute_of_virtual_time_and_no_longer(api: HttpApi) -> None:
    assert api.get("/?seconds=29").status_code == 200
    late = api.get("/?seconds=31")
    assert (late.status_code, late.text) == (503, '{"message":"Service Unavailable"}')


def test_an_integration_can_wait_for_less_time(api: HttpApi) -> None:
    def wait(milliseconds: int) -> None:
        api.gateway.update_integration(ApiId=api.id, IntegrationId=api.integration, TimeoutInMillis=milliseconds)

    wait(5_000)
    assert [api.get(f"/?seconds={seconds}").status_code for seconds in (4, 6)] == [200, 503]
    wait(30_000)


def test_a_function_that_fails_or_times_out_is_an_internal_server_error(api: HttpApi) -> None:
    assert api.get("/?seconds=many").status_code == 500
    api.deployed.lambda_.update_function_configuration(FunctionName="api", Timeout=3)
    began = api.aws.now()
    late = api.get("/?seconds=20")
    assert (late.status_code, late.text) == (500, '{"message":"Internal Server Error"}')
    assert api.aws.now() - began == timedelta(seconds=3)


def test_a_function_without_concurrency_makes_the_service_unavailable(api: HttpApi) -> None:
    api.deployed.lambda_.put_function_concurrency(FunctionName="api", ReservedConcurrentExecutions=0)
    answer = api.get("/?seconds=0")
    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')
