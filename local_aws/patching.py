"""Replacing attributes of moto's classes, and putting them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """The replacements in force. Each patch of moto is a function that takes this and says what AWS does."""

    def __init__(self) -> None:
        self._originals: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace ``owner.name`` by what ``make`` makes of the original. Raises ``AttributeError`` if there is none.

        The original is ``None`` where ``owner`` only inherits or lacks the attribute it is given.
        """
        original = vars(owner).get(name)
        self._originals.append((owner, name, original))
        setattr(owner, name, make(original))

    def undo(self) -> None:
        """Put everything back, last first."""
        while self._originals:
            owner, name, original = self._originals.pop()
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
