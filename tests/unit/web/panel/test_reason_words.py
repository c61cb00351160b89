"""Each reason is explained in one fixed sentence in every language of the control panel."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from scale_to_zero.model.reasons import Reason
from scale_to_zero.rules.attention import Attention
from scale_to_zero.web.panel.reason_words import REASONS

BEFORE_COLON_OR_QUOTE = re.compile(r"[^\N{NO-BREAK SPACE}][:;?!»]|«[^\N{NO-BREAK SPACE}]")


@pytest.mark.parametrize("language", REASONS)
def test_every_reason_has_its_own_sentence_and_there_are_no_other_sentences(language: str) -> None:
    assert set(REASONS[language]) == {*Reason, *Attention}
    assert [sentence for sentence, count in Counter(REASONS[language].values()).items() if count > 1] == []


def test_the_languages_of_the_panel_share_no_sentence() -> None:
    assert list(REASONS) == ["en", "fr"]
    assert set(REASONS["en"].values()).isdisjoint(REASONS["fr"].values())


@pytest.mark.parametrize("reason", [*Reason, *Attention])
@pytest.mark.parametrize("language", REASONS)
def test_each_explanation_is_one_complete_sentence_without_placeholders(
    language: str, reason: Reason | Attention
) -> None:
    sentence = REASONS[language][reason]
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert sentence[0].isupper()
    assert not re.search(r"[{}<>%\n]|  ", sentence)
    assert len(sentence) <= 130


@pytest.mark.parametrize("reason", [*Reason, *Attention])
def test_french_has_the_typography_of_the_panel(reason: Reason | Attention) -> None:
    sentence = REASONS["fr"][reason]
    assert "'" not in sentence
    assert not BEFORE_COLON_OR_QUOTE.search(sentence)
