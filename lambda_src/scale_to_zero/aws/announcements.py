"""Amazon EventBridge: changes of phase on the default bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from scale_to_zero.announcement_events import DETAIL_TYPE, SOURCE, event_detail
from scale_to_zero.errors import CallFailed
from scale_to_zero.quantities import counted

from .batches import in_batches, in_parallel
from .errors import explained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from scale_to_zero.announcement import Announcement

    from .clients import Clients

OPERATION: Final = "events:PutEvents"
# A limit of the API reference.
EVENTS_PER_CALL: Final = 10


class AwsAnnouncements:
    """``Announcements`` on Amazon EventBridge. ``instance``: the module's name; ``language``: of the sentences."""

    def __init__(self, clients: Clients, instance: str, language: str) -> None:
        self._clients = clients
        self._instance = instance
        self._language = language

    def send(self, announcements: Sequence[Announcement]) -> Sequence[str]:
        """Put ten events a call."""
        answers = in_parallel(self._send, in_batches(announcements, EVENTS_PER_CALL))
        return [failure for batch in answers for failure in batch]

    def _send(self, batch: list[Announcement]) -> list[str]:
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

    def _entry(self, announcement: Announcement) -> PutEventsRequestEntryTypeDef:
        detail = event_detail(announcement, instance=self._instance, language=self._language)
        return {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": announcement.change.at,
            "Detail": json.dumps(detail, ensure_ascii=False),
        }
