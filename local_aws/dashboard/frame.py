"""The parts of every metric widget around its values: the title, the colours, the legend."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from matplotlib.axes import Axes

from local_aws.dashboard.body import View
from local_aws.dashboard.sheet import FAINT, RULE, Box, Sheet, font, shortened, text_width
from local_aws.dashboard.values import Line, WidgetValues

COLORS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
"""The colours of lines whose row names none: the colours of d3, as in the console."""

TITLE_HEIGHT: Final = 0.38
SIDE: Final = 0.14
Y_LABELS: Final = 0.36
_Y_LABEL_WIDTH: Final = 0.16
LEGEND_SIZE: Final = 8.0
_LEGEND_LINE: Final = 0.18
_LEGEND_MARGIN: Final = 0.08
LEGEND_INDENT: Final = 0.13
_LEGEND_MARK: Final = 0.35
_LEGEND_WIDTH: Final = 0.24
_ZONE_WIDTH: Final = 0.6
_TITLE_SIZE: Final = 9.0


def write_title(sheet: Sheet, box: Box, title: str) -> None:
    """Write a widget's title, cut to its width."""
    bold = font(_TITLE_SIZE, bold=True)
    sheet.text(box.left + SIDE, box.top + 0.25, shortened(title, box.width - 2 * SIDE, bold), bold)


def colors(lines: Sequence[Line]) -> list[str]:
    """Return the colour of each line: the colour of its row, or the next usual one."""
    return [line.row.color or COLORS[number % len(COLORS)] for number, line in enumerate(lines)]


def plain_axes(axes: Axes) -> None:
    """Reduce the axes to what the console shows: faint numbers, horizontal lines, a line at the bottom."""
    axes.tick_params(labelsize=7.5, labelcolor=FAINT, length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, side in axes.spines.items():
        side.set_visible(name == "bottom")
        side.set_color(RULE)


def write_no_data(axes: Axes) -> None:
    """Write "No data" into the axes."""
    axes.text(0.5, 0.5, "No data", transform=axes.transAxes, ha="center", va="center", color=FAINT, fontsize=9)


def legend_box(box: Box, values: WidgetValues) -> Box:
    """Return the box of the legend: right of the graph or below it."""
    if values.widget.legend == "right":
        return box.inside(box.width * (1 - _LEGEND_WIDTH), TITLE_HEIGHT, 0, 0)
    # If there is a time axis, the time zone is beside the legend.
    beside = _ZONE_WIDTH if values.widget.view is View.TIME_SERIES else SIDE
    across = _legend_columns(values.lines, box.width - SIDE - beside)
    height = _LEGEND_LINE * ceil(len(values.lines) / across)
    return box.inside(SIDE, box.height - height - _LEGEND_MARGIN, beside, _LEGEND_MARGIN)


def graph_box(box: Box, values: WidgetValues, legend: Box, right: float, below: float) -> Box:
    """Return the box that title, labels and legend leave free.

    ``right`` and ``below``: the space for labels beside the axes.
    """
    position = values.widget.legend
    return box.inside(
        SIDE + Y_LABELS + (_Y_LABEL_WIDTH if values.widget.left.label else 0.0),
        TITLE_HEIGHT,
        SIDE + (legend.width if position == "right" else 0.0) + right,
        below + max(legend.height if position == "bottom" else 0.0, _LEGEND_LINE) + _LEGEND_MARGIN,
    )


def _legend_columns(lines: Sequence[Line], width: float) -> int:
    widest = max((text_width(line.label, font(LEGEND_SIZE)) for line in lines), default=0.0)
    return max(1, int(width / (widest + _LEGEND_MARK)))


def draw_legend(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Write each line's label beside its colour, unless the legend is hidden."""
    lines = () if values.widget.legend == "hidden" else values.lines
    columns = _legend_columns(lines, box.width)
    for number, (line, color) in enumerate(zip(lines, colors(lines), strict=True)):
        row, column = divmod(number, columns)
        left = box.left + column * box.width / columns
        baseline = box.top + (row + 0.7) * _LEGEND_LINE
        sheet.text(left, baseline, "■", font(LEGEND_SIZE), color)
        label = shortened(line.label, box.width / columns - LEGEND_INDENT, font(LEGEND_SIZE))
        sheet.text(left + LEGEND_INDENT, baseline, label, font(LEGEND_SIZE))
