"""The answers to requests while a service does not run: to browsers, API clients and monitors."""

from __future__ import annotations

from .cached_health import CachedHealth
from .handler import answer_not_set_up, answer_visitor

__all__ = ["CachedHealth", "answer_not_set_up", "answer_visitor"]
