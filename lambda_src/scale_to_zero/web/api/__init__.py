"""Answering calls of the HTTP API: how services are, wake, sleep, hold."""

from __future__ import annotations

from .handler import answer_call, turn_away

__all__ = ["answer_call", "turn_away"]
