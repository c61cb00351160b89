"""Every color can be read in both themes, on every background of CloudWatch: WCAG 2.1, 1.4.3 and 1.4.11."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

import scale_to_zero.web.panel

CSS: Final = (Path(scale_to_zero.web.panel.__file__).parent / "panel.css").read_text(encoding="utf-8")
BACKGROUNDS: Final = {
    # The backgrounds of the console's widgets, and of the heads of AWS's own tables. The dark ones have changed over
    # the years: these are the newest and the oldest console, and the cells in a sample of AWS (costExplorerReport.js).
    "light": ["#ffffff", "#fafafa"],
    "dark": ["#0f1b2a", "#161d26", "#192534", "#2a2e33"],
}
READ: Final = ["ink", "quiet", "link", "awake", "asleep", "waking", "failed"]
AS_TEXT: Final = 4.5


def colors(theme: str) -> dict[str, str]:
    [block] = re.findall(rf"\.s2z-{theme} \{{(.*?)\}}", CSS, re.DOTALL)
    return {name: long(value) for name, value in re.findall(r"--s2z-([\w-]+): (#[0-9a-f]+);", block)}


def long(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])


def luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_defines_it() -> None:
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#ffffff", "#767676"), 2) == 4.54


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_text_can_be_read(theme: str, name: str) -> None:
    for background in [*BACKGROUNDS[theme], colors(theme)["hover"]]:
        assert contrast(colors(theme)[name], background) >= AS_TEXT, background


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_a_sign_on_a_disc_and_the_label_of_a_button_under_the_mouse_pointer_can_be_read(theme: str) -> None:
    palette = colors(theme)
    assert contrast(palette["on-failed"], palette["failed"]) >= AS_TEXT
    assert contrast(palette["on-failed"], palette["link"]) >= AS_TEXT


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_the_shape_of_a_disc_can_be_seen(theme: str) -> None:
    """The lit part of the disc distinguishes the phases without color."""
    palette = colors(theme)
    for lit in ("awake", "asleep", "waking"):
        assert contrast(palette[lit], palette["unlit"]) >= 3


def test_both_themes_have_every_color() -> None:
    assert set(colors("light")) == set(colors("dark"))
    used = set(re.findall(r"var\(--s2z-([\w-]+)\)", CSS))
    assert used == set(colors("light"))
