"""An HTTP API answers as Terraform declared it, and Terraform reads it back as it declared it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local_aws import LocalAws
from tests.local_aws.deployed import Deployed
from tests.local_aws.http_api.http_apis import signed
from tests.local_aws.http_api.issuer import Issuer, bearing, claims, issuing
from tests.module.applied import START, Applied, applying, client

WHO = """
    import json

    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps([event["routeKey"], *event["requestContext"]["authorizer"]])}
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def applied() -> Iterator[Applied]:
    with LocalAws(seed=1, start=START) as aws, applying(aws, "tests/module/http_api") as applied:
        Deployed(aws).deploy(WHO, name="api")
        yield applied


def settings(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    """Return the module's variables."""
    return {"api": {"function_name": "api", "issuer": issuer.url, "burst": 5, "scopes": ["wake"], **changed}}


def test_an_applied_api_answers_and_a_second_plan_is_empty(applied: Applied, issuer: Issuer) -> None:
    applied.apply(**settings(issuer))
    assert applied.planned_changes(**settings(issuer)) == []
    url = applied.aws.http_api_url(applied.outputs()["api_endpoint"])
    assert httpx.get(f"{url}/services/web").status_code == 403
    answer = httpx.get(f"{url}/services/web", headers=signed("GET", f"{url}/services/web"))
    assert json.loads(answer.text) == ["GET /services/{service}", "iam"]
    wake = f"{url}/services/web/wake"
    assert httpx.post(wake, headers=bearing(issuer.sign(claims(issuer)))).status_code == 403
    answer = httpx.post(wake, headers=bearing(issuer.sign(claims(issuer, scope="wake"))))
    assert json.loads(answer.text) == ["POST /services/{service}/wake", "jwt"]
    logs = client(applied.aws, "logs")
    lines = [event["message"] for event in logs.filter_log_events(logGroupName="/aws/apigateway/control")["events"]]
    assert [line.rpartition(" ")[2] for line in lines] == ["403", "200", "403", "200"]


@pytest.mark.parametrize("changed", [{"burst": 6, "version": "2", "scopes": ["sleep"]}, {"scopes": []}])
def test_a_change_is_applied_and_the_next_plan_is_empty(
    applied: Applied, issuer: Issuer, changed: dict[str, Any]
) -> None:
    assert applied.planned_changes(**settings(issuer, **changed)) != []
    applied.apply(**settings(issuer, **changed))
    assert applied.planned_changes(**settings(issuer, **changed)) == []


def test_destroying_leaves_no_endpoint(applied: Applied, issuer: Issuer) -> None:
    endpoint = applied.outputs()["api_endpoint"]
    applied.destroy(**settings(issuer))
    with pytest.raises(LookupError):
        applied.aws.http_api_url(endpoint)
