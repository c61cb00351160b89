"""The present settings of an API, read from moto."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from moto.apigatewayv2.models import apigatewayv2_backends

from local_aws.account import ACCOUNT_ID, REGION

DEFAULT_RATE: Final = 10_000.0
"""The most requests per second of an account, unless AWS raised it (API Gateway Developer Guide, "Quotas")."""

DEFAULT_BURST: Final = 5_000
"""The most requests at once (same page, in its earlier form)."""

LONGEST_TIMEOUT: Final = timedelta(seconds=30)
"""How long an API waits for a function, unless its integration sets less (same guide, "HTTP API quotas")."""

_FUNCTION: Final = re.compile(r"(?:.+:lambda:path/2015-03-31/functions/)?(arn:aws:lambda:[^/]+?)(?:/invocations)?")


@dataclass(frozen=True)
class JwtAuthorizer:
    """The issuer of the tokens, their audience, and the header that holds them."""

    issuer: str
    audience: tuple[str, ...]
    header: str


@dataclass(frozen=True)
class Integration:
    """The function that answers, and how long it may take."""

    function_arn: str
    timeout: timedelta


@dataclass(frozen=True)
class Route:
    """A route. ``authorization``: ``NONE``, ``AWS_IAM`` or ``JWT``. ``scopes``: if any, the token must have one."""

    key: str
    authorization: str
    scopes: tuple[str, ...]
    authorizer: JwtAuthorizer | None
    integration: Integration | None


@dataclass(frozen=True)
class Stage:
    """A stage. ``burst``, ``rate``: the most requests of a route at once, per second. ``log_group``: for the log."""

    name: str
    burst: int
    rate: float
    log_group: str | None
    log_format: str


@dataclass(frozen=True)
class Api:
    """One HTTP API: its routes by their keys, its stages by their names."""

    id: str
    routes: Mapping[str, Route]
    stages: Mapping[str, Stage]

    @property
    def domain(self) -> str:
        """The host in the ``api_endpoint`` of AWS."""
        return f"{self.id}.execute-api.{REGION}.amazonaws.com"


def ids() -> set[str]:
    """Return the ids of all APIs. The caller holds the lock that guards moto."""
    return set(apigatewayv2_backends[ACCOUNT_ID][REGION].apis)


def read(api_id: str) -> Api | None:
    """Read the API as it is now, ``None`` if it is gone. The caller holds the lock that guards moto."""
    api = apigatewayv2_backends[ACCOUNT_ID][REGION].apis.get(api_id)
    if api is None:
        return None
    routes = {route.route_key: _route(api, route) for route in api.routes.values()}
    return Api(api_id, routes, {name: _stage(stage) for name, stage in api.stages.items()})


def function_of(integration_uri: str) -> str | None:
    """Return the ARN of the function that an integration's URI names, ``None`` if it names no function.

    The URI is the function's ARN or its invoke ARN.
    """
    named = _FUNCTION.fullmatch(integration_uri)
    return named[1] if named else None


def _route(api: Any, route: Any) -> Route:
    integration = api.integrations.get((route.target or "").removeprefix("integrations/"))
    authorizer = api.authorizers.get(route.authorizer_id) if route.authorizer_id else None
    return Route(
        route.route_key,
        route.authorization_type or "NONE",
        tuple(route.authorization_scopes or ()),
        _authorizer(authorizer) if authorizer is not None else None,
        _integration(integration) if integration is not None else None,
    )


def _authorizer(authorizer: Any) -> JwtAuthorizer:
    config = authorizer.jwt_config or {}
    [source] = authorizer.identity_source
    return JwtAuthorizer(
        config.get("issuer") or "", tuple(config.get("audience") or ()), source.removeprefix("$request.header.")
    )


def _integration(integration: Any) -> Integration:
    timeout = timedelta(milliseconds=int(integration.timeout_in_millis or 0)) or LONGEST_TIMEOUT
    return Integration(function_of(integration.integration_uri) or "", timeout)


def _stage(stage: Any) -> Stage:
    throttling = stage.default_route_settings or {}
    log = stage.access_log_settings or {}
    destination: str = log.get("destinationArn") or ""
    return Stage(
        stage.name,
        int(throttling.get("throttlingBurstLimit", DEFAULT_BURST)),
        float(throttling.get("throttlingRateLimit", DEFAULT_RATE)),
        destination.removesuffix(":*").partition(":log-group:")[2] or None,
        log.get("format") or "",
    )
