"""The files of the dashboard's words have the same keys in each language: the keys that the dashboard uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.module.rendered import PARTS, TEMPLATE, WORDS_FOLDER, words_in

ROOT: Final = TEMPLATE.parents[1]
LOGIC: Final = ROOT / "dashboard_words.tf"
LANGUAGES: Final = sorted(file.stem for file in WORDS_FOLDER.iterdir())
PLACEHOLDER: Final = r"\{\w+\}"


def texts(words: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with its key, which is a path such as ``header.title``."""
    for key, value in words.items():
        if isinstance(value, Mapping):
            yield from texts(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value


def placeholders(language: str) -> Mapping[str, list[str]]:
    return {key: sorted(re.findall(PLACEHOLDER, text)) for key, text in texts(words_in(language))}


def used() -> set[str]:
    """Return the keys that the template and the HCL use."""
    template, logic = (file.read_text(encoding="utf-8") for file in (TEMPLATE, LOGIC))
    of_the_template = set(re.findall(r"\bwords\.(\w+)", template))
    of_the_logic = set(re.findall(r"\blocal\.dashboard_words\.([\w.]+)", logic))
    of_the_header = {f"header.{key}" for key in re.findall(r"\blocal\.header_texts\.(\w+)", logic)}
    of_the_parts = {f"wake_parts.{part}" for part in re.findall(r'\{ name = "(\w+)"', template)}
    return of_the_template | of_the_logic | of_the_header | of_the_parts


def test_each_allowed_language_has_a_file_and_no_other_language_has_one() -> None:
    problems = (ROOT / "problems.tf").read_text(encoding="utf-8")
    [allowed] = re.findall(r"contains\(\[(.*)\], var\.language\)", problems)
    assert re.findall(r"\w+", allowed) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_keys_that_are_used_and_no_others(language: str) -> None:
    # These two are only used by the keys in them.
    assert {key for key, _ in texts(words_in(language))} == used() - {"header", "wake_parts"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_of_a_wake_has_a_word(language: str) -> None:
    assert set(words_in(language)["wake_parts"]) == set(PARTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_has_space_around_it(language: str) -> None:
    assert [key for key, text in texts(words_in(language)) if not text or text != text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_inserts_the_same_values(language: str) -> None:
    assert placeholders(language) == placeholders("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_gets_a_value_and_every_value_has_a_placeholder(language: str) -> None:
    inserted = re.findall(f'"({PLACEHOLDER})"', LOGIC.read_text(encoding="utf-8"))
    assert {name for names in placeholders(language).values() for name in names} == set(inserted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_braces_are_around_placeholders_only(language: str) -> None:
    """Any other ``{`` would be lost when Terraform splits the header's words."""
    assert [key for key, text in texts(words_in(language)) if re.search("[{}]", re.sub(PLACEHOLDER, "", text))] == []
