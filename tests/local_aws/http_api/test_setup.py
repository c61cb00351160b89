"""Which APIs can be set up, and where they listen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.local_aws.http_api.http_apis import ACCOUNT, REGION, HttpApi, http_api

LOG_GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:control"
INVOKE_ARN = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:api/invocations"
)


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with http_api() as created:
        created.routes("GET /")
        yield created


def refused(api: HttpApi, action: str, **parameters: Any) -> str:
    """Return the message of the error."""
    with pytest.raises(ClientError) as raised:
        getattr(api.gateway, action)(**parameters)
    return str(raised.value)


# Where APIs listen


def test_an_api_listens_as_long_as_it_exists() -> None:
    with http_api() as api:
        api.routes("GET /")
        url = api.url
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(url).status_code == 200
        api.gateway.delete_api(ApiId=api.id)
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        with pytest.raises(LookupError, match="There is no HTTP API"):
            api.aws.http_api_url(api.id)


def test_an_api_stops_listening_when_local_aws_ends() -> None:
    with http_api() as api:
        url = api.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_an_api_is_found_by_its_id_and_by_its_endpoint_on_aws(api: HttpApi) -> None:
    endpoint = api.gateway.get_api(ApiId=api.id)["ApiEndpoint"]
    assert endpoint == f"https://{api.domain}"
    assert api.aws.http_api_url(endpoint) == api.aws.http_api_url(api.id)


def test_every_api_has_its_own_endpoint(api: HttpApi) -> None:
    other = api.gateway.create_api(Name="other", ProtocolType="HTTP")["ApiId"]
    assert httpx.get(api.aws.http_api_url(other)).status_code == 404
    assert api.get().status_code == 200


def test_an_integration_can_name_a_function_by_its_invoke_arn(api: HttpApi) -> None:
    api.gateway.update_integration(ApiId=api.id, IntegrationId=api.integration, IntegrationUri=INVOKE_ARN)
    assert api.get().status_code == 200


# Refused settings


@pytest.mark.parametrize(
    ("action", "parameters", "what"),
    [
        ("create_api", {"Name": "a", "ProtocolType": "WEBSOCKET"}, "WEBSOCKET"),
        ("create_api", {"Name": "a", "ProtocolType": "HTTP", "CorsConfiguration": {"MaxAge": 1}}, "CorsConfiguration"),
        ("create_route", {"RouteKey": "GET /a", "AuthorizationType": "CUSTOM"}, "CUSTOM"),
        ("create_authorizer", {"Name": "a", "AuthorizerType": "REQUEST", "IdentitySource": ["a"]}, "REQUEST"),
        (
            "create_authorizer",
            {"Name": "a", "AuthorizerType": "JWT", "IdentitySource": ["$request.querystring.token"]},
            "identity source",
        ),
        ("create_integration", {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://a.example"}, "HTTP_PROXY"),
        (
            "create_integration",
            {"IntegrationType": "AWS_PROXY", "IntegrationUri": INVOKE_ARN, "PayloadFormatVersion": "1.0"},
            "payload format version 1.0",
        ),
        ("create_stage", {"StageName": "a"}, "AutoDeploy"),
        ("create_stage", {"StageName": "a", "AutoDeploy": True, "StageVariables": {"a": "b"}}, "StageVariables"),
        ("update_stage", {"StageName": "$default", "RouteSettings": {"GET /": {}}}, "RouteSettings"),
        (
            "update_stage",
            {"StageName": "$default", "AccessLogSettings": {"DestinationArn": "arn:aws:firehose:::a", "Format": "a"}},
            "log group",
        ),
        ("get_apis", {}, "apigatewayv2.GetApis"),
    ],
)
def test_settings_without_effect_here_are_refused_as_not_modelled(
    api: HttpApi, action: str, parameters: dict[str, Any], what: str
) -> None:
    of_the_api = {} if action in ("create_api", "get_apis") else {"ApiId": api.id}
    message = refused(api, action, **of_the_api, **parameters)
    assert "not modelled" in message
    assert what in message


@pytest.mark.parametrize(
    ("action", "parameters", "what"),
    [
        ("create_route", {"RouteKey": "FETCH /a"}, "not formatted properly"),
        ("create_route", {"RouteKey": "GET a"}, "not formatted properly"),
        ("create_route", {"RouteKey": "GET /"}, "Route with key GET / already exists"),
        ("create_route", {"RouteKey": "GET /a", "AuthorizationType": "JWT"}, "Invalid authorizer ID"),
        (
            "create_route",
            {"RouteKey": "GET /a", "AuthorizationType": "AWS_IAM", "AuthorizationScopes": ["a"]},
            "Authorization Scopes are only valid",
        ),
        ("create_route", {"RouteKey": "GET /a", "AuthorizationScopes": [str(n) for n in range(11)]}, "10 scopes"),
        (
            "create_authorizer",
            {"Name": "a", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.A"]},
            "issuer",
        ),
        (
            "create_authorizer",
            {
                "Name": "a",
                "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.A"],
                "JwtConfiguration": {"Issuer": "https://a.example", "Audience": [str(n) for n in range(51)]},
            },
            "50 audiences",
        ),
        (
            "create_integration",
            {"IntegrationType": "AWS_PROXY", "IntegrationUri": "a", "PayloadFormatVersion": "2.0"},
            "Invalid function ARN",
        ),
        ("create_integration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": INVOKE_ARN}, "PayloadFormatVersion"),
        (
            "update_stage",
            {"StageName": "$default", "AccessLogSettings": {"DestinationArn": LOG_GROUP_ARN, "Format": "a\nb"}},
            "one line",
        ),
        (
            "update_stage",
            {"StageName": "$default", "AccessLogSettings": {"DestinationArn": LOG_GROUP_ARN, "Format": "a" * 3073}},
            "3072 bytes",
        ),
    ],
)
def test_settings_that_aws_refuses_are_refused(
    api: HttpApi, action: str, parameters: dict[str, Any], what: str
) -> None:
    assert what in refused(api, action, ApiId=api.id, **parameters)


def test_an_update_of_a_route_can_keep_its_key(api: HttpApi) -> None:
    route = api.route("GET /kept")
    api.gateway.update_route(ApiId=api.id, RouteId=route, RouteKey="GET /kept", OperationName="kept")
    assert "already exists" in refused(api, "update_route", ApiId=api.id, RouteId=route, RouteKey="GET /")
