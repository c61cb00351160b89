"""The panel's HTML as a viewer in CloudWatch sees it: notices, rows by column, and buttons with what they send.

HTML that is not well nested fails the test that reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

VOID: Final = frozenset({"input"})


@dataclass
class Element:
    """One element; ``children`` are elements and texts."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, tag: str | None = None, cls: str | None = None) -> Iterator[Element]:
        """Yield this element and all elements within it, of a tag or a class."""
        if tag in (None, self.tag) and (cls is None or cls in self.attributes.get("class", "").split()):
            yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all(tag, cls)

    def text(self) -> str:
        """Return the text that a viewer reads, without the payloads of buttons and the style sheets."""
        if self.tag in ("cwdb-action", "style"):
            return ""
        texts = (child if isinstance(child, str) else child.text() for child in self.children)
        return re.sub(" +", " ", " ".join(texts)).strip(" ")


@dataclass(frozen=True)
class Pressable:
    """A button: its label, the function it calls, what it sends, and the question that it asks first."""

    label: str
    endpoint: str
    payload: dict[str, Any]
    confirmation: str | None


@dataclass(frozen=True)
class Shown:
    """The panel. ``rows``: by service, the text of each column."""

    html: str
    root: Element

    @property
    def notices(self) -> list[str]:
        """The sentences above the table."""
        return [notice.text() for notice in self.root.all(cls="s2z-notice")]

    @property
    def held_with_all(self) -> str:
        """Until when all services are held, and the labels of the buttons beside it."""
        return " ".join(line.text() for line in self.root.all(cls="s2z-all"))

    @property
    def buttons_for_all(self) -> dict[str, Pressable]:
        """The buttons that concern all services, by their labels."""
        return {button.label: button for line in self.root.all(cls="s2z-all") for button in _buttons(line)}

    @property
    def all_is_well(self) -> bool:
        """Whether no notice reports something wrong."""
        return not [*self.root.all(cls="s2z-bad")]

    @property
    def columns(self) -> list[str]:
        """The heads of the table."""
        return [head.text() for table in self.root.all("thead") for head in table.all("th")]

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        """The text of each column, by service."""
        rows = {}
        for row in self._rows():
            cells = [cell.text() for cell in row.children if isinstance(cell, Element)]
            rows[_key(row)] = dict(zip(self.columns, cells, strict=True))
        return rows

    @property
    def causes(self) -> list[str]:
        """The texts below rows."""
        return [row.text() for row in self.root.all("tr", "s2z-why")]

    @property
    def caption(self) -> str:
        """The text below the table."""
        return " ".join(caption.text() for caption in self.root.all("caption"))

    @property
    def counted(self) -> str:
        """How many services are in each state."""
        return " ".join(part.text() for part in self.root.all(cls="s2z-counted"))

    def buttons(self, key: str | None = None) -> list[Pressable]:
        """Return the buttons of a service, or the buttons that lead to other pages."""
        within = [row for row in self._rows() if _key(row) == key] if key else [*self.root.all(cls="s2z-pager")]
        return [button for element in within for button in _buttons(element)]

    def button(self, label: str, key: str | None = None) -> Pressable:
        """Return the button with this label."""
        [found] = [button for button in self.buttons(key) if button.label == label]
        return found

    def field(self, name: str) -> str:
        """Return the value of a field of the widget's form."""
        [found] = [one for form in self.root.all("form") for one in form.all("input") if one.attributes["name"] == name]
        return found.attributes["value"]

    def _rows(self) -> list[Element]:
        return [
            row for body in self.root.all("tbody") for row in body.all("tr") if row.attributes.get("class") != "s2z-why"
        ]


def read(html: object) -> Shown:
    """Read what the function answered. Raises ``AssertionError`` if this is not HTML, or not well nested."""
    assert isinstance(html, str)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert [element.tag for element in reader.open] == ["#document"], "an element is not closed"
    return Shown(html, reader.open[0])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("#document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> ends another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def _key(row: Element) -> str:
    [head] = row.all("th")
    name = head.children[0]
    assert isinstance(name, Element)
    return name.text()


def _buttons(element: Element) -> Iterator[Pressable]:
    """Yield the buttons: each ``cwdb-action`` makes a button of the element right before it."""
    for parent in element.all():
        for before, action in zip(parent.children, parent.children[1:], strict=False):
            if isinstance(action, Element) and action.tag == "cwdb-action":
                assert isinstance(before, Element)
                assert before.tag == "a", "an element that is not a button would act"
                assert (action.attributes["action"], action.attributes["display"]) == ("call", "widget")
                [payload] = action.children
                assert isinstance(payload, str)
                attributes = action.attributes
                yield Pressable(
                    before.text(), attributes["endpoint"], json.loads(payload), attributes.get("confirmation")
                )
