"""Whether a JSON Web Token is valid for a route (API Gateway Developer Guide, "Control access to HTTP APIs with JWT
authorizers"). Errors have AWS's words if these are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import jwt
from jwt.types import Options

from .settings import JwtAuthorizer

ALGORITHMS: Final = ("RS256", "RS384", "RS512")
"""Only algorithms based on RSA are supported (same page)."""

Claims = Mapping[str, Any]
Keys = Callable[[str], jwt.PyJWKSet]
"""Fetches the keys of an issuer. Raises ``TokenRefused``."""


class TokenRefused(Exception):
    """The error for an invalid token; the client gets its message in ``WWW-Authenticate``."""


def claims(token: str, authorizer: JwtAuthorizer, keys: Keys, now: datetime) -> Claims:
    """Return the claims of a valid token. Raises ``TokenRefused``."""
    if token.count(".") != 2:
        raise TokenRefused("token contains an invalid number of segments")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenRefused("token is malformed") from error
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused(f"signing method {header.get('alg')} is invalid")
    decoded = _verified(token, header, keys(authorizer.issuer))
    _check(decoded, authorizer, now.timestamp())
    return decoded


def scopes(decoded: Claims) -> Sequence[str]:
    """Return the token's scopes: the claim ``scope`` or ``scp``, which is words or a list."""
    given = decoded.get("scope") or decoded.get("scp") or ()
    return given.split() if isinstance(given, str) else [str(scope) for scope in given]


def as_text(value: Any) -> str:
    """Format a claim for functions and access logs: everything is text, a list is in brackets."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(as_text(one) for one in value)}]"
    return str(value)


def _verified(token: str, header: Mapping[str, Any], keys: jwt.PyJWKSet) -> Claims:
    key = next((key for key in keys.keys if key.key_id is not None and key.key_id == header.get("kid")), None)
    if key is None:
        raise TokenRefused("unable to find a signing key that matches the token's kid")
    # The claims are checked against the virtual clock and AWS's rules below.
    unchecked: Options = {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_iss": False,
        "verify_sub": False,
        "verify_jti": False,
    }
    try:
        decoded: Claims = jwt.decode(token, key.key, [str(header["alg"])], options=unchecked)
    except jwt.InvalidTokenError as error:
        raise TokenRefused("signature is invalid") from error
    return decoded


def _check(decoded: Claims, authorizer: JwtAuthorizer, now: float) -> None:
    """Check issuer, audience and times. ``client_id`` counts only without ``aud``. Raises ``TokenRefused``."""
    audience = decoded.get("aud", decoded.get("client_id"))
    if decoded.get("iss") != authorizer.issuer:
        raise TokenRefused("the token has an invalid issuer")
    if not set(audience if isinstance(audience, list) else [audience]) & set(authorizer.audience):
        raise TokenRefused("the token does not have a valid audience")
    if not isinstance(decoded.get("exp"), int | float) or decoded["exp"] <= now:
        raise TokenRefused("the token has expired")
    if any(isinstance(decoded.get(name), int | float) and decoded[name] > now for name in ("nbf", "iat")):
        raise TokenRefused("the token is not valid yet")
