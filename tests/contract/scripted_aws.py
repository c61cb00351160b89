"""AWS's answers, word for word, that a double does not give: partial data, throttling, several pages, failures.

Like botocore's own Stubber it checks every answer against the API's model. Unlike the Stubber, several threads can
call it, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from botocore.validate import validate_parameters

from scale_to_zero.aws.clients import Clients

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any]


@dataclass(frozen=True)
class AwsError:
    """An error, as AWS answers it."""

    code: str
    message: str
    status: int = 400
    details: Answer = field(default_factory=dict)


def aws_error(code: str, message: str = "no more is known", **details: Any) -> AwsError:
    """Return an error with a code, and with the additional fields that some errors have."""
    return AwsError(code, message, details=details)


class ScriptedAws:
    """A script that answers instead of AWS. Operations without an answer reach the double behind it."""

    def __init__(self, clients: Clients) -> None:
        self.calls: list[tuple[str, Parameters]] = []
        self._answers: dict[str, Callable[[Parameters], Answer | AwsError]] = {}
        self._lock = Lock()
        # botocore uses the answer to before-call instead of AWS's answer, which its types do not cover.
        respond: Any = self._respond
        for client in (
            clients.ecs,
            clients.ecs_for_stops,
            clients.elbv2,
            clients.cloudwatch,
            clients.autoscaling,
            clients.dynamodb,
            clients.lambda_,
            clients.awaited_functions,
            clients.events,
        ):
            client.meta.events.register_first("before-parameter-build.*.*", self._note)
            client.meta.events.register_first("before-call.*.*", respond)

    def answer(
        self, operation: str, answer: Answer | AwsError | BaseException | Callable[[Parameters], Answer | AwsError]
    ) -> None:
        """Answer every call of an operation such as ``ecs.DescribeServices``. A function gets the call's parameters.

        An exception is raised, as botocore does if no server answers.
        """

        def always(_parameters: Parameters) -> Answer | AwsError:
            if isinstance(answer, BaseException):
                raise answer
            assert not callable(answer)
            return answer

        self._answers[operation] = answer if callable(answer) else always

    def reset(self) -> None:
        """Remove all answers, and begin a new list of calls."""
        self._answers.clear()
        self.calls.clear()

    def called(self, operation: str) -> list[Parameters]:
        """Return the parameters of every call of an operation so far."""
        return [parameters for name, parameters in self.calls if name == operation]

    def _note(self, params: Parameters, model: OperationModel, context: dict[str, Any], **_: Any) -> None:
        context["scripted_parameters"] = params
        with self._lock:
            self.calls.append((_name(model), params))

    def _respond(
        self, model: OperationModel, context: dict[str, Any], **_: Any
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        scripted = self._answers.get(_name(model))
        if scripted is None:
            return None
        answer = scripted(context["scripted_parameters"])
        if isinstance(answer, AwsError):
            parsed = {"Error": {"Code": answer.code, "Message": answer.message}, **answer.details}
            metadata = {"HTTPStatusCode": answer.status, "RetryAttempts": 0}
            return _http(answer.status), parsed | {"ResponseMetadata": metadata}
        if model.output_shape is not None:
            validate_parameters(dict(answer), model.output_shape)
        return _http(200), dict(answer) | {"ResponseMetadata": {"HTTPStatusCode": 200}}


def _name(model: OperationModel) -> str:
    return f"{model.service_model.metadata['endpointPrefix'].replace('monitoring', 'cloudwatch')}.{model.name}"


def _http(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)
