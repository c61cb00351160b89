"""The stage and the route of a request (API Gateway Developer Guide, "Create routes for HTTP APIs"). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT: Final = "$default"
"""The name of the stage at the root of the URL, and the key of the route for requests that no other route takes."""

_ANY: Final = "ANY"
_EXACT, _VARIABLE, _GREEDY = range(3)


@dataclass(frozen=True)
class Match:
    """A route that takes a request, and the values of its path's variables."""

    key: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def staged(stages: Iterable[str], path: str) -> tuple[str, str] | None:
    """Return the stage and the path within it, ``None`` if there is no stage for the path.

    The first piece of the path names the stage; otherwise it is the default stage.
    """
    names = set(stages)
    first, _, rest = path.removeprefix("/").partition("/")
    if first in names - {DEFAULT}:
        return first, f"/{rest}"
    return (DEFAULT, path) if DEFAULT in names else None


def matching(keys: Iterable[str], method: str, path: str) -> Match | None:
    """Return the most specific route for a method and a decoded path, ``None`` if no route takes it.

    For each piece of the path, an exact piece comes before a variable, and a variable before a greedy one
    (``{proxy+}``). Then the method itself comes before ``ANY``. The default route comes last.
    """
    candidates: list[tuple[tuple[list[int], bool], Match]] = []
    default = None
    for key in keys:
        if key == DEFAULT:
            default = Match(key)
            continue
        route_method, _, pattern = key.partition(" ")
        if route_method not in (method, _ANY):
            continue
        taken = _variables(pattern, path)
        if taken is not None:
            kinds = [_kind(piece) for piece in _pieces(pattern)]
            candidates.append(((kinds, route_method == _ANY), Match(key, taken)))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else default


def _variables(pattern: str, path: str) -> dict[str, str] | None:
    """Return the values of the variables, ``None`` if the path does not match. No variable has an empty value."""
    wanted, given = _pieces(pattern), _pieces(path)
    taken: dict[str, str] = {}
    for index, piece in enumerate(wanted):
        kind = _kind(piece)
        if index >= len(given):
            return None
        if kind == _GREEDY:
            rest = "/".join(given[index:])
            return {**taken, piece[1:-2]: rest} if rest else None
        if kind == _VARIABLE and given[index]:
            taken[piece[1:-1]] = given[index]
        elif piece != given[index]:
            return None
    return taken if len(given) == len(wanted) else None


def _pieces(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _kind(piece: str) -> int:
    if not (piece.startswith("{") and piece.endswith("}")):
        return _EXACT
    return _GREEDY if piece.endswith("+}") else _VARIABLE
