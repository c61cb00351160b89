"""What CloudWatch sends to the panel: its event, read. Pure.

The widget's parameters are what its author wrote into the dashboard; a button sends its own fields beside them.
Whatever is in either is hostile: it is compared, or shown with everything escaped.
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
"""A row takes 2 to 3 KB; an answer of a function may have 6 MB (AWS Lambda quotas)."""
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
    """A button that was pressed, as it was sent: neither is known to be one of ours."""

    action: object
    service: object


@dataclass(frozen=True)
class PanelEvent:
    """One call of the panel.

    ``patterns``: of the keys of the services to show, all of them without any. ``page``: from 1, and perhaps past the
    last one. ``zone``: of the times to show. ``describes``: nothing but the documentation is wanted.
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
    """Read an event; what cannot be read is as if it were not there, and reported in ``faults``."""
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
    # A parameter is sent again with every refresh: anyone who may edit the dashboard would act as its viewers.
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
    """A whole number from 1 on, perhaps written as text: a parameter may be quoted in YAML, a form field always is."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 1 <= value <= most else None


def _patterns(value: object) -> tuple[str, ...] | None:
    """Texts, or one with commas between several; ``None`` if it is neither."""
    if value is None:
        return ()
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return None
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _page(event: Fields, context: Fields) -> int:
    """What a button sends, else what is in the form of the table that is shown: a refresh keeps the page."""
    form = _mapping(_mapping(context.get("forms")).get("all"))
    farthest = 10**9
    return _number(event.get("page"), most=farthest) or _number(form.get("page"), most=farthest) or 1


def _zone(context: Fields) -> timezone:
    """The dashboard's. Only ``offsetISO`` is read: ``offsetInMinutes`` counts west of Greenwich as positive.

    Source: aws-samples/cloudwatch-custom-widgets-samples, codeDeploy.js subtracts it.
    """
    offset = _mapping(context.get("timezone")).get("offsetISO")
    read = _OFFSET.fullmatch(offset) if isinstance(offset, str) else None
    if read is None:
        return UTC
    distance = timedelta(hours=int(read[2]), minutes=int(read[3]))
    return timezone(-distance if read[1] == "-" else distance) if distance else UTC
