"""An HTTP API on a LocalAws whose functions return what the test sets, and clients that sign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.apigatewayv2.models import apigatewayv2_backends

from local_aws import LocalAws
from tests.local_aws.account import Functions
from tests.local_aws.deployed import START, Deployed

REGION = "eu-west-3"
ACCOUNT = "123456789012"
LOG_GROUP = "/aws/apigateway/control"


class HttpApi:
    """One API whose routes all lead to one function, which API Gateway is allowed to invoke for each of them.

    ``functions``: the replacement for Lambda, if ``http_api`` made the API.
    """

    def __init__(self, aws: LocalAws, **stage: Any) -> None:
        self.aws = aws
        self.functions = Functions()
        self.deployed = Deployed(aws)
        self.gateway = self.deployed.client("apigatewayv2")
        self.logs = self.deployed.client("logs")
        self.function = self.deployed.deploy("", name="api")
        self.id: str = self.gateway.create_api(Name="control", ProtocolType="HTTP")["ApiId"]
        self.integration: str = self.gateway.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=self.function, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        self.gateway.create_stage(ApiId=self.id, **{"StageName": "$default", "AutoDeploy": True, **stage})
        self.permit(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}/*")

    @property
    def url(self) -> str:
        return self.aws.http_api_url(self.id)

    @property
    def domain(self) -> str:
        return f"{self.id}.execute-api.{REGION}.amazonaws.com"

    def permit(self, source_arn: str) -> None:
        """Allow only sources with this pattern to invoke the function."""
        client = self.deployed.lambda_
        if "Policy" in _policy(client):
            client.remove_permission(FunctionName="api", StatementId="api")
        client.add_permission(
            FunctionName="api",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source_arn,
        )

    def route(self, key: str, **settings: Any) -> str:
        """Create a route, by default without authorization; return its id."""
        target = f"integrations/{self.integration}"
        route: str = self.gateway.create_route(ApiId=self.id, RouteKey=key, **{"Target": target, **settings})["RouteId"]
        return route

    def routes(self, *keys: str) -> None:
        for key in keys:
            self.route(key)

    def change(self, key: str, **settings: Any) -> None:
        """Change a route's settings."""
        [route] = [one for one in apigatewayv2_backends[ACCOUNT][REGION].get_routes(self.id) if one.route_key == key]
        self.gateway.update_route(ApiId=self.id, RouteId=route.route_id, **settings)

    def authorizer(self, issuer: str, audience: str = "control") -> str:
        """Create a JWT authorizer that reads ``Authorization``; return its id."""
        created: str = self.gateway.create_authorizer(
            ApiId=self.id,
            Name="tokens",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
        )["AuthorizerId"]
        return created

    def send(self, method: str, path: str, **settings: Any) -> httpx.Response:
        # There is no TLS, and loading certificates takes longer than everything else.
        return httpx.request(method, self.url + path, timeout=10, verify=False, **settings)

    def get(self, path: str = "/", **settings: Any) -> httpx.Response:
        return self.send("GET", path, **settings)

    def event(self) -> dict[str, Any]:
        """Return the event of the function's only invocation."""
        [event] = self.functions.events
        assert isinstance(event, dict)
        return event

    def logged(self) -> list[str]:
        """Return the lines of the access log."""
        events = self.logs.filter_log_events(logGroupName=LOG_GROUP)["events"]
        return [event["message"] for event in events]


def signed(
    method: str, url: str, body: bytes = b"", key: str = "test", secret: str = "test", **other: Any
) -> dict[str, str]:
    """Return the headers of a request signed by botocore.

    ``other``: ``service``, ``region``, ``headers``, ``signer`` (the class that signs), ``instant`` (the signature's
    time, by default the real one), and ``later`` (what is added to it).
    """
    request = AWSRequest(method, url, data=body, headers=other.get("headers", {}))
    signer = other.get("signer", SigV4Auth)(
        Credentials(key, secret), other.get("service", "execute-api"), other.get("region", REGION)
    )
    instant = other.get("instant", datetime.now(UTC)) + other.get("later", timedelta(0))
    request.context["timestamp"] = instant.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    authorization = f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    return {**dict(request.headers.items()), "Authorization": authorization}


def refusal(api: HttpApi, answer: httpx.Response) -> str:
    """Check that a token was refused and the function not invoked, and return AWS's reason."""
    assert (answer.status_code, answer.text, api.functions.events) == (401, '{"message":"Unauthorized"}', [])
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer scope="" error="invalid_token" error_description="')
    return challenge.split('"')[-2]


@contextmanager
def http_api(**stage: Any) -> Iterator[HttpApi]:
    """Create an API without routes. ``stage``: settings of its stage, with the names of CreateStage."""
    with LocalAws(seed=7, start=START) as aws:
        api = HttpApi(aws, **stage)
        aws.functions.invoke = api.functions.invoke  # type: ignore[method-assign,assignment]
        yield api


def _policy(client: Any) -> Any:
    try:
        return client.get_policy(FunctionName="api")
    except client.exceptions.ResourceNotFoundException:
        return {}
