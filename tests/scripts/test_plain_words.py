"""Words that are not plain English are refused wherever they stand, with the place and what to write instead."""

from __future__ import annotations

import pytest

from scripts.plain_words import findings, refused_words, text_files

WORDS = refused_words()
PLAIN = (
    "The next tick restarts it.",
    "A visitor sends a request.",
    "What there is to report.",
    "It goes back to zero.",
    "Its claims are in the token.",
    "The memory of the function is 256 MB.",
    "ask_before_waking = true",
    "Of course.",
    "keep awake 2 h",
    "city-guided-cluster",
)
REFUSED = (
    ("whoever stops it", "whoever"),
    ("the service has what HE asked for", "HE"),
    ("somebody's request", "somebody"),
    ("it is mended", "mended"),
    ("that is now made good", "made good"),
    ("It is to be stopped", "is to"),
    ("the next tick is told", "told"),
    ("It waits for ever", "for ever"),
    ("its memory says so", "its memory"),
    ("escort_until = None", "escort"),
    ("the held request", "held request"),
    ("max_held_requests = 3", "max held requests"),
    ("keep_awake = {}", "keep awake"),
    ("a probe of the monitor", "probe"),
    ("class Entrance:", "Entrance"),
    ('mode = "observe"', 'mode = "observe'),
    ("ANNOUNCEMENTS: Final", "ANNOUNCEMENTS"),
    ("def test_a_guest_is_heard() -> None:", "guest"),
    ("The course of a tick", "course"),
    ("it looks at the rules", "looks at"),
    ("the wish of a caller", "wish"),
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_pass(text: str) -> None:
    assert list(findings("docs/page.txt", text, WORDS)) == []


@pytest.mark.parametrize(("text", "word"), REFUSED)
def test_a_refused_word_is_reported_with_its_line_and_what_to_write(text: str, word: str) -> None:
    found = list(findings("rules/page.py", f"plain\n{text}\n", WORDS))
    assert any(one.startswith(f'rules/page.py:2: "{word}" is not plain here; write: ') for one in found), found


def test_markdown_may_name_what_was_renamed_in_a_code_span() -> None:
    renamed = "- Input `keep_awake = {}` of ``probe`` is `schedules`."
    assert list(findings("CHANGELOG.md", renamed, WORDS)) == []
    assert list(findings("CHANGELOG.md", renamed.replace("`", ""), WORDS)) != []
    assert list(findings("main.tf", renamed, WORDS)) != []


def test_every_kind_of_text_is_checked() -> None:
    names = list(text_files())
    kinds = {name.rpartition(".")[2] for name in names}
    assert {"py", "md", "tf", "hcl", "json", "yaml", "js", "html", "tftpl", "toml", "ci/run", "Makefile"} <= kinds
    assert "LICENSE" not in names


def test_a_file_that_must_keep_a_word_is_not_reported_for_it() -> None:
    [kept] = [word for word in WORDS if word.not_in]
    [name] = kept.not_in
    assert [*findings(name, "escort", WORDS)] == []
    assert [*findings(name, "whoever", WORDS)] != []
    assert [*findings("simulator/record.py", "escort", WORDS)] != []
