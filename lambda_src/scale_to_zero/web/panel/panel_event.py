"""The event that CloudWatch sends to the panel, and how it is read. Pure.

The widget's parameters come from the author of the dashboard; a button sends its own fields with them.
Both are treated as hostile: every value is only compared, or escaped and shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from enum import StrEnum
from typing import Final

USUAL_ROWS: Final = 25
MOST_ROWS: Final = 100
"""A row takes 2 to 3 KB; a function's answer can have up to 6 MB (AWS Lambda quotas)."""
PARAMETERS: Final = ("services", "rows")

_OFFSET: Final = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
Fields = Mapping[object, object]


class Fault(StrEnum):
    """What is wrong with the widget's parameters, or with what a button sent."""

    NO_EVENT = "no_event"
    UNKNOWN_PARAMETERS = "unknown_parameters"
    ROWS = "rows"
    SERVICES = "services"
    ACTION_AS_PARAMETER = "action_as_parameter"


@dataclass(frozen=True)
class Pressed:
    """A button that was pressed, as it was sent: action and service are not checked yet."""

    action: object
    service: object


@dataclass(frozen=True)
class PanelEvent:
    """One call of the panel.

    ``patterns``: select the services to show by their keys; without patterns all are shown. ``page``: from 1, perhaps
    beyond the last page. ``zone``: the time zone of the times shown. ``describes``: only the documentation is wanted.
    """

    describes: bool = False
    dark: bool = False
    zone: timezone = UTC
    patterns: tuple[str, ...] = ()
    rows: int = USUAL_ROWS
    page: int = 1
    pressed: Pressed | None = None
    faults: tuple[Fault, ...] = ()


def read_event(event: object) -> PanelEvent:
    """Read an event. A field that cannot be read counts as absent and is reported in ``faults``."""
    if not isinstance(event, Mapping):
        return PanelEvent(faults=(Fault.NO_EVENT,))
    if "describe" in event:
        return PanelEvent(describes=True)
    context = _mapping(event.get("widgetContext"))
    configured = _mapping(context.get("params"))
    faults = []
    if set(configured) - {*PARAMETERS, "action"}:
        faults.append(Fault.UNKNOWN_PARAMETERS)
    rows = _number(configured.get("rows", event.get("rows", USUAL_ROWS)), most=MOST_ROWS)
    if rows is None:
        faults.append(Fault.ROWS)
    patterns = _patterns(configured.get("services", event.get("services")))
    if patterns is None:
        faults.append(Fault.SERVICES)
    pressed = Pressed(event["action"], event.get("service")) if "action" in event else None
    # Every refresh sends the parameters again: the editor of a dashboard could act with its viewers' permissions.
    if "action" in configured:
        faults.append(Fault.ACTION_AS_PARAMETER)
        pressed = None
    return PanelEvent(
        dark=context.get("theme") == "dark",
        zone=_zone(context),
        patterns=patterns or (),
        rows=rows or USUAL_ROWS,
        page=_page(event, context),
        pressed=pressed,
        faults=tuple(faults),
    )


def _mapping(value: object) -> Fields:
    return value if isinstance(value, Mapping) else {}


def _number(value: object, *, most: int) -> int | None:
    """Read a whole number from 1 on. It may be text: YAML can quote a parameter, and a form field is always text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 1 <= value <= most else None


def _patterns(value: object) -> tuple[str, ...] | None:
    """Read a list of texts, or one text with commas; ``None`` if the value is neither."""
    if value is None:
        return ()
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return None
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _page(event: Fields, context: Fields) -> int:
    """Return the page that a button sends, else the one in the form of the table shown, so that a refresh keeps it."""
    form = _mapping(_mapping(context.get("forms")).get("all"))
    farthest = 10**9
    return _number(event.get("page"), most=farthest) or _number(form.get("page"), most=farthest) or 1


def _zone(context: Fields) -> timezone:
    """Read the dashboard's time zone from ``offsetISO``; ``offsetInMinutes`` counts west of Greenwich as positive.

    Source: aws-samples/cloudwatch-custom-widgets-samples, codeDeploy.js subtracts it.
    """
    offset = _mapping(context.get("timezone")).get("offsetISO")
    read = _OFFSET.fullmatch(offset) if isinstance(offset, str) else None
    if read is None:
        return UTC
    distance = timedelta(hours=int(read[2]), minutes=int(read[3]))
    return timezone(-distance if read[1] == "-" else distance) if distance else UTC
