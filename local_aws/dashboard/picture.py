"""Drawing a dashboard as one picture, on CloudWatch's grid of 24 columns."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox, TransformedBbox

from local_aws.dashboard.body import CustomWidget, Dashboard, TextWidget, View, read
from local_aws.dashboard.check import GRID_COLUMNS
from local_aws.dashboard.frame import write_title
from local_aws.dashboard.graph import draw_graph
from local_aws.dashboard.markdown import lay_out
from local_aws.dashboard.sheet import BACKGROUND, FAINT, INK, LINK, Box, Sheet, font
from local_aws.dashboard.single_values import draw_bars, draw_numbers
from local_aws.dashboard.values import graph_values
from simulator.world.metrics import MetricStore

# The proportions of the console's grid in a window of a usual width, in inches.
_COLUMN: Final = 0.56
_ROW: Final = 0.46
_GAP: Final = 0.05
_MARGIN: Final = 0.2
_HEADER: Final = 0.42
_TEXT_MARGIN: Final = 0.14
_DOTS_PER_INCH: Final = 120
_HIGHEST_IMAGE: Final = 2**16 - 1
"""The largest height of an image that Matplotlib draws, in dots."""

_DRAWN_AS: Final = {View.TIME_SERIES: draw_graph, View.SINGLE_VALUE: draw_numbers, View.BAR: draw_bars}


def draw(name: str, body: str, store: MetricStore, at: datetime, file: Path) -> None:
    """Draw a dashboard, by its name and body, as the console shows it at ``at``, into a PNG file.

    Raises ``DashboardRefused``, ``ExpressionRefused`` or ``MarkdownRefused`` if it cannot be drawn.
    """
    dashboard = read(body)
    rows = max((widget.position.y + widget.position.height for widget in dashboard.widgets), default=1)
    width = 2 * _MARGIN + GRID_COLUMNS * _COLUMN
    height = 2 * _MARGIN + _HEADER + rows * _ROW
    sheet = Sheet(Figure(figsize=(width, height), facecolor=BACKGROUND), width, height)
    _draw_header(sheet, name, dashboard, at)
    for widget in dashboard.widgets:
        box = Box(
            left=_MARGIN + widget.position.x * _COLUMN + _GAP,
            top=_MARGIN + _HEADER + widget.position.y * _ROW + _GAP,
            width=widget.position.width * _COLUMN - 2 * _GAP,
            height=widget.position.height * _ROW - 2 * _GAP,
        )
        if isinstance(widget, TextWidget):
            _draw_text(sheet, box, widget)
        elif isinstance(widget, CustomWidget):
            _draw_placeholder(sheet, box, widget)
        else:
            _DRAWN_AS[widget.view](sheet, box, graph_values(dashboard, widget, store, at))
    FigureCanvasAgg(sheet.figure)
    # With hinting, letters would be narrower or wider than they were measured.
    with rc_context({"text.hinting": "no_hinting"}):
        sheet.figure.savefig(file, format="png", dpi=min(_DOTS_PER_INCH, int(_HIGHEST_IMAGE / height)))


def _draw_header(sheet: Sheet, name: str, dashboard: Dashboard, at: datetime) -> None:
    baseline = _MARGIN + 0.22
    sheet.text(_MARGIN + _GAP, baseline, name, font(13, bold=True))
    time_range = f"{at - dashboard.time_range:%Y-%m-%d %H:%M} – {at:%Y-%m-%d %H:%M %Z}"
    sheet.text(sheet.width - _MARGIN - _GAP, baseline, time_range, font(9), FAINT, align="right")


def _draw_placeholder(sheet: Sheet, box: Box, widget: CustomWidget) -> None:
    """Draw a placeholder for a custom widget, which shows an answer of its function only in the console."""
    sheet.card(box)
    write_title(sheet, box, widget.title)
    sheet.text(
        box.left + box.width / 2,
        box.top + box.height / 2,
        f"Interactive: the answer of the function {widget.endpoint.rpartition(':')[2]} is shown here.",
        font(9),
        FAINT,
        align="center",
    )


def _draw_text(sheet: Sheet, box: Box, widget: TextWidget) -> None:
    if not widget.transparent:
        sheet.card(box)
    inner = box.inside(_TEXT_MARGIN, _TEXT_MARGIN / 2, _TEXT_MARGIN, 0)
    card = TransformedBbox(
        Bbox.from_bounds(
            box.left / sheet.width,
            1 - (box.top + box.height) / sheet.height,
            box.width / sheet.width,
            box.height / sheet.height,
        ),
        sheet.figure.transFigure,
    )
    for word in lay_out(widget.markdown, inner.width):
        text = sheet.text(
            inner.left + word.left,
            inner.top + word.top,
            word.text,
            word.style.font,
            LINK if word.style.link else INK,
        )
        # The console scrolls a text that is longer than its widget; the picture cuts it off.
        text.set_clip_box(card)
        text.set_clip_on(True)
