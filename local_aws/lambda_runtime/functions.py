"""The functions that moto keeps, in the form that the runtime needs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Final

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends

from local_aws.account import ACCOUNT_ID, REGION
from local_aws.api_call import AwsError

from .records import FunctionCode

RETRY_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=2))
"""The waits before the second and the third attempt (Lambda Developer Guide, "Error handling for asynchronous
invocation").
"""

THROTTLED_WAITS: Final = (timedelta(seconds=1), timedelta(minutes=5))
"""The first and the longest wait before a throttled asynchronous event is retried; the wait doubles (same page)."""

MAXIMUM_AGE: Final = timedelta(hours=6)
"""How long an asynchronous event is kept, unless the function sets another age (same page)."""


class Functions:
    """The functions of the account. Every method raises ``AwsError`` for an unknown function."""

    def __init__(self, lock: AbstractContextManager[Any]) -> None:
        self._api_lock = lock

    def code(self, name_or_arn: str, qualifier: str | None = None) -> FunctionCode:
        """Return everything that an execution environment is made from."""
        with self._api_lock:
            return _function_code(self._find(name_or_arn, qualifier))

    def reserved_concurrency(self, name_or_arn: str) -> int | None:
        """Return how many invocations can run at once, ``None`` if nothing is reserved."""
        with self._api_lock:
            reserved = self._find(name_or_arn, None).reserved_concurrency
        return None if reserved is None else int(reserved)

    def event_invoke_config(self, name_or_arn: str) -> tuple[int, timedelta]:
        """Return how often an asynchronous event is retried, and its maximum age."""
        with self._api_lock:
            function = self._find(name_or_arn, None)
            config = function.event_invoke_config[0].config if function.event_invoke_config else {}
        age = config.get("MaximumEventAgeInSeconds")
        retries = config.get("MaximumRetryAttempts", len(RETRY_WAITS))
        return int(retries), timedelta(seconds=age) if age else MAXIMUM_AGE

    def _find(self, name_or_arn: str, qualifier: str | None) -> LambdaFunction:
        try:
            return lambda_backends[ACCOUNT_ID][REGION].get_function(name_or_arn, qualifier)
        except UnknownFunctionException as error:
            raise AwsError("ResourceNotFoundException", str(error.message), 404) from error


def _function_code(function: LambdaFunction) -> FunctionCode:
    configuration = function.get_configuration()
    logging = configuration["LoggingConfig"]
    is_json = logging["LogFormat"] == "JSON"
    return FunctionCode(
        name=function.function_name,
        arn=function.function_arn,
        account_id=function.account_id,
        region=function.region,
        version=str(function.version),
        handler=configuration["Handler"],
        runtime=configuration["Runtime"],
        timeout=timedelta(seconds=int(configuration["Timeout"])),
        memory_size=int(configuration["MemorySize"]),
        role_arn=configuration["Role"],
        variables=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}).items())),
        log_group=logging["LogGroup"],
        log_format=logging["LogFormat"],
        application_log_level=logging["ApplicationLogLevel"] if is_json else "",
        system_log_level=logging["SystemLogLevel"] if is_json else "",
        code_sha256=configuration["CodeSha256"],
        zip_file=function.code_bytes,
    )
