"""Both languages say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields

import pytest

from scale_to_zero.web.panel.buttons import Button
from scale_to_zero.web.panel.languages import ENGLISH, FRENCH, Words
from scale_to_zero.web.panel.panel_event import Fault


def texts(words: Words) -> Iterator[tuple[str, str]]:
    """Every text, with its key."""
    for field in fields(words):
        value = getattr(words, field.name)
        named = value if isinstance(value, Mapping) else {"": value}
        for name, text in named.items():
            for number, part in enumerate(text if isinstance(text, tuple) else (text,)):
                yield f"{field.name} {name} {number}", part


def test_each_has_the_texts_of_the_other() -> None:
    assert [key for key, _ in texts(ENGLISH)] == [key for key, _ in texts(FRENCH)]


def test_what_is_put_into_a_text_is_put_into_both() -> None:
    for (key, english), (_, french) in zip(texts(ENGLISH), texts(FRENCH), strict=True):
        assert set(re.findall(r"\{\w*\}", english)) == set(re.findall(r"\{\w*\}", french)), key


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_nothing_is_left_out(words: Words) -> None:
    assert [key for key, text in texts(words) if not text] == []
    assert set(words.faults) == set(Fault)
    assert set(words.presses) == set(words.confirmations) == set(Button)
    assert set(words.phases) == set(words.counted)
    assert len(words.months) == 12


def test_the_reason_of_a_hold_is_one_that_the_function_takes() -> None:
    for words in (ENGLISH, FRENCH):
        assert words.hold_reason.isprintable()
        assert len(words.hold_reason) <= 200


def test_french_keeps_its_signs_together() -> None:
    """A colon, a semicolon, a question mark and quotation marks are not torn from their words."""
    for key, text in texts(FRENCH):
        assert not re.search(r"[^\s] [:?!»$]|« ", text), key
