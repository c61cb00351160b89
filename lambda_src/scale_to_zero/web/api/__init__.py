"""The HTTP API: it shows services, wakes them, puts them to sleep, holds and releases them."""

from __future__ import annotations

from .handler import answer_call, turn_away

__all__ = ["answer_call", "turn_away"]
