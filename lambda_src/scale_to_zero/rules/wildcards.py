"""Patterns of listener rules: ``*`` stands for any characters or none, ``?`` for exactly one. Pure.

Elastic Load Balancing has no character classes, and in hosts and paths no escapes (ELB user guide, "Condition types
for listener rules").
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

CACHE_SIZE: Final = 4096
"""The same few rules are compared every minute."""


def matches(pattern: str, text: str) -> bool:
    """Return whether a whole text matches, with regard to case; callers that ignore case pass lower-case letters.

    The time does not grow exponentially with the number of wildcards.
    """
    # In fnmatch, an opening bracket begins a character class, so it is written as a class itself.
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def contains(pattern: str, other: str) -> bool:
    """Return whether every text that matches ``other`` also matches ``pattern``; ``False`` if this is hard to know.

    A wildcard of ``other`` is treated as a character that only a wildcard matches, and its ``*`` matches only ``*``.
    """
    return fnmatchcase(other, pattern.replace("[", "[[]").replace("?", "[!*]"))


def wildcards_in(pattern: str) -> int:
    """Count the wildcards in a pattern as AWS does."""
    return pattern.count("*") + pattern.count("?")


@lru_cache(maxsize=CACHE_SIZE)
def share_a_text(one: str, other: str) -> bool:
    """Return whether some text matches both patterns.

    ``positions``: how far in ``other`` a text can match that matches ``one`` up to the present character; at the start,
    nothing of either.
    """
    positions = _past_stars({0}, other)
    for character in one:
        if character == "*":
            positions = set(range(min(positions), len(other) + 1)) if positions else set()
        else:
            positions = _past_stars(_after_one_character(character, positions, other), other)
    return len(other) in positions


def _after_one_character(character: str, positions: set[int], other: str) -> set[int]:
    """Return the positions in ``other`` after one more character, which is ``character``, or any if that is ``?``.

    A star keeps its position, because it may match more characters.
    """
    after = set()
    for position in positions:
        if position == len(other):
            continue
        if other[position] == "*":
            after.add(position)
        elif other[position] == "?" or character in ("?", other[position]):
            after.add(position + 1)
    return after


def _past_stars(positions: set[int], other: str) -> set[int]:
    """Return the same positions, and the positions after stars that match nothing."""
    reached = set(positions)
    for position, character in enumerate(other):
        if character == "*" and position in reached:
            reached.add(position + 1)
    return reached
