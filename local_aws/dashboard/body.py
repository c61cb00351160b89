"""A dashboard body as types: the content of CloudWatch's JSON, with its defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from local_aws.dashboard.check import DashboardRefused, find_faults, split_row
from simulator.world.metrics import Metric
from simulator.world.statistics import Statistic

DEFAULT_RANGE: Final = timedelta(hours=3)
DEFAULT_PERIOD: Final = 300

_RANGE_UNITS: Final = {"TM": "minutes", "TH": "hours", "D": "days", "W": "weeks"}


@dataclass(frozen=True)
class Position:
    """A widget's place on the grid, in grid units from the grid's top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class TextWidget:
    """A text in Markdown."""

    position: Position
    markdown: str
    transparent: bool


@dataclass(frozen=True)
class CustomWidget:
    """A widget that shows a function's answer, requested each time the dashboard is shown.

    ``endpoint``: the function's ARN.
    """

    position: Position
    title: str
    endpoint: str


@dataclass(frozen=True)
class Row:
    """One line of a graph: a metric, or an expression that names other rows by their ids.

    ``statistic``: as it is written in the body, such as ``Sum`` or ``p90``.
    """

    identifier: str
    source: Metric | str
    label: str
    statistic: str
    period: timedelta
    color: str | None
    visible: bool
    on_right_axis: bool


@dataclass(frozen=True)
class Axis:
    """One y-axis; a bound that is not given follows the values."""

    label: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Annotation:
    """A line across the graph at a value. ``fill``: the side that is shaded, ``above``, ``below`` or ``none``."""

    value: float
    label: str
    color: str | None
    fill: str
    on_right_axis: bool


class View(StrEnum):
    """How a metric widget shows its values."""

    TIME_SERIES = "timeSeries"
    SINGLE_VALUE = "singleValue"
    BAR = "bar"


@dataclass(frozen=True)
class MetricWidget:
    """A graph, bars or a number.

    ``time_range``: replaces the dashboard's time range. ``whole_range``: each value covers the whole time range, not a
    period in it (``setPeriodToTimeRange``).
    """

    position: Position
    title: str
    view: View
    rows: tuple[Row, ...]
    time_range: timedelta | None
    whole_range: bool
    stacked: bool
    live_data: bool
    zone: timezone
    legend: str
    left: Axis
    right: Axis
    annotations: tuple[Annotation, ...]


Widget = TextWidget | CustomWidget | MetricWidget


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; ``keeps_periods``: each graph keeps its own period (``periodOverride`` is ``inherit``)."""

    time_range: timedelta
    keeps_periods: bool
    widgets: tuple[Widget, ...]


def read(body: str) -> Dashboard:
    """Check a dashboard body and read it.

    Raises ``DashboardRefused`` with all errors of the body.
    """
    try:
        document = json.loads(body)
    except ValueError as wrong:
        raise DashboardRefused([f"The dashboard body is not JSON: {wrong}."]) from wrong
    faults = find_faults(document)
    if faults:
        raise DashboardRefused(faults)
    return Dashboard(
        time_range=_time_range(document["start"]) if "start" in document else DEFAULT_RANGE,
        keeps_periods=document.get("periodOverride") == "inherit",
        widgets=tuple(_widget(widget) for widget in document["widgets"]),
    )


def _time_range(start: str) -> timedelta:
    time, number, unit = re.fullmatch(r"-P(T?)(\d+)([MHDW])", start).groups()  # type: ignore[union-attr]
    return timedelta(**{_RANGE_UNITS[time + unit]: int(number)})


def _widget(widget: Mapping[str, Any]) -> Widget:
    position = Position(widget["x"], widget["y"], widget["width"], widget["height"])
    properties = widget["properties"]
    if widget["type"] == "text":
        return TextWidget(position, properties["markdown"], properties.get("background") == "transparent")
    if widget["type"] == "custom":
        return CustomWidget(position, properties.get("title", ""), properties["endpoint"])
    axes = properties.get("yAxis", {})
    return MetricWidget(
        position=position,
        title=properties.get("title", ""),
        view=View(properties.get("view", View.TIME_SERIES)),
        rows=tuple(_rows(properties)),
        time_range=_time_range(properties["start"]) if "start" in properties else None,
        whole_range=properties.get("setPeriodToTimeRange", False),
        stacked=properties.get("stacked", False),
        live_data=properties.get("liveData", False),
        zone=_zone(properties.get("timezone", "+0000")),
        legend=properties.get("legend", {}).get("position", "bottom"),
        left=_axis(axes.get("left", {})),
        right=_axis(axes.get("right", {})),
        annotations=tuple(_annotations(properties.get("annotations", {}))),
    )


def _rows(properties: Mapping[str, Any]) -> Iterator[Row]:
    before: list[str] = []
    for number, row in enumerate(properties["metrics"]):
        names, rendering = split_row(row)
        if names:
            before = names = [before[at] if name == "." else name for at, name in enumerate(names)]
        source = rendering.get("expression") or Metric.of(
            names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))
        )
        # An id must begin with a letter, so an index in the list never equals an id.
        identifier = rendering.get("id", f"{number}")
        yield Row(
            identifier=identifier,
            source=source,
            label=rendering.get("label", names[1] if names else identifier),
            statistic=rendering.get("stat", properties.get("stat", Statistic.AVERAGE)),
            period=timedelta(seconds=rendering.get("period", properties.get("period", DEFAULT_PERIOD))),
            color=rendering.get("color"),
            visible=rendering.get("visible", True),
            on_right_axis=rendering.get("yAxis") == "right",
        )


def _axis(axis: Mapping[str, Any]) -> Axis:
    return Axis(axis.get("label", ""), axis.get("min"), axis.get("max"))


def _annotations(annotations: Mapping[str, Any]) -> Iterator[Annotation]:
    for annotation in annotations.get("horizontal", []):
        if annotation.get("visible", True):
            yield Annotation(
                value=float(annotation["value"]),
                label=annotation.get("label", ""),
                color=annotation.get("color"),
                fill=annotation.get("fill", "none"),
                on_right_axis=annotation.get("yAxis") == "right",
            )


def _zone(written: str) -> timezone:
    sign = -1 if written[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(written[1:3]), minutes=int(written[3:5])))
