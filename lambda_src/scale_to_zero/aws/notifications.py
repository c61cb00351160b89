"""Amazon EventBridge: changes of phase on the default bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.quantities import counted

from .batches import in_batches, in_parallel
from .errors import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from scale_to_zero.model.notification import Notification

    from .clients import Clients

SOURCE: Final = "ecs-scale-to-zero"
DETAIL_TYPE: Final = "ECS Scale-to-Zero Phase Change"

OPERATION: Final = "events:PutEvents"
# A limit of the API reference.
EVENTS_PER_CALL: Final = 10


class AwsNotifications:
    """``Notifications`` on Amazon EventBridge. ``detail_of``: writes the detail of an event."""

    def __init__(self, clients: Clients, detail_of: Callable[[Notification], Mapping[str, object]]) -> None:
        self._clients = clients
        self._detail_of = detail_of

    def send(self, notifications: Sequence[Notification]) -> Sequence[str]:
        """Send ten events per call."""
        answers = in_parallel(self._send, in_batches(notifications, EVENTS_PER_CALL))
        return [failure for batch in answers for failure in batch]

    def _send(self, batch: list[Notification]) -> list[str]:
        try:
            with explained(OPERATION, counted(len(batch), "change of phase", "changes of phase")):
                response = self._clients.events.put_events(Entries=[self._entry(one) for one in batch])
        except CallFailed as failure:
            return [str(failure)] * len(batch)
        return [
            f"{OPERATION} of {one.service.key} failed: {entry['ErrorCode']}: {entry.get('ErrorMessage', '')}"
            if entry.get("ErrorCode")
            else ""
            for one, entry in zip(batch, response["Entries"], strict=True)
        ]

    def _entry(self, notification: Notification) -> PutEventsRequestEntryTypeDef:
        return {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": notification.change.at,
            "Detail": json.dumps(self._detail_of(notification), ensure_ascii=False),
        }
