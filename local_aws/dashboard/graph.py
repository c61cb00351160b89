"""One metric widget drawn on its card: lines or areas over time, or numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.ticker import MaxNLocator

from local_aws.dashboard.body import Annotation, Axis
from local_aws.dashboard.sheet import FAINT, RULE, Box, Sheet, font, shortened, text_width
from local_aws.dashboard.values import Line, WidgetValues

_COLORS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
"""The colours of lines whose row names none: the ten of d3, as in the console."""

_TITLE_SIZE: Final = 9.0
_TITLE_HEIGHT: Final = 0.38
_SIDE: Final = 0.14
_Y_LABELS: Final = 0.36
_X_LABELS: Final = 0.26
_LEGEND_SIZE: Final = 8.0
_LEGEND_LINE: Final = 0.18
_LEGEND_MARGIN: Final = 0.08
_LEGEND_INDENT: Final = 0.13
_LEGEND_MARK: Final = 0.35
_LEGEND_WIDTH: Final = 0.24
_ZONE_WIDTH: Final = 0.6
_MARGIN_OF_BOUNDS: Final = 0.015
_CLOCK_ONLY: Final = timedelta(hours=24)


def draw_graph(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Draw one metric widget's lines over time."""
    sheet.card(box)
    _write_title(sheet, box, values.title)
    colors = _colors(values.lines)
    legend = _legend_box(box, values)
    legend_right = legend.width if values.widget.legend == "right" else 0.0
    legend_below = legend.height if values.widget.legend == "bottom" else 0.0
    left = sheet.axes(
        box.inside(
            _SIDE + _Y_LABELS,
            _TITLE_HEIGHT,
            _SIDE + legend_right + (_Y_LABELS if _right_lines(values) else 0.1),
            _X_LABELS + max(legend_below, _LEGEND_LINE) + _LEGEND_MARGIN,
        )
    )
    _set_up_time(left, values)
    sides = [(left, values.widget.left, [line for line in values.lines if not line.row.on_right_axis], False)]
    if _right_lines(values):
        sides.append((_right_axes(left), values.widget.right, _right_lines(values), True))
    for axes, axis, lines, on_right in sides:
        _draw_lines(axes, values, lines, colors)
        annotations = [one for one in values.widget.annotations if one.on_right_axis == on_right]
        _bound(axes, axis, lines, annotations)
        for annotation in annotations:
            _draw_annotation(axes, annotation)
    if not any(line.points for line in values.lines):
        left.text(0.5, 0.5, "No data", transform=left.transAxes, ha="center", va="center", color=FAINT, fontsize=9)
    if values.widget.legend != "hidden":
        _draw_legend(sheet, legend, values.lines, colors)


