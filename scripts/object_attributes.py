"""The attributes of a variable that is an object: type and default from its HCL type, prose from its description.

A description has one bullet for each attribute, nested as the objects are: "- `name`: what it is". One bullet can name
several attributes with the same type and default. A bullet with "like one of `rules`" needs no bullets below it for the
attributes that its neighbour `rules` has too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import hcl2
from hcl2.rules.containers import ObjectRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.utils import SerializationContext

BULLET: Final = re.compile(r"(?P<indent> *)- (?P<names>`\w+`(?:, `\w+`)*): (?P<prose>.*)")
LIKE_A_NEIGHBOUR: Final = re.compile(r"like one of `(\w+)`")
SPACES_A_LEVEL: Final = 2


@dataclass(frozen=True)
class Attribute:
    """An attribute. ``kind`` is its type, in HCL unless it is an object.

    ``attributes`` are those of the object that it is, or that it contains, by name.
    """

    kind: str
    default: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Type and default, for instance ``number, default `20```."""
        return f"{self.kind}, {self.default}"


@dataclass
class _Level:
    """The bullets that describe the attributes of one object."""

    owner: str
    attributes: Mapping[str, Attribute]
    described: set[str] = field(default_factory=set)


def kind_of(hcl_type: str) -> str:
    """Return a type as it is shown: in HCL, but an object without its attributes."""
    return _attribute("", hcl_type).kind


def attributes_of(hcl_type: str) -> Mapping[str, Attribute]:
    """Return the attributes of a type that is an object or a map of objects. Other types have none."""
    return _attribute("", hcl_type).attributes


def with_types(variable: str, hcl_type: str, description: Sequence[str]) -> list[str]:
    """Return the lines of a description, each bullet with the type and default of its attribute.

    Raise ``SystemExit`` if an attribute has no bullet, or a bullet has no attribute.
    """
    levels = [_Level(variable, attributes_of(hcl_type))]
    lines = []
    for line in description:
        bullet = BULLET.fullmatch(line)
        if bullet is None:
            lines.append(line)
            continue
        while len(levels) - 1 > len(bullet["indent"]) // SPACES_A_LEVEL:
            _close(levels.pop())
        names = re.findall(r"\w+", bullet["names"])
        described = [_described(levels[-1], name) for name in names]
        if len({attribute.shown for attribute in described}) > 1:
            raise SystemExit(f"{variable}: {bullet['names']} differ in type or default. Give each its own bullet.")
        each = "each " if len(names) > 1 else ""
        lines.append(f"{bullet['indent']}- {bullet['names']} ({each}{described[0].shown}): {bullet['prose']}")
        if described[0].attributes:
            levels.append(_level_of(levels[-1], names[0], bullet["prose"]))
    while levels:
        _close(levels.pop())
    return lines


def _described(level: _Level, name: str) -> Attribute:
    if name not in level.attributes:
        raise SystemExit(f"{level.owner} has no attribute {name}. Correct the bullet in its description.")
    level.described.add(name)
    return level.attributes[name]


def _level_of(level: _Level, name: str, prose: str) -> _Level:
    attributes = level.attributes[name].attributes
    neighbour = LIKE_A_NEIGHBOUR.search(prose)
    alike = level.attributes[neighbour[1]].attributes if neighbour else {}
    return _Level(f"{level.owner}.{name}", attributes, {one for one in attributes if attributes[one] == alike.get(one)})


def _close(level: _Level) -> None:
    missing = [name for name in level.attributes if name not in level.described]
    if missing:
        raise SystemExit(f"The description of {level.owner} has no bullet for: {', '.join(missing)}. Add it.")


def _attribute(default: str, hcl_type: str) -> Attribute:
    [statement] = hcl2.parses(f"type = {hcl_type}\n").body.children[:1]
    return _of_type(statement.expression.expression, default)


def _of_type(expression: Any, default: str) -> Attribute:
    """Read a type. An optional type has its own default."""
    if not isinstance(expression, FunctionCallRule):
        return Attribute(_hcl(expression), default)
    name = _hcl(expression.identifiers[0])
    arguments: Any = expression.arguments
    inner, *rest = (argument.expression for argument in arguments.arguments)
    if name == "optional":
        return _of_type(inner, f"default `{_hcl(rest[0])}`" if rest else "optional")
    if name == "object":
        assert isinstance(inner, ObjectRule)
        attributes = {
            _hcl(element.key): _of_type(element.expression.expression, "required") for element in inner.elements
        }
        return Attribute("object", default, attributes)
    inner = _of_type(inner, "")
    return Attribute(f"{name} of objects" if inner.attributes else f"{name}({inner.kind})", default, inner.attributes)


def _hcl(expression: Any) -> str:
    return str(expression.serialize(context=SerializationContext(inside_dollar_string=True)))
