"""Drawing one metric widget on its card as numbers or as bars: one value of each line, not its history."""

from __future__ import annotations

from matplotlib.ticker import MaxNLocator

from local_aws.dashboard.frame import (
    LEGEND_INDENT,
    LEGEND_SIZE,
    SIDE,
    TITLE_HEIGHT,
    colors,
    draw_legend,
    graph_box,
    legend_box,
    plain_axes,
    write_no_data,
    write_title,
)
from local_aws.dashboard.sheet import FAINT, Box, Sheet, font
from local_aws.dashboard.values import WidgetValues


def draw_numbers(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Draw one metric widget's newest values as numbers, side by side."""
    sheet.card(box)
    write_title(sheet, box, values.title)
    inner = box.inside(SIDE, TITLE_HEIGHT, SIDE, 0)
    step = inner.width / max(len(values.lines), 1)
    for number, (line, color) in enumerate(zip(values.lines, colors(values.lines), strict=True)):
        left = inner.left + number * step
        written = "—" if line.newest is None else f"{line.newest:g}"
        baseline = inner.top + inner.height * 0.5
        sheet.text(left, baseline, written, font(20))
        sheet.text(left, baseline + 0.22, "■", font(LEGEND_SIZE), color)
        sheet.text(left + LEGEND_INDENT, baseline + 0.22, line.label, font(LEGEND_SIZE))


def draw_bars(sheet: Sheet, box: Box, values: WidgetValues) -> None:
    """Draw one metric widget's newest values as bars, one for each line; bars in the console have no time axis."""
    sheet.card(box)
    write_title(sheet, box, values.title)
    legend = legend_box(box, values)
    axes = sheet.axes(graph_box(box, values, legend, right=0.0, below=0.0))
    plain_axes(axes)
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_ylabel(values.widget.left.label, fontsize=7.5, color=FAINT, parse_math=False)
    for index, (line, color) in enumerate(zip(values.lines, colors(values.lines), strict=True)):
        if line.newest is not None:
            axes.bar(index, line.newest, width=0.7, color=color)
    axes.set_xlim(-0.6, len(values.lines) - 0.4)
    if not any(line.points for line in values.lines):
        write_no_data(axes)
    draw_legend(sheet, legend, values)
