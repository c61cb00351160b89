"""Drawing one metric widget on its card: lines or areas over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from math import ceil
from typing import Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, DateLocator, DayLocator, date2num
from matplotlib.ticker import MaxNLocator

from local_aws.dashboard.body import Annotation, Axis
from local_aws.dashboard.frame import (
    COLORS,
    Y_LABELS,
    colors,
    draw_legend,
    graph_box,
    legend_box,
    plain_axes,
    write_no_data,
    write_title,
)
from local_aws.dashboard.sheet import FAINT, Box, Sheet, font, text_width
from local_aws.dashboard.values import Line, WidgetValues

_X_LABELS: Final = 0.26
_MARGIN_OF_BOUNDS: Final = 0.015
_TIME_SIZE: Final = 7.5
_BETWEEN_TIMES: Final = 0.18
_CLOCK_ONLY: Final = timedelta(hours=24)
_CLOCK_SHOWN: Final = timedelta(days=3)


def draw_graph(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Draw one metric widget's lines over time."""
    sheet.card(box)
    write_title(sheet, box, values.title)
    legend = legend_box(box, values)
    inner = graph_box(box, values, legend, right=Y_LABELS if _right_lines(values) else 0.1, below=_X_LABELS)
    left = sheet.axes(inner)
    _set_up_time(left, values, inner.width)
    sides = [(left, values.widget.left, [line for line in values.lines if not line.row.on_right_axis], False)]
    if _right_lines(values):
        sides.append((_right_axes(left), values.widget.right, _right_lines(values), True))
    for axes, axis, lines, on_right in sides:
        _draw_lines(axes, values, lines)
        annotations = [one for one in values.widget.annotations if one.on_right_axis == on_right]
        _bound(axes, axis, lines, annotations)
        for annotation in annotations:
            _draw_annotation(axes, annotation)
    if not any(line.points for line in values.lines):
        write_no_data(left)
    draw_legend(sheet, legend, values)


def _right_lines(values: WidgetValues) -> list[Line]:
    return [line for line in values.lines if line.row.on_right_axis]


def _right_axes(left: Axes) -> Axes:
    right = left.twinx()
    right.tick_params(labelsize=7.5, labelcolor=FAINT, length=0)
    for side in right.spines.values():
        side.set_visible(False)
    return right


def _set_up_time(axes: Axes, values: WidgetValues, width: float) -> None:
    zone = values.widget.zone
    axes.set_xlim(_across(values.start), _across(values.end))
    written = _written(values.end - values.start)
    most = int(width / (text_width(values.end.strftime(written), font(_TIME_SIZE)) + _BETWEEN_TIMES))
    axes.xaxis.set_major_locator(_instants(values.end - values.start, most, zone))
    axes.xaxis.set_major_formatter(DateFormatter(written, tz=zone))  # type: ignore[no-untyped-call]
    plain_axes(axes)
    axes.annotate(
        str(zone.tzname(None)),
        (1, 0),
        xycoords="axes fraction",
        xytext=(0, -26),
        textcoords="offset points",
        ha="right",
        fontsize=6.5,
        color=FAINT,
    )


def _written(time_range: timedelta) -> str:
    if time_range <= _CLOCK_ONLY:
        return "%H:%M"
    return "%m-%d %H:%M" if time_range <= _CLOCK_SHOWN else "%m-%d"


def _instants(time_range: timedelta, most: int, zone: timezone) -> DateLocator:
    """Choose the instants that are written below a graph, at most ``most``."""
    if time_range <= _CLOCK_SHOWN:
        return AutoDateLocator(tz=zone, minticks=min(3, most), maxticks=most)  # type: ignore[no-untyped-call]
    return DayLocator(interval=ceil(time_range / timedelta(days=most)), tz=zone)  # type: ignore[no-untyped-call]


def _draw_lines(axes: Axes, values: WidgetValues, lines: Sequence[Line]) -> None:
    stacked_so_far: dict[datetime, float] = {}
    for line in lines:
        color = colors(values.lines)[values.lines.index(line)]
        for piece in _pieces(line):
            floor = [stacked_so_far.get(at, 0.0) if values.widget.stacked else 0.0 for at in piece]
            tops = [below + line.points[at] for below, at in zip(floor, piece, strict=True)]
            across = [_across(at) for at in piece]
            # A period without a value is a gap: the console does not connect its two sides.
            axes.plot(across, tops, color=color, linewidth=1.5, marker="o" if len(piece) == 1 else None, markersize=3)
            if values.widget.stacked:
                axes.fill_between(across, floor, tops, color=color, alpha=0.35, linewidth=0)
                stacked_so_far |= dict(zip(piece, tops, strict=True))


def _across(at: datetime) -> float:
    return float(date2num(at))  # type: ignore[no-untyped-call]


def _pieces(line: Line) -> Iterator[list[datetime]]:
    piece: list[datetime] = []
    for at in sorted(line.points):
        if piece and at - piece[-1] > line.row.period:
            yield piece
            piece = []
        piece.append(at)
    if piece:
        yield piece


def _bound(axes: Axes, axis: Axis, lines: Sequence[Line], annotations: Sequence[Annotation]) -> None:
    shown = [value for line in lines for value in line.points.values()] + [one.value for one in annotations]
    axes.update_datalim([(axes.get_xlim()[0], one.value) for one in annotations])
    if shown:
        axes.autoscale_view(scalex=False)
    else:
        axes.set_ylim(0, 1)
    if all(float(value).is_integer() for value in shown):
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if shown and not any(shown):
        # If all values are zero, the scale would show fractions.
        axes.set_ylim(0, 1)
    axes.set_ylim(axis.minimum, axis.maximum)
    # Without a margin, a line on a bound would be cut in half.
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - _MARGIN_OF_BOUNDS * (top - bottom), top + _MARGIN_OF_BOUNDS * (top - bottom))
    axes.set_ylabel(axis.label, fontsize=7.5, color=FAINT, parse_math=False)


def _draw_annotation(axes: Axes, annotation: Annotation) -> None:
    color = annotation.color or COLORS[3]
    axes.axhline(annotation.value, color=color, linewidth=1, linestyle="--")
    bottom, top = axes.get_ylim()
    if annotation.fill != "none":
        edge = top if annotation.fill == "above" else bottom
        axes.axhspan(annotation.value, edge, color=color, alpha=0.1, linewidth=0)
        axes.set_ylim(bottom, top)
    # The label is on the side of the line that has more room.
    low = annotation.value < (bottom + top) / 2
    axes.annotate(
        annotation.label,
        (0, annotation.value),
        xycoords=("axes fraction", "data"),
        xytext=(3, 3 if low else -3),
        textcoords="offset points",
        va="bottom" if low else "top",
        fontsize=7.5,
        color=color,
        parse_math=False,
    )
