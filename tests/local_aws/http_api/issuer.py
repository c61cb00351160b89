"""An issuer of tokens: an OpenID provider on loopback with the two documents that API Gateway reads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.local_aws.deployed import START

NOW = int(START.timestamp())
HOUR = 3600
CONFIGURATION = "/.well-known/openid-configuration"


class Issuer:
    """An issuer with its keys, by their names; ``sign`` uses one. ``silent``: it does not answer with its documents."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAPrivateKey] = {}
        self.silent = False
        self.renew("first")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """The issuer that tokens name, without a slash at the end."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def renew(self, name: str) -> None:
        """Replace all keys by one new key with this name."""
        self.keys = {name: generate_private_key(public_exponent=65537, key_size=2048)}

    def sign(self, claims: dict[str, Any], algorithm: str = "RS256", key_id: str | None = None) -> str:
        """Return a token with these claims."""
        [(name, key)] = self.keys.items()
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id or name})

    def documents(self) -> dict[str, Any]:
        """Return its answers by path."""
        if self.silent:
            return {}
        keys = [
            {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": name, "use": "sig"}
            for name, key in self.keys.items()
        ]
        return {CONFIGURATION: {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}, "/keys": {"keys": keys}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = issuer.documents().get(self.path)
                body = json.dumps(document).encode()
                self.send_response(404 if document is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
                """Log nothing."""

        return Handler


def claims(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    """Return claims of a token that is valid from ``START`` for an hour. ``changed``: ``None`` leaves a claim out."""
    good = {"iss": issuer.url, "aud": "control", "sub": "ci", "iat": NOW - 10, "exp": NOW + HOUR}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def bearing(token: str) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run an issuer within the context."""
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        thread.join()
        issuer.server.server_close()
