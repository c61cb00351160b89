"""The keys with which issuers sign tokens, fetched from the issuers (OpenID Connect Discovery 1.0, section 4)."""

from __future__ import annotations

from typing import Any, Final

import jwt
import requests

from .tokens import TokenRefused

SECONDS: Final = 1.5
"""The longest time of an issuer for each of the two documents (API Gateway Developer Guide, "HTTP API quotas")."""

KEYS_BYTES: Final = 150_000
"""The longest answer with the keys (same page)."""


def keys(issuer: str) -> jwt.PyJWKSet:
    """Fetch the issuer's present keys. API Gateway may keep them for two hours; here they are fetched every time.

    Raises ``TokenRefused`` if they cannot be fetched.
    """
    configuration = _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration", "OIDC discovery endpoint")
    try:
        found = _json(configuration["jwks_uri"], "JWKS endpoint")
        return jwt.PyJWKSet.from_dict(found)
    except (KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        raise TokenRefused("JWKS endpoint communication error") from error


def _json(url: str, what: str) -> Any:
    try:
        answer = requests.get(url, timeout=SECONDS)
        answer.raise_for_status()
        if len(answer.content) > KEYS_BYTES:
            raise TokenRefused(f"{what} communication error")
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise TokenRefused(f"{what} communication error") from error
