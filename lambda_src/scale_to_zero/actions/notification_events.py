"""A change of phase as an event: ``docs/phase-change.schema.json`` describes its detail. Pure."""

from __future__ import annotations

from datetime import UTC

from scale_to_zero.model.notification import Notification

from .notification_texts import change_of, message


def event_detail(notification: Notification, *, instance: str, language: str) -> dict[str, object]:
    """Return the event's detail. ``id`` is the same however often the notification is sent.

    ``id`` contains the instant, because the versions start again for a service that left and was added again.
    """
    service, change = notification.service, notification.change
    name = service.name
    return {
        "id": f"{instance}/{name.cluster_name}/{name.service_name}/{change.version}@{change.at.timestamp():.0f}",
        "version": change.version,
        "instance": instance,
        "service": service.key,
        "cluster_name": name.cluster_name,
        "service_name": name.service_name,
        "change": change_of(change).value,
        "from": change.before.value,
        "to": change.after.value,
        "failed": change.failed,
        "at": change.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "reason": change.reason.value,
        "cause": change.cause,
        "message": message(service.key, change, language),
    }
