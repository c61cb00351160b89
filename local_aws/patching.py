"""Replacements for attributes of moto's classes, which can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """The active replacements. Each patch of moto is a function that takes this object and makes moto behave as AWS."""

    def __init__(self) -> None:
        self._originals: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace ``owner.name`` by what ``make`` returns for the original.

        The original is ``None`` if ``owner`` inherits the attribute or does not have it.
        """
        original = vars(owner).get(name)
        self._originals.append((owner, name, original))
        setattr(owner, name, make(original))

    def undo(self) -> None:
        """Restore all originals, last first."""
        while self._originals:
            owner, name, original = self._originals.pop()
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
