"""Refuse words that are not plain English: ``python -m scripts.plain_words``.

Every text file that Git tracks is checked, names included, so that one word cannot come back in a comment or a test.
``plain_words.toml`` has the words.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from scripts.stamps import PROJECT

WORDS: Final = Path(__file__).with_suffix(".toml")
NOT_TEXT: Final = frozenset({".png", ".zip"})
NOT_OURS: Final = frozenset({"LICENSE", "scripts/plain_words.toml", "tests/scripts/test_plain_words.py"})
"""The licence is Apache's, and the other two files must name the words."""
CODE_SPAN: Final = re.compile(r"(`+)(?!`).*?\1")


class Refused(NamedTuple):
    """Words that are not used, what to write instead, and the files that must keep them."""

    pattern: re.Pattern[str]
    instead: str
    not_in: frozenset[str]


def refused_words(path: Path = WORDS) -> list[Refused]:
    """Read the words."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["refused"]
    return [
        Refused(
            re.compile(rf"\b(?:{one['pattern']})\b", re.IGNORECASE), one["instead"], frozenset(one.get("not_in", ()))
        )
        for one in entries
    ]


def findings(name: str, text: str, words: list[Refused]) -> Iterator[str]:
    """Yield one sentence for each refused word of a text, with its line and what to write instead.

    ``name``: of the file, as messages call it. Code spans of Markdown are left out: they may name what was renamed.
    """
    prose = (CODE_SPAN.sub("", text) if name.endswith(".md") else text).replace("_", " ")
    if not any_of(tuple(words)).search(prose):
        return
    for number, line in enumerate(prose.splitlines(), start=1):
        for word in words:
            if name not in word.not_in:
                for found in word.pattern.finditer(line):
                    yield f'{name}:{number}: "{found.group()}" is not plain here; write: {word.instead}'


@cache
def any_of(words: tuple[Refused, ...]) -> re.Pattern[str]:
    """Return one pattern for all words: most texts have none, and this reads them three times as fast."""
    return re.compile("|".join(word.pattern.pattern for word in words), re.IGNORECASE)


def text_files() -> Iterator[str]:
    """Yield the tracked files that hold text of this project, relative to it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        if Path(name).suffix not in NOT_TEXT and name not in NOT_OURS and (PROJECT / name).is_file():
            yield name


def main() -> int:
    """Check every text file. Return 1 if a word was refused."""
    words = refused_words()
    found = [
        finding
        for name in text_files()
        for finding in findings(name, (PROJECT / name).read_text(encoding="utf-8"), words)
    ]
    print("\n".join(found) or "Every text uses plain words.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
