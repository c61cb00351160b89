"""The table: one body per service, with a second row if there is an explanation or a problem. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from scale_to_zero.model.configured import Mode
from scale_to_zero.rules.overview import Overview

from .buttons import buttons_of
from .figures import amount, duration, exact, instant
from .languages import Words
from .markup import button, shown

NOTHING: Final = "–"
LONGEST_SENTENCE: Final = 1000
"""How many characters of an explanation are shown. AWS's refusals name roles and ARNs and have several hundred."""
SIGNS: Final = {"failed": "!", "unread": "?", "unseen": "?"}
"""The sign in a phase's disc, so that the phase shows by more than its color; other discs differ in their shape."""


def shown_phase(row: Overview) -> str:
    """Return the state to show: the phase, ``failed`` for a wake past its deadline, ``unread`` or ``unseen``."""
    if row.phase is None:
        return "unread" if row.trouble else "unseen"
    return "failed" if row.failed else row.phase.value


@dataclass(frozen=True)
class Table:
    """One page of rows, as they are at ``now``.

    ``page``: its number, which every button sends back. ``hold_duration``: how long *Keep awake* holds a service.
    ``with_saved``: whether there is a column for the amounts saved.
    """

    rows: Sequence[Overview]
    words: Words
    now: datetime
    zone: timezone
    page: int
    hold_duration: timedelta
    function_arn: str
    with_saved: bool

    def html(self, caption: str) -> str:
        """Build the table with its caption, which is shown below it."""
        cells = self._cells()
        heads = "".join(f'<th scope="col">{shown(self.words.columns[name])}</th>' for name in cells)
        body = "".join(self._row(row, cells) for row in self.rows)
        caption = f"<caption>{shown(caption)}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead>{body}</table>"

    def _cells(self) -> Mapping[str, Callable[[Overview], str]]:
        cells = {
            "service": self._service,
            "phase": self._phase,
            "since": lambda row: self._instant(row.since),
            "activity": lambda row: self._instant(row.last_activity),
            "hold": self._hold,
            "wake": lambda row: _duration(row.usual_wake),
            "asleep": lambda row: _duration(row.asleep_today),
            "saved": lambda row: NOTHING if row.saved is None else shown(amount(row.saved, self.words)),
            "actions": self._actions,
        }
        if not self.with_saved:
            del cells["saved"]
        return cells

    def _row(self, row: Overview, cells: Mapping[str, Callable[[Overview], str]]) -> str:
        content = []
        for name, cell in cells.items():
            if name == "service":
                content.append(f'<th scope="row">{cell(row)}</th>')
            else:
                content.append(f'<td class="s2z-{name}">{cell(row)}</td>')
        return f"<tbody><tr>{''.join(content)}</tr>{self._why(row, len(cells))}</tbody>"

    def _why(self, row: Overview, columns: int) -> str:
        """Build the second row, if there is a reason: in the dashboard's language, then as the log has it."""
        one, words = row.explanation, self.words
        if one is not None:
            label = words.needs_attention if one.needs_attention else words.why
            short = words.reasons.get(one.reason, "")
            content = f'{shown(short)} <span lang="en">{shown(one.sentence, most=LONGEST_SENTENCE)}</span>'
        elif row.trouble:
            label, content = words.cause, f'<span lang="en">{shown(row.trouble, most=LONGEST_SENTENCE)}</span>'
        else:
            return ""
        return f'<tr class="s2z-why"><td colspan="{columns}"><b>{shown(label)}</b> {content.strip()}</td></tr>'

    def _service(self, row: Overview) -> str:
        mode = {Mode.DRY_RUN: self.words.dry_run, Mode.OFF: self.words.skipped}.get(row.service.mode)
        key = f'<span title="{shown(str(row.service.name))}">{shown(row.service.key)}</span>'
        return key + (_note(mode) if mode else "")

    def _phase(self, row: Overview) -> str:
        name, note = shown_phase(row), ""
        if row.sleep_requested:
            note = self.words.sleep_requested
        elif row.expected is not None and not row.failed:
            left = duration(row.expected)
            note = self.words.ready_in.replace("{left}", left) if row.expected else self.words.overdue
        disc = f'<span class="s2z-disc s2z-{name}" aria-hidden="true">{SIGNS.get(name, "")}</span>'
        content = f'<span class="s2z-{name}">{disc}{shown(self.words.phases[name])}</span>'
        return content + (_note(note) if note else "")

    def _hold(self, row: Overview) -> str:
        if row.held is None:
            return NOTHING
        return self._instant(row.held.until) + (_note(row.held.reason) if row.held.reason else "")

    def _instant(self, at: datetime | None) -> str:
        if at is None:
            return NOTHING
        title = shown(exact(at, self.zone))
        return f'<span title="{title}">{shown(instant(at, self.now, self.zone, self.words))}</span>'

    def _actions(self, row: Overview) -> str:
        key, buttons = row.service.key, []
        for offered in buttons_of(row, self.now, self.hold_duration):
            hold = duration(self.hold_duration)
            label = self.words.presses[offered].replace("{hold}", hold)
            question = self.words.confirmations[offered].replace("{hold}", hold).replace("{service}", key)
            payload = {"action": offered.value, "service": key, "page": self.page}
            buttons.append(button(label, self.function_arn, payload, confirmation=question))
        return "".join(buttons) or NOTHING


def _note(text: str) -> str:
    return f'<span class="s2z-note">{shown(text)}</span>'


def _duration(span: timedelta | None) -> str:
    return shown(duration(span)) if span else NOTHING
