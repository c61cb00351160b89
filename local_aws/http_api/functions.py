"""Requests that go to a Lambda function: whether it may be invoked, and what the client gets where it cannot answer."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from local_aws.account import ACCOUNT_ID, REGION
from local_aws.api_call import AwsError
from local_aws.function_policies import permits
from local_aws.load_balancing.answers import Answer
from local_aws.load_balancing.lambda_targets import Invoke

from .access_log import Outcome
from .answers import Malformed, of_function, own
from .settings import Api, Integration

EVENT_BYTES: Final = 6 * 1024 * 1024
"""The longest event Lambda takes (Lambda Developer Guide, "Lambda quotas")."""

_LOGGER: Final = logging.getLogger(__name__)
_NOT_PERMITTED: Final = (
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. "
    "Check the permissions and try again."
)


class Functions:
    """Invokes functions by ``invoke``. ``lock`` guards moto; no function holds it up."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime], invoke: Invoke) -> None:
        self._lock = lock
        self._now = now
        self._invoke = invoke

    def answer(
        self, api: Api, stage: str, route_key: str, integration: Integration | None, event: Any, outcome: Outcome
    ) -> Answer:
        """Answer with what the function answers; say in ``outcome`` what went wrong.

        500 where it fails or its answer is malformed, 503 where it is throttled or takes longer than the integration
        waits. A function that takes longer is waited for all the same, and its answer dropped.
        """
        payload = json.dumps(event).encode()
        if len(payload) > EVENT_BYTES:
            return own(413)
        function = integration.function_arn if integration is not None else ""
        if integration is None or not self._may_invoke(function, api, stage, route_key):
            return _failed(500, function, _NOT_PERMITTED, outcome)
        began = self._now()
        try:
            returned = self._invoke(function, payload)
        except AwsError as error:
            throttled = error.code == "TooManyRequestsException"
            return _failed(503 if throttled else 500, function, str(error.message), outcome)
        outcome.function_status = "200"
        if self._now() - began > integration.timeout:
            return _failed(503, function, "The function took longer than the integration waits.", outcome)
        if returned.failed:
            return _failed(500, function, returned.payload.decode(errors="replace"), outcome)
        try:
            return of_function(returned.payload)
        except Malformed as error:
            return _failed(500, function, str(error), outcome)

    def _may_invoke(self, function_arn: str, api: Api, stage: str, route_key: str) -> bool:
        """The source's ARN names the stage, and the route as it was written, variables and all."""
        route = route_key.replace(" ", "", 1)
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api.id}/{stage}/{route}"
        with self._lock:
            try:
                function = lambda_backends[ACCOUNT_ID][REGION].get_function(function_arn)
            except UnknownFunctionException:
                return False
            return permits(function, "apigateway.amazonaws.com", source)


def _failed(status: int, function: str, why: str, outcome: Outcome) -> Answer:
    _LOGGER.info("An API answers %s for %s: %s", status, function, why)
    outcome.integration_error = why
    return own(status)
