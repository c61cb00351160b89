"""Problems in HTTP answers, as RFC 9457 defines them. Pure."""

from __future__ import annotations

from typing import Final

PROBLEM_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:ecs-scale-to-zero:"
RETRY_UNAVAILABLE: Final = 5
"""Seconds; a call that AWS did not serve, for example because of throttling, usually succeeds soon."""


def problem_details(type_name: str, title: str, status: int, detail: str) -> dict[str, object]:
    """Build the fields that every problem has (RFC 9457). ``type_name``: the part of its type after ``TYPE_PREFIX``."""
    return {"type": f"{TYPE_PREFIX}{type_name}", "title": title, "status": status, "detail": detail}
