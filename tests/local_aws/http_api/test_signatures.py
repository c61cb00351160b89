"""Routes with ``AWS_IAM``: only an unchanged request that a known access key has signed reaches the function."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine
from botocore.auth import SigV4Auth

from local_aws.client_environment import ACCESS_KEY, SECRETS
from tests.local_aws.deployed import START
from tests.local_aws.http_api.http_apis import HttpApi, http_api, signed
from tests.missing_programs import require

PATH = "/services/web%20one?b=2&a=%2F"
BODY = b'{"hold_minutes": 120}'


@pytest.fixture(scope="module")
def shared_api() -> Iterator[HttpApi]:
    with http_api() as shared_api:
        shared_api.route("PUT /services/{service}", AuthorizationType="AWS_IAM")
        yield shared_api


@pytest.fixture
def api(shared_api: HttpApi) -> HttpApi:
    shared_api.functions.events.clear()
    return shared_api


class WithoutHost(SigV4Auth):
    """A signer that leaves out the host."""

    def headers_to_sign(self, request: Any) -> Any:
        headers = super().headers_to_sign(request)
        del headers["host"]
        return headers


def put(api: HttpApi, headers: dict[str, str], path: str = PATH, body: bytes = BODY) -> httpx.Response:
    return api.send("PUT", path, content=body, headers=headers)


def is_forbidden(api: HttpApi, answer: httpx.Response) -> bool:
    """Return whether the client got AWS's answer, and the function was not invoked."""
    return (answer.status_code, answer.text, api.functions.events) == (403, '{"message":"Forbidden"}', [])


def test_a_signed_request_reaches_the_function_with_its_signer(api: HttpApi) -> None:
    for key, secret in SECRETS.items():
        api.functions.events.clear()
        assert put(api, signed("PUT", api.url + PATH, BODY, key, secret)).status_code == 200
        identity = api.deployed.client("sts").get_caller_identity()
        assert api.event()["requestContext"]["authorizer"] == {
            "iam": {
                "accessKey": key,
                "accountId": identity["Account"],
                "callerId": identity["UserId"],
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": identity["Arn"],
                "userId": identity["UserId"],
            }
        }


def test_the_access_key_that_local_aws_gives_to_clients_is_known(api: HttpApi) -> None:
    handed_out = api.aws.environment
    assert handed_out["AWS_ACCESS_KEY_ID"] == ACCESS_KEY
    key, secret = handed_out["AWS_ACCESS_KEY_ID"], handed_out["AWS_SECRET_ACCESS_KEY"]
    assert put(api, signed("PUT", api.url + PATH, BODY, key, secret)).status_code == 200


def test_curl_signs_as_botocore_does(api: HttpApi) -> None:
    curl = str(require("curl"))
    command = [curl, "-s", "-X", "PUT", "--aws-sigv4", "aws:amz:eu-west-3:execute-api", "--user", "test:test"]
    data = ["-H", "Content-Type: application/json", "--data", BODY.decode(), f"{api.url}/services/web"]
    finished = subprocess.run([*command, "-w", "%{http_code}", *data], capture_output=True, text=True, check=True)
    assert finished.stdout == "200"
    assert json.loads(api.event()["body"]) == json.loads(BODY)


def test_without_a_signature_the_request_is_forbidden(api: HttpApi) -> None:
    assert is_forbidden(api, put(api, {}))
    for authorization in ("Bearer token", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"):
        assert is_forbidden(api, put(api, {"Authorization": authorization}))


@pytest.mark.parametrize(
    "other",
    [
        {"secret": "another"},
        {"key": "AKIASOMEBODYELSE0000"},
        {"service": "lambda"},
        {"region": "eu-west-1"},
        {"later": timedelta(minutes=-6)},
        {"later": timedelta(minutes=20)},
    ],
    ids=["secret", "unknown key", "service", "region", "too old", "too early"],
)
def test_a_signature_by_another_key_or_for_another_service_region_or_time_is_forbidden(
    api: HttpApi, other: Any
) -> None:
    assert is_forbidden(api, put(api, signed("PUT", api.url + PATH, BODY, **other)))


def test_a_request_that_differs_from_the_signed_one_is_forbidden(api: HttpApi) -> None:
    headers = signed("PUT", api.url + PATH, BODY, headers={"X-Tag": "one"})
    assert put(api, headers).status_code == 200
    api.functions.events.clear()
    assert is_forbidden(api, put(api, headers, body=b'{"hold_minutes": 121}'))
    assert is_forbidden(api, put(api, headers, path="/services/web%20two?b=2&a=%2F"))
    assert is_forbidden(api, put(api, headers, path="/services/web%20one?b=3&a=%2F"))
    assert is_forbidden(api, put(api, {**headers, "X-Tag": "two"}))
    assert is_forbidden(api, put(api, {**headers, "Host": "another.example"}))
    assert is_forbidden(api, put(api, {**headers, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}))


def test_unsigned_headers_can_be_added_but_the_host_must_be_signed(api: HttpApi) -> None:
    assert put(api, {**signed("PUT", api.url + PATH, BODY), "X-Added": "1"}).status_code == 200
    api.functions.events.clear()
    headers = signed("PUT", api.url + PATH, BODY, signer=WithoutHost)
    assert "SignedHeaders=x-amz-date," in headers["Authorization"]
    assert is_forbidden(api, put(api, headers))


@pytest.mark.parametrize(
    ("said", "said_instead"),
    [("/execute-api/", "/lambda/"), ("/eu-west-3/", "/eu-west-1/"), ("/aws4_request", "/aws5_request")],
)
def test_a_signature_must_name_its_service_region_and_kind(api: HttpApi, said: str, said_instead: str) -> None:
    headers = signed("PUT", api.url + PATH, BODY)
    assert said in headers["Authorization"]
    assert is_forbidden(
        api, put(api, {**headers, "Authorization": headers["Authorization"].replace(said, said_instead)})
    )


def test_a_client_can_use_the_virtual_clock_or_the_real_one(api: HttpApi) -> None:
    real = datetime.fromtimestamp(time_machine.escape_hatch.time.time(), UTC)
    assert abs(real - START) > timedelta(hours=1)
    for instant in (api.aws.now(), real):
        assert put(api, signed("PUT", api.url + PATH, BODY, instant=instant)).status_code == 200


def test_presigned_urls_are_not_modelled(api: HttpApi) -> None:
    answer = put(api, {}, path="/services/web?X-Amz-Signature=abc")
    assert (answer.status_code, answer.text) == (501, "not modelled: presigned URLs of APIs\n")


def test_a_function_that_calls_an_api_is_not_modelled(api: HttpApi, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"ASIAFUNCTION": "arn:aws:iam::123456789012:role/functions"}
    monkeypatch.setattr(api.aws.functions, "role_of", keys.get)
    answer = put(api, signed("PUT", api.url + PATH, BODY, "ASIAFUNCTION", "local-aws"))
    assert answer.status_code == 501
    assert "functions that call an API" in answer.text
    assert api.functions.events == []
