"""Whether a request is signed with AWS Signature Version 4 and a known access key (IAM User Guide, "AWS Signature
Version 4 for API requests"). botocore's signer makes the signature again, and both are compared.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from local_aws.account import REGION
from local_aws.api_call import AwsError
from local_aws.load_balancing.requests import HttpRequest

SERVICE: Final = "execute-api"
SKEW: Final = timedelta(minutes=5)
"""The largest age of a signature, or its time ahead (same guide, "Elements of an AWS API request signature")."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256 "


class _Signer(SigV4Auth):  # type: ignore[misc,unused-ignore]
    """A signer that signs exactly the headers it is given, instead of choosing them itself."""

    def headers_to_sign(self, request: Any) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name, value in request.headers.items():
            chosen[name.lower()] = value
        return chosen


def signer(request: HttpRequest, body: bytes, secrets: Mapping[str, str], presents: Iterable[datetime]) -> str | None:
    """Return the access key that signed the request; ``None`` if it is unsigned, or the signature is wrong or too old.

    ``secrets``: by access key. ``presents``: the present time by each clock that a client may use; the signature's time
    must be near one of them. Raises ``AwsError`` for a presigned URL, which is not modelled.
    """
    if any(name.lower() == "x-amz-signature" for name, _ in request.parameters):
        raise AwsError("NotModelled", "not modelled: presigned URLs of APIs")
    authorization = next(request.values("Authorization"), "")
    if not authorization.startswith(_ALGORITHM):
        return None
    pieces = (piece.strip().partition("=") for piece in authorization.removeprefix(_ALGORITHM).split(","))
    given = {name: value for name, _, value in pieces}
    access_key, _, scope = given.get("Credential", "").partition("/")
    timestamp = next(request.values("X-Amz-Date"), "")
    signed_headers = given.get("SignedHeaders", "").split(";")
    if scope != f"{timestamp[:8]}/{REGION}/{SERVICE}/aws4_request" or access_key not in secrets:
        return None
    if "host" not in signed_headers or not _is_present(timestamp, presents) or not _hash_fits(request, body):
        return None
    expected = _signature(request, body, Credentials(access_key, secrets[access_key]), timestamp, signed_headers)
    return access_key if hmac.compare_digest(expected, given.get("Signature", "")) else None


def _signature(
    request: HttpRequest, body: bytes, credentials: Credentials, timestamp: str, signed_headers: list[str]
) -> str:
    query = f"?{request.query}" if request.query else ""
    signed = AWSRequest(request.method, f"http://{next(request.values('Host'), '')}{request.path}{query}", data=body)
    for name, value in request.headers:
        if name.lower() in signed_headers:
            signed.headers[name] = value
    signed.context["timestamp"] = timestamp
    signing = _Signer(credentials, SERVICE, REGION)
    signature: str = signing.signature(signing.string_to_sign(signed, signing.canonical_request(signed)), signed)
    return signature


def _is_present(timestamp: str, presents: Iterable[datetime]) -> bool:
    try:
        signed = datetime.strptime(timestamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return any(abs(signed - present) <= SKEW for present in presents)


def _hash_fits(request: HttpRequest, body: bytes) -> bool:
    """Return whether a hash that the client sends fits the body. The signature covers only the hash."""
    sent = next(request.values("X-Amz-Content-SHA256"), None)
    return sent is None or sent == hashlib.sha256(body).hexdigest()
