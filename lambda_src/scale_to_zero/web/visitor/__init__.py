"""The answers to requests while a service does not run: to browsers, API clients and monitors."""

from __future__ import annotations

from .cached_health import CachedHealth
from .handler import answer_visitor, turn_away

__all__ = ["CachedHealth", "answer_visitor", "turn_away"]
