"""The default event bus: events that a caller puts reach the targets of the rules whose pattern they match.

moto keeps rules and targets. A matching event is delivered at once and exactly once (AWS: within a second, and at least
once). A delivery that is not permitted is dropped, as AWS drops it without a retry (EventBridge User Guide, "How
EventBridge retries delivering events"), and recorded. Targets other than SNS topics are refused when they are put.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from moto.events.models import EventsBackend, Rule, events_backends

from . import event_patterns
from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError
from .failed_invocations import FailedInvocations
from .input_transformer import TransformationFailed, transform
from .patching import Patches
from .topics import Topics

SERVICE: Final = "events.amazonaws.com"

REQUEST_BYTES: Final = 1024 * 1024
"""All entries of a call together must be smaller than this (botocore events PutEvents; it was 256 KB before)."""

TIME_BYTES: Final = 14
"""The size of an entry's Time (EventBridge User Guide, "Calculating PutEvents event entry size")."""

DETAIL_TYPE_CHARACTERS: Final = 128
"""The longest DetailType (botocore events PutEventsRequestEntry)."""

NEEDED: Final = ("Source", "DetailType", "Detail")

_Entry = Mapping[str, Any]


class EventBus:
    """The default event bus. ``events``: every event that the bus accepted, in the form that its rules match."""

    def __init__(self, now: Callable[[], datetime], topics: Topics, seed: int, failed: FailedInvocations) -> None:
        self.events: list[Mapping[str, Any]] = []
        self._failed = failed
        self._now = now
        self._topics = topics
        self._random = Random(f"event bus {seed}")

    def install(self, patches: Patches) -> None:
        """Replace moto's ``put_events``, which also accepts wrong entries and knows few targets."""

        def put_events(_: Any, entries: Sequence[_Entry]) -> list[dict[str, Any]]:
            return [self._accept(entry) for entry in entries]

        patches.replace(EventsBackend, "put_events", lambda _: put_events)

    def check(self, call: ApiCall) -> None:
        """Refuse a PutEvents call that fails as a whole. Raises ``AwsError``."""
        if call.name != "events.PutEvents":
            return
        entries = call.parameters["Entries"]
        if call.parameters.get("EndpointId"):
            raise AwsError("NotModelled", "not modelled: events.PutEvents with EndpointId")
        for entry in entries:
            if (entry.get("EventBusName") or "default").rpartition("/")[2] != "default":
                raise AwsError(
                    "NotModelled", "not modelled: events.PutEvents to another event bus than the default one"
                )
        if sum(_size(entry) for entry in entries) >= REQUEST_BYTES:
            message = "Total size of the entries in the request is over the limit."
            raise AwsError("ValidationException", message)
        if all(_missing(entry) for entry in entries):
            raise AwsError("ValidationException", f"No entry has each of {', '.join(NEEDED)}.")

    def _accept(self, entry: _Entry) -> dict[str, Any]:
        """Deliver one entry, or return its error; other entries are not affected."""
        fault = _fault(entry)
        if fault is not None:
            return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
        event = self._event(entry)
        self.events.append(event)
        for rule in _matching(event):
            for target in rule.targets:
                self._deliver(rule, target, event)
        return {"EventId": event["id"]}

    def _event(self, entry: _Entry) -> dict[str, Any]:
        """Make the event of an entry (EventBridge User Guide, "Event structure")."""
        time = datetime.fromtimestamp(float(entry["Time"]), UTC) if entry.get("Time") else self._now()
        return {
            "version": "0",
            "id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT_ID,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": entry.get("Resources") or [],
            "detail": json.loads(entry["Detail"]),
        }

    def _deliver(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        reason: str | None
        try:
            transformer = target.get("InputTransformer")
            message = transform(transformer, event) if transformer else json.dumps(event, ensure_ascii=False)
            reason = self._topics.publish(SERVICE, target["Arn"], message)
        except TransformationFailed as failed:
            reason = f"The transformed input is not JSON: {failed}"
        if reason is not None:
            self._failed.add(self._now(), rule.name, target["Arn"], reason)


def _matching(event: Mapping[str, Any]) -> Iterable[Rule]:
    rules = events_backends[ACCOUNT_ID][REGION].event_buses["default"].rules.values()
    return [rule for rule in rules if rule.state == "ENABLED" and event_patterns.matches(rule, event)]


def _missing(entry: _Entry) -> str | None:
    return next((name for name in NEEDED if not entry.get(name)), None)


def _fault(entry: _Entry) -> tuple[str, str] | None:
    """Return the error code and message of an entry that AWS would refuse, otherwise ``None``."""
    missing = _missing(entry)
    if missing is not None:
        return "InvalidArgument", f"Parameter {missing} is not valid. Reason: {missing} is a required argument."
    if len(entry["DetailType"]) > DETAIL_TYPE_CHARACTERS:
        return "InvalidArgument", f"Parameter DetailType is longer than {DETAIL_TYPE_CHARACTERS} characters."
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")


def _size(entry: _Entry) -> int:
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or [])]
    return sum(len(text.encode()) for text in texts if text) + (TIME_BYTES if entry.get("Time") else 0)
