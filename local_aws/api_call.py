"""One call of an AWS API as it arrives over HTTP: its service, its action, its caller and its parameters.

moto reads requests and writes answers in AWS's protocols, by botocore's service models.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SERIALIZERS, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

SERVICES: Final[Mapping[str, str]] = {
    "apigateway": "apigatewayv2",
    "application-autoscaling": "application-autoscaling",
    "dynamodb": "dynamodb",
    "ec2": "ec2",
    "ecs": "ecs",
    "elasticloadbalancing": "elbv2",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "scheduler": "scheduler",
    "sns": "sns",
    "sts": "sts",
}
"""botocore's name of a service, by the name that requests are signed for."""

Environ = dict[str, Any]


class AwsError(ServiceException):
    """An error as AWS answers it: a code, a sentence and an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


@dataclass(frozen=True)
class ApiCall:
    """A request to an AWS API. ``service`` and ``action`` have botocore's names."""

    service: str
    action: str
    access_key: str
    request: Request
    body: bytes
    path_parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Service and action, for example ``ecs.DescribeServices``."""
        return f"{self.service}.{self.action}"

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters, with the names of the service's model."""
        operation = get_service_model(self.service).operation_model(self.action)
        protocol = determine_request_protocol(operation.service_model, self.request.content_type)
        parsed = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": self.request.method,
                "values": self.request.values,
                "headers": self.request.headers,
                "body": self.body,
                "url_path": self.request.path,
                "url_params": dict(self.path_parameters),
            }
        )
        return dict(parsed)

    def error(self, error: AwsError) -> Response:
        """Make an error answer in the protocol of the request."""
        return _error(self.service, self.action, self.request, error)


def read(environ: Environ) -> ApiCall:
    """Read a request with its body; ``environ`` can be read again afterwards.

    Raises ``AwsError`` for an unsigned request or a service that is not modelled.
    """
    body = _body(environ)
    # A copy, because reading a form consumes its stream, and moto reads the request again.
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    access_key, signed_for = _credential(request)
    service = SERVICES.get(signed_for)
    if service is None:
        raise AwsError("NotModelled", f"not modelled: {signed_for}")
    if service == "elbv2" and "Version=2012-06-01" in body.decode("latin-1"):
        raise AwsError("NotModelled", "not modelled: elb (Classic Load Balancer)")
    action, path_parameters = _action(service, request, body)
    return ApiCall(service, action, access_key, request, body, path_parameters)


def refuse(environ: Environ, error: AwsError) -> Response:
    """Make an error answer to a request that could not be read, in the protocol of the service it is signed for."""
    request = Request(environ)
    try:
        _, signed_for = _credential(request)
        return _error(SERVICES.get(signed_for, signed_for), "", request, error)
    except (AwsError, UnknownServiceError, NotImplementedError):
        body = json.dumps({"__type": error.code, "message": error.message})
        return Response(body, error.status, content_type="application/json")


def _error(service: str, action: str, request: Request, error: AwsError) -> Response:
    model = get_service_model(service)
    operation = model.operation_model(action) if action in model.operation_names else OperationModel({}, model)
    protocol = determine_request_protocol(model, request.content_type)
    if protocol not in SERIALIZERS:
        raise NotImplementedError(f"moto does not speak {protocol}")
    serialized = get_serializer_class(service, protocol)(operation_model=operation).serialize(error)
    response = Response(serialized["body"], error.status, dict(serialized["headers"]))
    response.headers["x-amzn-errortype"] = error.code
    return response


def _body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    stream = environ["wsgi.input"]
    body: bytes = stream.read() if environ.get("wsgi.input_terminated") else stream.read(length)
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
        body = gzip.decompress(body)
        del environ["HTTP_CONTENT_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _credential(request: Request) -> tuple[str, str]:
    """Return the access key and the service of an AWS Signature Version 4 credential scope."""
    authorization = request.headers.get("Authorization", "")
    _, _, scope = authorization.partition("Credential=")
    parts = scope.partition(",")[0].strip().split("/")
    if len(parts) != 5:
        raise AwsError("MissingAuthenticationToken", "Sign the request with any AWS credentials.", 403)
    return parts[0], parts[3]


def _action(service: str, request: Request, body: bytes) -> tuple[str, Mapping[str, Any]]:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2], {}
    if (request.content_type or "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode()).get("Action", ["nothing"])[0], {}
    try:
        operation, path_parameters = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return f"{request.method} {request.path}", {}
    return str(operation.name), path_parameters
