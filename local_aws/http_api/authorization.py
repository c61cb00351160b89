"""The caller of a request, by the authorization of its route, and the refusal of a caller that is not allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import time_machine
from moto.sts.models import sts_backends

from local_aws.account import ACCOUNT_ID, REGION
from local_aws.api_call import AwsError
from local_aws.client_environment import SECRETS

from . import issuers, tokens
from .received import Received
from .settings import JwtAuthorizer, Route
from .signatures import signer


@dataclass(frozen=True)
class Caller:
    """The caller of a request. ``authorizer``: the form for functions. ``variables``: the form for access logs."""

    authorizer: Mapping[str, Any] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The error for a refused request: its status, ``challenge`` for ``WWW-Authenticate``, ``reason`` for the log."""

    def __init__(self, status: int, reason: str = "", challenge: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.challenge = challenge


class Authorization:
    """The check of the signatures and tokens that routes require. ``lock`` guards moto.

    ``is_function``: returns whether a function signs with an access key. Functions that call an API are not modelled.
    """

    def __init__(self, lock: threading.RLock, is_function: Callable[[str], bool]) -> None:
        self._lock = lock
        self._is_function = is_function

    def caller(self, received: Received, route: Route) -> Caller:
        """Return the caller of the request. Raises ``Refused``, and ``AwsError`` for what is not modelled."""
        if route.authorization == "AWS_IAM":
            return self._signer(received)
        if route.authorization == "JWT":
            if route.authorizer is None:
                raise Refused(500, "The route's authorizer is gone.")
            return _bearer(received, route.authorizer, route.scopes)
        return Caller()

    def _signer(self, received: Received) -> Caller:
        _refuse_functions(received, self._is_function)
        # Clients in this process use the virtual clock, all others use the real one.
        presents = (received.instant, datetime.fromtimestamp(time_machine.escape_hatch.time.time(), UTC))
        access_key = signer(received.request, received.body, SECRETS, presents)
        if access_key is None:
            raise Refused(403, "The request is not signed with a known access key.")
        with self._lock:
            user_id, arn, account = sts_backends[ACCOUNT_ID]["aws"].get_caller_identity(access_key, REGION)
        identity = {
            "accessKey": access_key,
            "accountId": account,
            "callerId": user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": arn,
            "userId": user_id,
        }
        logged = {"accountId": account, "caller": user_id, "user": user_id, "userArn": arn}
        return Caller({"iam": identity}, {f"identity.{name}": value for name, value in logged.items()})


def _refuse_functions(received: Received, is_function: Callable[[str], bool]) -> None:
    """Refuse functions, because it is not modelled whether a function's role allows it to invoke the API."""
    _, _, credential = next(received.request.values("Authorization"), "").partition("Credential=")
    if is_function(credential.partition("/")[0]):
        raise AwsError("NotModelled", "not modelled: functions that call an API with AWS_IAM")


def _bearer(received: Received, authorizer: JwtAuthorizer, wanted: tuple[str, ...]) -> Caller:
    """Return the caller by its token, which is alone in the header or after ``Bearer``.

    One of the route's scopes is enough. Raises ``Refused``.
    """
    token = next(received.request.values(authorizer.header), "").strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    if not token:
        raise Refused(401, "The request has no token.", "Bearer")
    try:
        decoded = tokens.claims(token, authorizer, issuers.keys, received.instant)
    except tokens.TokenRefused as refusal:
        challenge = f'Bearer scope="{" ".join(wanted)}" error="invalid_token" error_description="{refusal}"'
        raise Refused(401, str(refusal), challenge) from refusal
    granted = [scope for scope in tokens.scopes(decoded) if scope in wanted]
    if wanted and not granted:
        reason = "the token does not have a scope of the route"
        challenge = f'Bearer scope="{" ".join(wanted)}" error="insufficient_scope" error_description="{reason}"'
        raise Refused(403, reason, challenge)
    claims = {name: tokens.as_text(value) for name, value in decoded.items()}
    variables = {f"authorizer.claims.{name}": value for name, value in claims.items()}
    return Caller({"jwt": {"claims": claims, "scopes": granted or None}}, variables)
