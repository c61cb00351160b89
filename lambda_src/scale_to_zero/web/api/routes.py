"""The routes of the API and their methods. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Route(StrEnum):
    """The paths of the API, as in ``docs/openapi.yaml``."""

    SERVICES = "/services"
    SERVICE = "/services/{service}"
    WAKE = "/services/{service}/wake"
    SLEEP = "/services/{service}/sleep"
    HOLD = "/services/{service}/hold"
    HOLD_ALL = "/hold"


METHODS: Final[Mapping[Route, tuple[str, ...]]] = {
    Route.SERVICES: ("GET",),
    Route.SERVICE: ("GET",),
    Route.WAKE: ("POST",),
    Route.SLEEP: ("POST",),
    Route.HOLD: ("DELETE", "PUT"),
    Route.HOLD_ALL: ("DELETE", "PUT"),
}
KNOWN_METHODS: Final = frozenset(method for methods in METHODS.values() for method in methods)


class RouteMatch(NamedTuple):
    """The route of a call. ``key``: the key in the path; a service with this key need not exist."""

    route: Route
    key: str = ""


def match_route(path: str) -> RouteMatch | None:
    """Return the route of a path, ``None`` if there is none."""
    match path.split("/"):
        case ["", "services"]:
            return RouteMatch(Route.SERVICES)
        case ["", "hold"]:
            return RouteMatch(Route.HOLD_ALL)
        case ["", "services", key]:
            return RouteMatch(Route.SERVICE, key)
        case ["", "services", key, ("wake" | "sleep" | "hold") as what]:
            return RouteMatch(Route(f"/services/{{service}}/{what}"), key)
    return None


def path_to(key: str) -> str:
    """Return the path of one service; keys consist of letters, digits, hyphens and underscores."""
    return f"/services/{key}"
