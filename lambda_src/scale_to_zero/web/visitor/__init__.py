"""Answering requests while a service does not run: of a browser, a program, a monitor."""

from __future__ import annotations

from .cached_health import CachedHealth
from .handler import answer_visitor, turn_away

__all__ = ["CachedHealth", "answer_visitor", "turn_away"]
