"""Patterns of listener rules, in which ``*`` stands for any characters or none and ``?`` for exactly one. Pure.

Elastic Load Balancing knows no character classes, and in hosts and paths no escapes (ELB user guide, "Condition types
for listener rules").
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

CACHE_SIZE: Final = 4096
"""The same few rules are compared every minute."""


def matches(pattern: str, text: str) -> bool:
    """Whether a whole text matches. With regard to case: where that does not count, both are given in small letters.

    The time it takes does not explode with the number of wildcards.
    """
    # To fnmatch an opening bracket begins a choice of characters, unless it is such a choice itself.
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def contains(pattern: str, other: str) -> bool:
    """Whether every text that matches ``other`` matches ``pattern`` too; ``False`` also where that is hard to know.

    A wildcard of ``other`` is taken for a character that only a wildcard can stand for, and ``*`` only for ``*``.
    """
    return fnmatchcase(other, pattern.replace("[", "[[]").replace("?", "[!*]"))


def wildcards_in(pattern: str) -> int:
    """How many wildcards AWS counts in it."""
    return pattern.count("*") + pattern.count("?")


@lru_cache(maxsize=CACHE_SIZE)
def share_a_text(one: str, other: str) -> bool:
    """Whether some text matches both patterns.

    ``positions`` are those in ``other`` up to which a text can match it while it matches ``one`` up to the character at
    hand, beginning with none of either.
    """
    positions = _past_stars({0}, other)
    for character in one:
        if character == "*":
            positions = set(range(min(positions), len(other) + 1)) if positions else set()
        else:
            positions = _past_stars(_after_one_character(character, positions, other), other)
    return len(other) in positions


def _after_one_character(character: str, positions: set[int], other: str) -> set[int]:
    """Where a text can be in ``other`` when one more character is known to be ``character``, or any, if that is ``?``.

    A star stays where it is, since it may take further characters too.
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
    """The same places, and those after stars that stand for nothing."""
    reached = set(positions)
    for position, character in enumerate(other):
        if character == "*" and position in reached:
            reached.add(position + 1)
    return reached
