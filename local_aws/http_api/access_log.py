"""The access log of a stage: one line for each request, in the format of the stage (API Gateway Developer Guide,
"Customize HTTP API access logs").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from moto.logs.models import logs_backends

from local_aws.account import ACCOUNT_ID, REGION

from .answers import message
from .authorization import Caller
from .events import clf_time, epoch_milliseconds
from .received import Received
from .settings import Api, Stage

UNKNOWN: Final = "-"
"""The text for a variable that has no value, or does not exist."""

_VARIABLE: Final = re.compile(r"\$context((?:\.[A-Za-z0-9_:]+)+)")


@dataclass
class Outcome:
    """The outcome of a request: its route, its caller, and its errors.

    ``by_api``: whether API Gateway answered by itself. ``function_status``: the status that Lambda's API answered.
    """

    route_key: str = ""
    caller: Caller = field(default_factory=Caller)
    by_api: bool = False
    refusal: str = ""
    integration_error: str = ""
    function_status: str = ""


def line(template: str, variables: Mapping[str, str]) -> str:
    """Return the template with every variable replaced."""
    return _VARIABLE.sub(lambda found: variables.get(found[1][1:], "") or UNKNOWN, template)


def variables(
    received: Received, api: Api, stage: Stage, outcome: Outcome, status: int, length: int, ended: datetime
) -> dict[str, str]:
    """Return all known values of a request by the names of ``$context``; unknown ones are empty or missing."""
    error = message(status) if outcome.by_api else ""
    latency = str(epoch_milliseconds(ended) - epoch_milliseconds(received.instant))
    return {
        "accountId": ACCOUNT_ID,
        "apiId": api.id,
        "authorizer.error": outcome.refusal,
        "domainName": api.domain,
        "domainPrefix": api.id,
        "error.message": error,
        "error.messageString": json.dumps(error) if error else "",
        "extendedRequestId": received.request_id,
        "httpMethod": received.request.method,
        "identity.sourceIp": received.request.source_ip,
        "identity.userAgent": received.user_agent,
        "integration.error": outcome.integration_error,
        "integration.integrationStatus": outcome.function_status and str(status),
        "integration.status": outcome.function_status,
        "integrationErrorMessage": outcome.integration_error,
        "integrationStatus": outcome.function_status,
        "path": received.path,
        "protocol": received.protocol,
        "requestId": received.request_id,
        "requestTime": clf_time(received.instant),
        "requestTimeEpoch": str(epoch_milliseconds(received.instant)),
        "responseLatency": latency,
        "responseLength": str(length),
        "routeKey": outcome.route_key,
        "stage": stage.name,
        "status": str(status),
        **outcome.caller.variables,
    }


def write(log_group: str, stream: str, text: str, instant: datetime) -> None:
    """Put a line into a log group; without the group the line is lost. The caller holds moto's lock."""
    logs = logs_backends[ACCOUNT_ID][REGION]
    group = logs.groups.get(log_group)
    if group is None:
        return
    if stream not in group.streams:
        logs.create_log_stream(log_group, stream)
    logs.put_log_events(log_group, stream, [{"timestamp": epoch_milliseconds(instant), "message": text}])
