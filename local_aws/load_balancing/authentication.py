"""Actions that require visitors to sign in: a visitor without a session is redirected to sign in.

The sign-in itself is not modelled: a visitor that sends a session cookie with any value counts as signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.http import parse_cookie

from .answers import Answer, found, own
from .requests import HttpRequest

_CONFIGS: Final = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
}


def is_authentication(action: Mapping[str, Any]) -> bool:
    """Return whether an action requires visitors to sign in."""
    return action["Type"] in _CONFIGS


def authenticate(action: Mapping[str, Any], request: HttpRequest, state: str) -> Answer | None:
    """Make the answer to a visitor without a session, ``None`` if the rule's next action follows.

    ``state``: what the identity provider must send back with the visitor.
    """
    config = action[_CONFIGS[action["Type"]]]
    cookie = config.get("SessionCookieName") or "AWSELBAuthSessionCookie"
    unauthenticated = config.get("OnUnauthenticatedRequest") or "authenticate"
    if unauthenticated == "allow" or any(name.startswith(cookie) for name in _cookies(request)):
        return None
    if unauthenticated == "deny":
        return own(401)
    query = {
        "client_id": config.get("ClientId") or config.get("UserPoolClientId"),
        "redirect_uri": f"https://{request.host}/oauth2/idpresponse",
        "response_type": "code",
        "scope": config.get("Scope") or "openid",
        "state": state,
        **(config.get("AuthenticationRequestExtraParams") or {}),
    }
    return found(f"{_endpoint(config)}?{urlencode(query)}")


def _cookies(request: HttpRequest) -> list[str]:
    return [name for header in request.values("Cookie") for name in parse_cookie(header)]


def _endpoint(config: Mapping[str, Any]) -> str:
    if "AuthorizationEndpoint" in config:
        return str(config["AuthorizationEndpoint"])
    domain: str = config["UserPoolDomain"]
    if "." not in domain:
        region = config["UserPoolArn"].split(":")[3]
        domain = f"{domain}.auth.{region}.amazoncognito.com"
    return f"https://{domain}/oauth2/authorize"
