"""Cuts a history to what matters: it leaves out one part after another, as long as a promise is still broken."""

from __future__ import annotations

from typing import Final

from .history import History
from .operations import describe
from .playing import play

MOST_TRIES: Final = 500


def cut(history: History) -> History:
    """Return the smallest history found by leaving parts out, in which a promise is still broken."""
    tries = 0
    while tries < MOST_TRIES:
        for smaller in history.smaller():
            tries += 1
            if smaller.operations and play(smaller).broken_promise:
                history = smaller
                break
        else:
            break
    return history


def in_words(history: History) -> str:
    """Return the history as readable text, one part per line."""
    rules = "woken by requests" if history.woken_by_requests else "without wake rules"
    lines = [f"a service {rules}, {history.situation}, {history.moment:g} s into the minute:"]
    lines += [
        f"  {operation.after:6.3f} s later: {describe(operation)}"
        for operation in sorted(history.operations, key=lambda one: one.after)
    ]
    for strike in history.strikes:
        late = f", takes effect {strike.effect_after:g} s later" if strike.effect_after is not None else ""
        lines.append(f"  {strike.at}: {strike.fault}{f' ({strike.seconds:g} s)' if strike.seconds else ''}{late}")
    lines += [f"  {delay.at} takes {delay.seconds:g} s" for delay in history.delays]
    unusual = [f"{field}={getattr(history, field)}" for field in history.unusual()]
    return "\n".join([*lines, *([f"  {', '.join(unusual)}"] if unusual else [])])
