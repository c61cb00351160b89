"""The text widget's Markdown, laid out in lines of words: headings, paragraphs, lists, tables, code, emphasis, links.

markdown-it reads the Markdown. An element that is not drawn here is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from matplotlib.font_manager import FontProperties

from local_aws.dashboard.sheet import POINTS_PER_INCH, text_width

TEXT_SIZE: Final = 9.0
_HEADING_SIZES: Final = {"h1": 14.0, "h2": 12.0, "h3": 10.5, "h4": 9.5}
_LINE_HEIGHT: Final = 1.5
_INDENT: Final = 0.2
_BULLET: Final = "•"


class MarkdownRefused(Exception):
    """The error for a text with Markdown that is not drawn."""


@dataclass(frozen=True)
class Style:
    """How a word is drawn; the size is in points."""

    size: float = TEXT_SIZE
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: bool = False

    @property
    def font(self) -> FontProperties:
        """The font of the word."""
        return FontProperties(
            family="DejaVu Sans Mono" if self.code else "DejaVu Sans",
            weight="bold" if self.bold else "normal",
            style="italic" if self.italic else "normal",
            size=self.size,
        )


@dataclass(frozen=True)
class Word:
    """Text without a line break, at its position: inches from the left edge and from the top to the baseline."""

    text: str
    style: Style
    left: float = 0.0
    top: float = 0.0

    @property
    def width(self) -> float:
        """The width of the drawn word, in inches."""
        return text_width(self.text, self.style.font)


@dataclass(frozen=True)
class _Block:
    """One paragraph: its words in order; ``None`` is a line break."""

    words: tuple[Word | None, ...]
    indent: float = 0.0
    space_before: float = 0.0


def lay_out(markdown: str, width: float) -> list[Word]:
    """Place every word of a text in a column that is ``width`` inches wide.

    Raises ``MarkdownRefused``.
    """
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(markdown))
    placed: list[Word] = []
    top = 0.0
    for block in _blocks(tree.children, indent=0.0):
        top += block.space_before if placed else 0.0
        for line in _lines(block, width):
            height = _LINE_HEIGHT * max((word.style.size for word in line), default=TEXT_SIZE) / POINTS_PER_INCH
            top += height
            left = block.indent
            for word in _joined(line):
                placed.append(replace(word, left=left, top=top - 0.3 * height))
                left += word.width
    return placed


def _joined(line: list[Word]) -> Iterator[Word]:
    """Join neighbouring words of one style, because the sum of their single widths is not exact."""
    for style, words in groupby(line, key=lambda word: word.style):
        yield Word("".join(word.text for word in words), style)


def _lines(block: _Block, width: float) -> Iterator[list[Word]]:
    line: list[Word] = []
    used = block.indent
    for word in block.words:
        if word is None or (line and used + word.width > width):
            yield line
            line, used = [], block.indent
        if word is not None:
            line.append(word)
            used += word.width
    yield line


def _blocks(nodes: list[SyntaxTreeNode], indent: float) -> Iterator[_Block]:
    for node in nodes:
        match node.type:
            case "heading":
                style = Style(size=_HEADING_SIZES.get(node.tag, TEXT_SIZE), bold=True)
                yield _Block(tuple(_words(node, style)), indent, space_before=0.08)
            case "paragraph":
                yield _Block(tuple(_words(node, Style())), indent, space_before=0.06)
            case "bullet_list" | "ordered_list":
                yield from _list_items(node, indent)
            case "fence" | "code_block":
                for line in node.content.rstrip("\n").split("\n"):
                    yield _Block((Word(line, Style(code=True)),), indent + _INDENT)
            case "table":
                yield from _table_rows(node, indent)
            case "hr":
                yield _Block((), indent)
            case other:
                raise MarkdownRefused(f"The Markdown element '{other}' is not drawn; write the text without it.")


def _list_items(node: SyntaxTreeNode, indent: float) -> Iterator[_Block]:
    for number, item in enumerate(node.children, start=1):
        mark = _BULLET if node.type == "bullet_list" else f"{number}."
        first, *rest = _blocks(item.children, indent + _INDENT)
        yield _Block((Word(f"{mark} ", Style()), *first.words), indent, space_before=0.02)
        yield from rest


def _table_rows(node: SyntaxTreeNode, indent: float) -> Iterator[_Block]:
    for section in node.children:
        for row in section.children:
            words: list[Word | None] = []
            for cell in row.children:
                words += [*_words(cell, Style(bold=section.type == "thead")), Word("   ", Style())]
            yield _Block(tuple(words), indent, space_before=0.02)


def _words(node: SyntaxTreeNode, style: Style) -> Iterator[Word | None]:
    for child in node.children:
        match child.type:
            case "inline":
                yield from _words(child, style)
            case "text":
                yield from (Word(part, style) for part in _split_after_spaces(child.content))
            case "code_inline":
                yield from (Word(part, replace(style, code=True)) for part in _split_after_spaces(child.content))
            case "strong":
                yield from _words(child, replace(style, bold=True))
            case "em":
                yield from _words(child, replace(style, italic=True))
            case "link":
                yield from _words(child, replace(style, link=True))
            case "softbreak":
                yield Word(" ", style)
            case "hardbreak":
                yield None
            case other:
                raise MarkdownRefused(f"The Markdown element '{other}' is not drawn; write the text without it.")


def _split_after_spaces(text: str) -> list[str]:
    return [part for part in text.replace(" ", " \0").split("\0") if part]
