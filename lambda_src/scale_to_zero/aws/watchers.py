"""AWS Lambda: the scale-up function, started without waiting for its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .errors import explained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .clients import Clients


class AwsWatchers:
    """``Watchers`` on AWS Lambda."""

    def __init__(self, clients: Clients, function_name: str) -> None:
        self._clients = clients
        self._function_name = function_name

    def start(self, service_keys: Sequence[str]) -> None:
        """Start a run of the scale-up function that watches the wakes of these services; do not wait for its end."""
        payload = json.dumps({"services": list(service_keys), "watcher": True})
        with explained("lambda:Invoke", f"{self._function_name} for {service_keys[0]}", "lambda:InvokeFunction"):
            self._clients.lambda_.invoke(
                FunctionName=self._function_name, InvocationType="Event", Payload=payload.encode()
            )
