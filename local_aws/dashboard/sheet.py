"""The sheet that a dashboard is drawn on: boxes and texts, in inches from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

INK: Final = "#16191f"
FAINT: Final = "#687078"
RULE: Final = "#d5dbdb"
LINK: Final = "#0073bb"
BACKGROUND: Final = "#f2f3f3"
POINTS_PER_INCH: Final = 72

_CORNER: Final = 0.04
_UNDER_EVERYTHING: Final = -1


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet."""

    left: float
    top: float
    width: float
    height: float

    def inside(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Return the rectangle inside these margins."""
        return Box(self.left + left, self.top + top, self.width - left - right, self.height - top - bottom)


@dataclass(frozen=True)
class Sheet:
    """A figure with its width and height in inches."""

    figure: Figure
    width: float
    height: float

    def card(self, box: Box) -> None:
        """Draw the white card of a widget."""
        self.figure.add_artist(
            FancyBboxPatch(
                (box.left / self.width, 1 - (box.top + box.height) / self.height),
                box.width / self.width,
                box.height / self.height,
                boxstyle=f"round,pad=0,rounding_size={_CORNER / self.width}",
                # The figure's units are not square; without this the corners would not be round.
                mutation_aspect=self.width / self.height,
                facecolor="white",
                edgecolor=RULE,
                linewidth=0.8,
                zorder=_UNDER_EVERYTHING,
            )
        )

    def text(
        self, left: float, top: float, words: str, font: FontProperties, color: str = INK, align: str = "left"
    ) -> Text:
        """Write words with their baseline at ``top``; they are never read as formulas."""
        return self.figure.text(
            left / self.width,
            1 - top / self.height,
            words,
            fontproperties=font,
            color=color,
            ha=align,
            va="baseline",
            parse_math=False,
        )

    def axes(self, box: Box) -> Axes:
        """Add axes that fill a box."""
        return self.figure.add_axes(
            (
                box.left / self.width,
                1 - (box.top + box.height) / self.height,
                box.width / self.width,
                box.height / self.height,
            ),
            facecolor="none",
        )


def font(size: float, *, bold: bool = False) -> FontProperties:
    """Return the font of every text except Markdown. ``size``: in points."""
    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")


def text_width(words: str, font: FontProperties) -> float:
    """Return the width of drawn words, in inches."""
    # Matplotlib does not measure a space at the end, so a mark follows it.
    with_mark, _, _ = text_to_path.get_text_width_height_descent(f"{words}|", font, ismath=False)
    mark, _, _ = text_to_path.get_text_width_height_descent("|", font, ismath=False)
    return float(with_mark - mark) / POINTS_PER_INCH


def shortened(words: str, width: float, font: FontProperties) -> str:
    """Cut words to a width in inches; an ellipsis replaces what was cut."""
    if text_width(words, font) <= width:
        return words
    while words and text_width(f"{words}…", font) > width:
        words = words[:-1]
    return f"{words.rstrip()}…"
