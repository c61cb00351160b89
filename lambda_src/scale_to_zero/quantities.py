"""A number with what it counts, in the singular or the plural. Pure."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "", *, language: str = "en") -> str:
    """Write ``1 minute`` or ``2 minutes``. ``several``: the plural, ``one`` with an s if it is left out."""
    return f"{number} {either(number, one, several or f'{one}s', language=language)}"


def either(number: float, one: str, several: str, *, language: str = "en") -> str:
    """Choose the form that goes with a number. ``language``: ``en`` or ``fr``.

    In English only 1 is singular, in French everything below 2. Source: Unicode CLDR, language plural rules.
    """
    singular = abs(number) < 2 if language == "fr" else number == 1
    return one if singular else several
