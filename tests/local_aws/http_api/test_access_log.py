"""The access log of an HTTP API: one line for each request, in the format of its stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.api_call import AwsError
from local_aws.http_api.access_log import line
from tests.local_aws.http_api.http_apis import ACCOUNT, LOG_GROUP, REGION, HttpApi, http_api, signed
from tests.local_aws.http_api.issuer import bearing, claims, issuing

FIELDS = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "routeKey": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "protocol": "$context.protocol",
    "responseLength": "$context.responseLength",
    "error": "$context.error.message",
    "integrationErrorMessage": "$context.integrationErrorMessage",
    "integrationStatus": "$context.integrationStatus",
    "authorizerError": "$context.authorizer.error",
    "sub": "$context.authorizer.claims.sub",
    "userArn": "$context.identity.userArn",
    "unknown": "$context.nothing.of.the.kind",
}


@pytest.fixture(scope="module")
def shared_api() -> Iterator[HttpApi]:
    destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOG_GROUP}"
    with http_api(AccessLogSettings={"DestinationArn": destination, "Format": json.dumps(FIELDS)}) as shared_api:
        shared_api.logs.create_log_group(logGroupName=LOG_GROUP)
        shared_api.routes("GET /services/{service}", "GET /signed", "GET /token")
        yield shared_api


@pytest.fixture
def api(shared_api: HttpApi) -> HttpApi:
    shared_api.functions.returned = {"statusCode": 200}
    shared_api.permit(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{shared_api.id}/*")
    return shared_api


def last(api: HttpApi) -> Any:
    """Return the fields of the newest line."""
    return json.loads(api.logged()[-1])


def test_a_request_is_one_line_with_all_its_known_values(api: HttpApi) -> None:
    before = len(api.logged())
    api.functions.returned = {"statusCode": 202, "body": "né"}
    answer = api.get("/services/web?secret=1", headers={"Authorization": "secret", "Cookie": "secret"})
    assert len(api.logged()) == before + 1
    assert last(api) == {
        "requestId": answer.headers["Apigw-Requestid"],
        "ip": "127.0.0.1",
        "requestTime": "05/Jan/2026:08:00:00 +0000",
        "httpMethod": "GET",
        "routeKey": "GET /services/{service}",
        "path": "/services/web",
        "status": "202",
        "protocol": "HTTP/1.1",
        "responseLength": "3",
        "error": "-",
        "integrationErrorMessage": "-",
        "integrationStatus": "200",
        "authorizerError": "-",
        "sub": "-",
        "userArn": "-",
        "unknown": "-",
    }


def test_a_request_that_reached_no_function_has_a_line_too(api: HttpApi) -> None:
    api.get("/elsewhere")
    assert last(api)["routeKey"] == "-"
    assert (last(api)["status"], last(api)["error"], last(api)["integrationStatus"]) == ("404", "Not Found", "-")
    api.send("GET", "/services/web", content=b"x" * (10 * 1024 * 1024 + 1))
    assert (last(api)["status"], last(api)["error"]) == ("413", "Request Entity Too Large")


def test_a_request_that_the_function_did_not_answer_is_logged_with_the_reason(api: HttpApi) -> None:
    api.functions.returned = AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
    api.get("/services/web")
    assert (last(api)["status"], last(api)["integrationErrorMessage"]) == ("503", "Rate Exceeded.")
    assert last(api)["error"] == "Service Unavailable"
    api.functions.returned = {"statusCode": "200"}
    api.get("/services/web")
    assert (last(api)["status"], last(api)["integrationStatus"]) == ("500", "200")
    assert "statusCode" in last(api)["integrationErrorMessage"]


def test_a_missing_permission_is_logged_in_the_words_of_aws(api: HttpApi) -> None:
    api.permit(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:another/*")
    api.get("/services/web")
    assert last(api)["integrationErrorMessage"].startswith("The IAM role configured on the integration or API Gateway")


def test_the_signer_is_logged_and_the_reason_of_a_refusal(api: HttpApi) -> None:
    api.change("GET /signed", AuthorizationType="AWS_IAM")
    api.get("/signed")
    assert (last(api)["status"], last(api)["userArn"]) == ("403", "-")
    assert "not signed" in last(api)["authorizerError"]
    api.get("/signed", headers=signed("GET", f"{api.url}/signed"))
    assert last(api)["userArn"] == api.deployed.client("sts").get_caller_identity()["Arn"]


def test_the_claims_of_a_token_are_logged_and_the_token_is_not(api: HttpApi) -> None:
    with issuing() as issuer:
        api.change("GET /token", AuthorizationType="JWT", AuthorizerId=api.authorizer(issuer.url))
        token = issuer.sign(claims(issuer, sub="ci"))
        assert api.get("/token", headers=bearing(token)).status_code == 200
    assert last(api)["sub"] == "ci"
    assert token not in api.logged()[-1]


def test_without_settings_or_without_the_log_group_nothing_is_logged(api: HttpApi) -> None:
    logs = api.logs
    logs.delete_log_group(logGroupName=LOG_GROUP)
    assert api.get("/services/web").status_code == 200
    assert logs.describe_log_groups()["logGroups"] == []
    logs.create_log_group(logGroupName=LOG_GROUP)
    api.gateway.update_stage(ApiId=api.id, StageName="$default", AccessLogSettings={})
    assert api.get("/services/web").status_code == 200
    assert api.logged() == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$context.status", "200"),
        ("[$context.status] $context.other.", "[200] -."),
        ("$context.statusCode", "-"),
        ("$context", "$context"),
        ("$status", "$status"),
        ("$context.empty", "-"),
        ('"$context.authorizer.claims.cognito:username"', '"ci"'),
    ],
)
def test_a_variable_is_replaced_as_a_whole_and_one_without_a_value_by_a_dash(template: str, text: str) -> None:
    known = {"status": "200", "empty": "", "authorizer.claims.cognito:username": "ci"}
    assert line(template, known) == text
