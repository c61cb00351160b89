"""The checks when an API is set up: it must not have settings that AWS refuses or that have no effect here.

Sources: botocore apigatewayv2 (``CreateApi`` and the others), and the API Gateway Developer Guide, "HTTP API quotas".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.apigatewayv2.models import apigatewayv2_backends

from local_aws.account import ACCOUNT_ID, REGION
from local_aws.api_call import ApiCall, AwsError

from .settings import function_of

SCOPES: Final = 10
"""The most scopes of a route (same page)."""

AUDIENCES: Final = 50
"""The most audiences of an authorizer (same page)."""

LOG_FORMAT_BYTES: Final = 3 * 1024
"""The longest template of an access log (same page)."""

_ROUTE_KEY: Final = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*|\$default")
_UNMODELLED: Final[Mapping[str, tuple[str, ...]]] = {
    "Api": ("CorsConfiguration", "RouteKey", "Target", "DisableExecuteApiEndpoint"),
    "Authorizer": ("AuthorizerUri", "AuthorizerCredentialsArn"),
    "Integration": (
        "IntegrationSubtype",
        "ConnectionId",
        "CredentialsArn",
        "RequestParameters",
        "ResponseParameters",
        "TlsConfig",
    ),
    "Route": ("ApiKeyRequired", "RequestParameters"),
    "Stage": ("RouteSettings", "StageVariables", "ClientCertificateId", "DeploymentId"),
}
"""The settings that change answers on AWS, but have no effect here."""


def check(call: ApiCall) -> None:
    """Refuse a call with settings that would not work on AWS, or not here. Raises ``AwsError``."""
    if call.service != "apigatewayv2":
        return
    kind = call.action.removeprefix("Create").removeprefix("Update")
    if kind == call.action or kind not in _CHECKS:
        return
    for name in _UNMODELLED[kind]:
        if call.parameters.get(name):
            raise AwsError("NotModelled", f"not modelled: {call.name} with {name}")
    _CHECKS[kind](call)


def _check_api(call: ApiCall) -> None:
    protocol = call.parameters.get("ProtocolType", "HTTP")
    if protocol != "HTTP":
        raise AwsError("NotModelled", f"not modelled: apigatewayv2 APIs of protocol type {protocol}")


def _check_authorizer(call: ApiCall) -> None:
    parameters = call.parameters
    kind = parameters.get("AuthorizerType", "JWT")
    if kind != "JWT":
        raise AwsError("NotModelled", f"not modelled: authorizers of type {kind}")
    sources = parameters.get("IdentitySource")
    if sources is not None and (len(sources) != 1 or not sources[0].startswith("$request.header.")):
        raise AwsError("NotModelled", "not modelled: JWT authorizers with another identity source than one header")
    config = parameters.get("JwtConfiguration")
    if call.action == "CreateAuthorizer" and not (sources and config and config.get("Issuer")):
        raise _bad("A JWT authorizer needs an identity source and an issuer.")
    if len((config or {}).get("Audience") or ()) > AUDIENCES:
        raise _bad(f"An authorizer can have at most {AUDIENCES} audiences.")


def _check_integration(call: ApiCall) -> None:
    parameters = call.parameters
    kind = parameters.get("IntegrationType", "AWS_PROXY")
    if kind != "AWS_PROXY":
        raise AwsError("NotModelled", f"not modelled: integrations of type {kind}")
    uri = parameters.get("IntegrationUri")
    if (uri is not None or call.action == "CreateIntegration") and function_of(uri or "") is None:
        raise _bad("Invalid function ARN or invalid uri")
    version = parameters.get("PayloadFormatVersion", None if call.action == "CreateIntegration" else "2.0")
    if version is None:
        raise _bad("PayloadFormatVersion is a required parameter for integration type AWS_PROXY")
    if version != "2.0":
        raise AwsError("NotModelled", f"not modelled: payload format version {version}")


def _check_route(call: ApiCall) -> None:
    parameters = call.parameters
    key = parameters.get("RouteKey")
    if key is not None and not _ROUTE_KEY.fullmatch(key):
        raise _bad(
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    api = apigatewayv2_backends[ACCOUNT_ID][REGION].apis.get(parameters["ApiId"])
    if api is None:
        return
    others = {route.route_key for route in api.routes.values() if route.route_id != parameters.get("RouteId")}
    if key in others:
        raise AwsError("ConflictException", f"Route with key {key} already exists for this API", 409)
    _check_authorization(parameters, api)


def _check_authorization(parameters: Mapping[str, Any], api: Any) -> None:
    kind = parameters.get("AuthorizationType")
    if kind not in (None, "NONE", "AWS_IAM", "JWT"):
        raise AwsError("NotModelled", f"not modelled: routes with authorization type {kind}")
    if kind == "JWT" and parameters.get("AuthorizerId") not in api.authorizers:
        raise _bad(
            "Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid JWT authorizer."
        )
    scopes = parameters.get("AuthorizationScopes") or ()
    if scopes and kind not in (None, "JWT"):
        raise _bad(
            "Invalid Route authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS "
            "and JWT authorization types"
        )
    if len(scopes) > SCOPES:
        raise _bad(f"A route can have at most {SCOPES} scopes.")


def _check_stage(call: ApiCall) -> None:
    parameters = call.parameters
    if not parameters.get("AutoDeploy", call.action == "UpdateStage"):
        raise AwsError("NotModelled", "not modelled: stages without AutoDeploy")
    log = parameters.get("AccessLogSettings")
    if not log:
        return
    if ":log-group:" not in (log.get("DestinationArn") or ""):
        raise AwsError("NotModelled", "not modelled: access logs to anything but a log group")
    template = log.get("Format") or ""
    if not template or "\n" in template:
        raise _bad("The access log format must be one line of text.")
    if len(template.encode()) > LOG_FORMAT_BYTES:
        raise _bad(f"The access log format can have at most {LOG_FORMAT_BYTES} bytes.")


def _bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


_CHECKS: Final[Mapping[str, Callable[[ApiCall], None]]] = {
    "Api": _check_api,
    "Authorizer": _check_authorizer,
    "Integration": _check_integration,
    "Route": _check_route,
    "Stage": _check_stage,
}
