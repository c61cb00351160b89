"""The logging configuration of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from local_aws.patching import Patches

DEFAULT_LEVEL: Final = "INFO"

_LOGGING: Final = "local_aws_logging_config"


def install(patches: Patches) -> None:
    """Keep LoggingConfig and return it with its defaults, as AWS does.

    moto does not keep it, so each second plan would set it again. Source: Lambda API reference, LoggingConfig.
    """
    patches.replace(LambdaFunction, "__init__", _keeping_at_creation)
    patches.replace(LambdaFunction, "update_configuration", _keeping_at_update)
    patches.replace(LambdaFunction, "get_configuration", _returning)


def _keeping_at_creation(original: Callable[..., None]) -> Any:
    def initialize(function: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **named: Any) -> None:
        setattr(function, _LOGGING, spec.get("LoggingConfig") or {})
        original(function, account_id, spec, *args, **named)

    return initialize


def _keeping_at_update(original: Callable[[LambdaFunction, dict[str, Any]], dict[str, Any]]) -> Any:
    def update_configuration(function: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        if "LoggingConfig" in config_updates:
            setattr(function, _LOGGING, config_updates["LoggingConfig"])
        return original(function, config_updates)

    return update_configuration


def _returning(original: Callable[..., dict[str, Any]]) -> Any:
    def get_configuration(function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        configuration = original(function, on_create)
        configuration["LoggingConfig"] = _complete(getattr(function, _LOGGING), function.function_name)
        return configuration

    return get_configuration


def _complete(logging: dict[str, Any], function_name: str) -> dict[str, Any]:
    complete = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function_name}", **logging}
    if complete["LogFormat"] == "JSON":
        return {"ApplicationLogLevel": DEFAULT_LEVEL, "SystemLogLevel": DEFAULT_LEVEL, **complete}
    return complete