def draw_numbers(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Draw one metric widget's newest values as numbers, side by side."""
    sheet.card(box)
    _write_title(sheet, box, values.title)
    inner = box.inside(_SIDE, _TITLE_HEIGHT, _SIDE, 0)
    step = inner.width / max(len(values.lines), 1)
    for number, (line, color) in enumerate(zip(values.lines, _colors(values.lines), strict=True)):
        left = inner.left + number * step
        written = "—" if line.newest is None else f"{line.newest:g}"
        baseline = inner.top + inner.height * 0.5
        sheet.text(left, baseline, written, font(20))
        sheet.text(left, baseline + 0.22, "■", font(_LEGEND_SIZE), color)
        sheet.text(left + _LEGEND_INDENT, baseline + 0.22, line.label, font(_LEGEND_SIZE))


def _write_title(sheet: Sheet, box: Box, title: str) -> None:
    bold = font(_TITLE_SIZE, bold=True)
    sheet.text(box.left + _SIDE, box.top + 0.25, shortened(title, box.width - 2 * _SIDE, bold), bold)


def _colors(lines: Sequence[Line]) -> list[str]:
    return [line.row.color or _COLORS[number % len(_COLORS)] for number, line in enumerate(lines)]


def _right_lines(values: WidgetValues) -> list[Line]:
    return [line for line in values.lines if line.row.on_right_axis]


def _right_axes(left: Axes) -> Axes:
    right = left.twinx()
    right.tick_params(labelsize=7.5, labelcolor=FAINT, length=0)
    for side in right.spines.values():
        side.set_visible(False)
    return right


def _set_up_time(axes: Axes, values: WidgetValues) -> None:
    zone = values.widget.zone
    axes.set_xlim(_across(values.start), _across(values.end))
    axes.xaxis.set_major_locator(AutoDateLocator(tz=zone, minticks=3, maxticks=9))  # type: ignore[no-untyped-call]
    written = "%H:%M" if values.end - values.start <= _CLOCK_ONLY else "%m-%d %H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(written, tz=zone))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=7.5, labelcolor=FAINT, length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, side in axes.spines.items():
        side.set_visible(name == "bottom")
        side.set_color(RULE)
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


def _draw_lines(axes: Axes, values: WidgetValues, lines: Sequence[Line], colors: Sequence[str]) -> None:
    stacked_so_far: dict[datetime, float] = {}
    for line in lines:
        color = colors[values.lines.index(line)]
        for piece in _pieces(line):
            floor = [stacked_so_far.get(at, 0.0) if values.widget.stacked else 0.0 for at in piece]
            tops = [below + line.points[at] for below, at in zip(floor, piece, strict=True)]
            across = [_across(at) for at in piece]
            # A period without a value is a gap: the console does not join what is on its two sides.
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
    axes.set_ylim(axis.minimum, axis.maximum)
    # A line that lies on a bound would be cut in half.
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - _MARGIN_OF_BOUNDS * (top - bottom), top + _MARGIN_OF_BOUNDS * (top - bottom))
    axes.set_ylabel(axis.label, fontsize=7.5, color=FAINT, parse_math=False)


def _draw_annotation(axes: Axes, annotation: Annotation) -> None:
    color = annotation.color or _COLORS[3]
    axes.axhline(annotation.value, color=color, linewidth=1, linestyle="--")
    bottom, top = axes.get_ylim()
    if annotation.fill != "none":
        edge = top if annotation.fill == "above" else bottom
        axes.axhspan(annotation.value, edge, color=color, alpha=0.1, linewidth=0)
        axes.set_ylim(bottom, top)
    # The label stands on the side of the line that has more room.
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


def _legend_box(box: Box, values: WidgetValues) -> Box:
    if values.widget.legend == "right":
        return box.inside(box.width * (1 - _LEGEND_WIDTH), _TITLE_HEIGHT, 0, 0)
    across = _legend_columns(values.lines, box.width - _SIDE - _ZONE_WIDTH)
    height = _LEGEND_LINE * ceil(len(values.lines) / across)
    return box.inside(_SIDE, box.height - height - _LEGEND_MARGIN, _ZONE_WIDTH, _LEGEND_MARGIN)


def _legend_columns(lines: Sequence[Line], width: float) -> int:
    widest = max((text_width(line.label, font(_LEGEND_SIZE)) for line in lines), default=0.0)
    return max(1, int(width / (widest + _LEGEND_MARK)))


def _draw_legend(sheet: Sheet, box: Box, lines: Sequence[Line], colors: Sequence[str]) -> None:
    columns = _legend_columns(lines, box.width)
    for number, (line, color) in enumerate(zip(lines, colors, strict=True)):
        row, column = divmod(number, columns)
        left = box.left + column * box.width / columns
        baseline = box.top + (row + 0.7) * _LEGEND_LINE
        sheet.text(left, baseline, "■", font(_LEGEND_SIZE), color)
        label = shortened(line.label, box.width / columns - _LEGEND_INDENT, font(_LEGEND_SIZE))
        sheet.text(left + _LEGEND_INDENT, baseline, label, font(_LEGEND_SIZE))
