"""The report of a history in which a promise was broken."""

from __future__ import annotations

from .cutting import cut, in_words
from .drawing import history_of
from .playing import Played, play

LONGEST_TRACE = 12_000
"""In characters. The end of a trace shows the failure."""


def report(seed: int, played: Played) -> str:
    """Return the command that replays it, the promise, and the history cut to what matters, as text and as code.

    The trace of that history follows.
    """
    smallest = cut(history_of(seed))
    again = play(smallest)
    return "\n".join(
        [
            f"Seed {seed} breaks a promise. Replay it: make replay SEED={seed}",
            played.broken_promise.partition("\n")[0],
            "",
            "Cut to what matters:",
            in_words(smallest),
            repr(smallest),
            "",
            again.broken_promise[-LONGEST_TRACE:],
        ]
    )
