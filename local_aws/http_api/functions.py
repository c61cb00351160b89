"""Requests that go to a Lambda function: whether it can be invoked, and what the client gets if it does not answer."""

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
"""The longest event that Lambda accepts (Lambda Developer Guide, "Lambda quotas")."""

_LOGGER: Final = logging.getLogger(__name__)
_NOT_PERMITTED: Final = (
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. "
    "Check the permissions and try again."
)


class Functions:
    """The functions, which ``invoke`` runs. ``lock`` guards moto; it is not held while a function runs."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime], invoke: Invoke) -> None:
        self._lock = lock
        self._now = now
        self._invoke = invoke

    def answer(
        self, api: Api, stage: str, route_key: str, integration: Integration | None, event: Any, outcome: Outcome
    ) -> Answer:
        """Return the function's answer, or an error whose cause is written to ``outcome``.

        500 if the function fails or its answer is malformed, 503 if it is throttled or takes longer than the
        integration waits. In that case this method also waits until the function ends, and drops its answer.
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
            return _failed(503, function, "The function ran longer than the integration waits.", outcome)
        if returned.failed:
            return _failed(500, function, returned.payload.decode(errors="replace"), outcome)
        try:
            return of_function(returned.payload)
        except Malformed as error:
            return _failed(500, function, str(error), outcome)

    def _may_invoke(self, function_arn: str, api: Api, stage: str, route_key: str) -> bool:
        """Return whether the function's policy allows the route to invoke it.

        The source's ARN names the stage, and the route as it was written, with its variables.
        """
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
