"""What patterns of listener rules match, and which of them share a text, compared with trying every short text."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.rules.wildcards import contains, matches, share_a_text, wildcards_in

LONGEST_PATTERN = 4
PATTERNS = st.text("ab*?", max_size=LONGEST_PATTERN)


@cache
def texts_matching(pattern: str) -> frozenset[str]:
    """Return every text of the letters a and b that matches, up to twice the length of a pattern.

    If two patterns share a text, they share one in which stars match only what the other pattern requires.
    """
    expression = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
    texts = ("".join(letters) for length in range(2 * LONGEST_PATTERN + 1) for letters in product("ab", repeat=length))
    return frozenset(text for text in texts if expression.fullmatch(text))


@settings(max_examples=3000)
@given(one=PATTERNS, other=PATTERNS)
def test_two_patterns_share_a_text_exactly_if_some_text_matches_both(one: str, other: str) -> None:
    shared = texts_matching(one) & texts_matching(other)
    assert share_a_text(one, other) == bool(shared), sorted(shared)[:3]
    assert share_a_text(other, one) == bool(shared)


@pytest.mark.parametrize(
    ("pattern", "text", "met"),
    [
        ("/tours/*", "/tours/", True),
        ("/tours/*", "/tours/paris/7", True),
        ("/tours/*", "/tours", False),
        ("/tours/?", "/tours/7", True),
        ("/tours/?", "/tours/", False),
        ("/tours/?", "/tours/17", False),
        ("/tours", "/Tours", False),
        ("[eu]", "[eu]", True),
        ("[eu]", "e", False),
        ("[!a]*", "web", False),
        ("[[*]]", "[[web]]", True),
        ("a\\*", "a\\b", True),
        ("", "", True),
        ("*", "two\nlines", True),
    ],
)
def test_two_wildcards_match_other_characters_and_every_other_character_matches_itself(
    pattern: str, text: str, met: bool
) -> None:
    assert matches(pattern, text) is met


@settings(max_examples=3000)
@given(pattern=PATTERNS, other=PATTERNS)
def test_a_pattern_that_contains_another_matches_all_its_texts(pattern: str, other: str) -> None:
    if contains(pattern, other):
        assert texts_matching(other) <= texts_matching(pattern)


@pytest.mark.parametrize(
    ("pattern", "other", "contained"),
    [
        ("/*", "/health*", True),
        ("*.example.com", "*.city.example.com", True),
        ("/tours/?", "/tours/7", True),
        ("/tours/?", "/tours/?", True),
        ("*", "?*", True),
        ("/tours/?", "/tours/*", False),
        ("/tours/7", "/tours/?", False),
        ("/a[b]", "/ab", False),
    ],
)
def test_whether_a_pattern_contains_another(pattern: str, other: str, contained: bool) -> None:
    assert contains(pattern, other) is contained


@given(pattern=st.text("ab[*?", max_size=LONGEST_PATTERN), text=st.text("ab[", max_size=LONGEST_PATTERN))
def test_a_text_without_wildcards_matches_a_pattern_if_the_two_share_a_text(pattern: str, text: str) -> None:
    assert matches(pattern, text) == share_a_text(pattern, text)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("city.example.com", "city.example.com", True),
        ("city.example.com", "inner.example.com", False),
        ("*.example.com", "city.example.com", True),
        ("*.example.com", "*.example.org", False),
        ("*.example.com", "city.*", True),
        ("city?.example.com", "*1.example.com", True),
        ("/api/*", "*.png", True),
        ("/api/*", "/shop/*", False),
        ("/a[bc]", "/ab", False),
        ("/a[bc]", "/a[*]", True),
        ("\\*", "*x", True),
        ("\\*", "x*", False),
        ("", "*", True),
        ("", "?", False),
    ],
)
def test_whether_patterns_of_hosts_and_paths_share_a_text(one: str, other: str, shared: bool) -> None:
    assert share_a_text(one, other) is shared
    assert share_a_text(other, one) is shared


def test_long_patterns_with_many_stars_are_compared_quickly() -> None:
    assert share_a_text("*a" * 64, "*b" * 63 + "*a")
    assert not share_a_text("*a" * 63 + "*c", "*b" * 64)


def test_wildcards_are_counted_wherever_they_are() -> None:
    assert [wildcards_in(pattern) for pattern in ("/a", "/*", "*a?*", "a[b]")] == [0, 1, 3, 0]
