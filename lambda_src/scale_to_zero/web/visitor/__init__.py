"""Answering whoever comes while a service does not run: a person, a program, a monitor."""

from __future__ import annotations

from .kept_health import KeptHealth
from .reception import answer_visitor, turn_away

__all__ = ["KeptHealth", "answer_visitor", "turn_away"]
