"""The HTTP API: it shows services, wakes them, puts them to sleep, holds and releases them."""

from __future__ import annotations

from .handler import answer_call, answer_not_set_up

__all__ = ["answer_call", "answer_not_set_up"]
