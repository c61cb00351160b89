"""Both languages have the same texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields

import pytest

from scale_to_zero.web.panel.buttons import Button
from scale_to_zero.web.panel.languages import ENGLISH, FRENCH, Words
from scale_to_zero.web.panel.panel_event import Fault


def texts(words: Words) -> Iterator[tuple[str, str]]:
    """Yield every text, with its key."""
    for field in fields(words):
        value = getattr(words, field.name)
        named = value if isinstance(value, Mapping) else {"": value}
        for name, text in named.items():
            for number, part in enumerate(text if isinstance(text, tuple) else (text,)):
                yield f"{field.name} {name} {number}", part


def test_each_language_has_the_texts_of_the_other() -> None:
    assert [key for key, _ in texts(ENGLISH)] == [key for key, _ in texts(FRENCH)]


def test_a_text_has_the_same_placeholders_in_both_languages() -> None:
    for (key, english), (_, french) in zip(texts(ENGLISH), texts(FRENCH), strict=True):
        assert set(re.findall(r"\{\w*\}", english)) == set(re.findall(r"\{\w*\}", french)), key


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_no_text_is_missing(words: Words) -> None:
    assert [key for key, text in texts(words) if not text] == []
    assert set(words.faults) == set(Fault)
    assert set(words.presses) == set(words.confirmations) == set(Button)
    assert set(words.phases) == set(words.counted)
    assert len(words.months) == 12


def test_the_function_accepts_the_reason_of_a_hold() -> None:
    for words in (ENGLISH, FRENCH):
        assert words.hold_reason.isprintable()
        assert len(words.hold_reason) <= 200


def test_french_punctuation_stays_with_its_word() -> None:
    """A line break cannot separate a colon, a semicolon, a question mark or a quotation mark from its word."""
    for key, text in texts(FRENCH):
        assert not re.search(r"[^\s] [:?!»$]|« ", text), key
