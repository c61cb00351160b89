"""Where a call may go, and with which methods. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Route(StrEnum):
    """What is at a path; ``docs/openapi.yaml`` has the same."""

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
    """Where a call goes. ``key``: of the service that it names, which need not exist."""

    route: Route
    key: str = ""


def match_route(path: str) -> RouteMatch | None:
    """Where a path leads, ``None`` if nowhere."""
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
    """The path of one service; keys are letters, digits, hyphens and underscores."""
    return f"/services/{key}"
