"""The protocols of AWS's services over HTTP: requests are read and answers are written by botocore's own models.

Current botocore uses JSON for all of them except Elastic Load Balancing. Older releases also use the query protocol
for CloudWatch. Both are read here, so that the figures do not depend on the installed release.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from moto.core.model import ServiceModel
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

SERVICES: Final = ("ecs", "cloudwatch", "elbv2", "application-autoscaling", "dynamodb")


class NotSpoken(Exception):
    """The stub does not know the protocol or the service of a request."""


@dataclass(frozen=True)
class Call:
    """One API call: the service, the action, its parameters, and the protocol of its answer."""

    service: str
    action: str
    parameters: Mapping[str, Any]
    speaks_query: bool
    content_type: str

    def __str__(self) -> str:
        return f"{self.service}.{self.action}"

    def encode(self, answer: Mapping[str, Any]) -> tuple[str, bytes]:
        """Return the answer's content type and body."""
        if not self.speaks_query:
            return self.content_type, json.dumps(answer, default=_json_timestamp).encode()
        operation = _model(self.service).operation_model(self.action)
        body = QuerySerializer(operation).serialize(answer)["body"]
        return "text/xml", body if isinstance(body, bytes) else body.encode()

    def encode_error(self, code: str, message: str) -> tuple[str, bytes]:
        if not self.speaks_query:
            return self.content_type, json.dumps({"__type": code, "message": message}).encode()
        error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        body = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
        return "text/xml", body.encode()


def read_call(headers: Mapping[str, str], body: bytes) -> Call:
    """Read an HTTP request as an API call. Raise ``NotSpoken`` for an unknown protocol or service."""
    content_type = headers.get("Content-Type", "")
    target = headers.get("X-Amz-Target")
    if target is not None:
        prefix, _, action = target.partition(".")
        return Call(_json_service(prefix), action, json.loads(body or b"{}"), False, content_type)
    if content_type.startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        service, action = _query_service(form.get("Version", "")), form.get("Action", "")
        operation = _model(service).operation_model(action)
        # The query protocol needs only the form of a request.
        parameters = QueryParser(operation).parse({"values": form})  # type: ignore[typeddict-item]
        return Call(service, action, parameters or {}, True, content_type)
    raise NotSpoken(f"the stub cannot read {content_type or 'a request without Content-Type'}")


@cache
def _model(service: str) -> ServiceModel:
    """Return botocore's model, in the form that moto uses to read and write."""
    return get_service_model(service)


@cache
def _json_service(target_prefix: str) -> str:
    for service in SERVICES:
        if _model(service).metadata.get("targetPrefix") == target_prefix:
            return service
    raise NotSpoken(f"the stub has no service with the target prefix {target_prefix}")


@cache
def _query_service(api_version: str) -> str:
    for service in SERVICES:
        metadata = _model(service).metadata
        spoken = metadata.get("protocols", [metadata["protocol"]])
        if metadata["apiVersion"] == api_version and "query" in spoken:
            return service
    raise NotSpoken(f"the stub has no query service of version {api_version!r}")


def _json_timestamp(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} cannot be in a JSON answer")
