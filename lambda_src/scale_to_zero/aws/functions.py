"""AWS Lambda: the module's functions, called by the API and the control panel, which wait for the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from scale_to_zero.model.errors import CallFailed, CallForbidden, Refused, failure

from .errors import explained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clients import Clients

REFUSAL: Final = "PayloadRefused"


class AwsFunctions:
    """``Functions`` on AWS Lambda, by the functions' names."""

    def __init__(self, clients: Clients, scale_up_function: str, scale_to_zero_function: str) -> None:
        self._clients = clients
        self._scale_up_function = scale_up_function
        self._scale_to_zero_function = scale_to_zero_function

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Invoke the scale-up function and wait for its answer."""
        return self._invoke(self._scale_up_function, payload)

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Invoke the scale-to-zero function and wait for its answer."""
        return self._invoke(self._scale_to_zero_function, payload)

    def _invoke(self, function: str, payload: Mapping[str, object]) -> Mapping[str, object]:
        with explained("lambda:Invoke", function, "lambda:InvokeFunction"):
            response = self._clients.awaited_functions.invoke(
                FunctionName=function, Payload=json.dumps(payload).encode()
            )
            body = response["Payload"].read()
        answer = _read(body)
        if not isinstance(answer, dict):
            raise CallFailed(f"the answer of {function} cannot be read; the cause is in its log")
        if not response.get("FunctionError"):
            return answer
        kind, said = str(answer.get("errorType", "")), str(answer.get("errorMessage", ""))
        if kind == REFUSAL:
            raise Refused(kind, said)
        raise failure(f"{function} failed: {said or kind}", forbidden=kind == CallForbidden.__name__)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
