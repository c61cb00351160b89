"""The whole widget: notices, how many services have which state, the table, and links to its pages. Pure.

One element wraps the widget and defines every color, so that its styles do not affect the rest of the dashboard.
CloudWatch's own styles are switched off (``cwdb-no-default-styles``), so that they do not mix with the widget's.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.quantities import either
from scale_to_zero.model.service_state import HoldAll
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.overview import Overview

from .buttons import USUAL_HOLD, Button, buttons_of_all
from .figures import amount, duration, instant, whole
from .languages import Words
from .markup import button, shown
from .panel_event import PanelEvent
from .rows import SIGNS, Table, shown_phase

ORDER: Final = ("failed", "unread", "waking", "draining", "awake", "asleep", "unseen")
"""The order in which the counts are shown: first those that an operator should check."""


class Notice(NamedTuple):
    """One sentence above the table. ``bad``: something is wrong, or was not done."""

    sentence: str
    bad: bool = False


@dataclass(frozen=True)
class View:
    """The data to show. ``now``: when the rows were read, ``None`` if they could not be read.

    ``hold_all``: the hold of all services, which may have ended.
    """

    event: PanelEvent = field(default_factory=PanelEvent)
    notices: Sequence[Notice] = ()
    rows: Sequence[Overview] = ()
    now: datetime | None = None
    hold_duration: timedelta = USUAL_HOLD
    function_arn: str = ""
    hold_all: HoldAll | Unknown | None = None


def render(view: View, words: Words) -> str:
    """Build the widget's HTML."""
    theme = "dark" if view.event.dark else "light"
    notices = "".join(_notice(notice) for notice in view.notices)
    # Inside an element: a style sheet at the very start might be treated as part of the head, and lost.
    style = f"<style>{_css()}</style>"
    content = "" if view.now is None else _content(view, view.now, words)
    opening_tag = f'<div class="s2z s2z-{theme} cwdb-no-default-styles" lang="{words.language}">'
    return f"{opening_tag}{style}{notices}{content}</div>"


def _content(view: View, now: datetime, words: Words) -> str:
    held = _held_with_all(view, now, words)
    if not view.rows:
        return f"{held}<p>{shown(words.none_wanted if view.event.patterns else words.none_configured)}</p>"
    event, count = view.event, len(view.rows)
    pages = -(-count // event.rows)
    page = min(event.page, pages)
    first = (page - 1) * event.rows
    rows = view.rows[first : first + event.rows]
    with_saved = any(row.saved is not None for row in view.rows)
    table = Table(rows, words, now, event.zone, page, view.hold_duration, view.function_arn, with_saved)
    caption = (
        words.caption.replace("{first}", whole(first + 1, words))
        .replace("{last}", whole(first + len(rows), words))
        .replace("{all}", whole(count, words))
        .replace("{now}", f"{now.astimezone(event.zone):%H:%M:%S}")
        .replace("{zone}", str(event.zone))
    )
    above, within = (held, "") if current_hold_all(view.hold_all, now) else ("", held)
    head = f'<div class="s2z-head">{_counted(view.rows, words)}{within}{_pager(view, page, pages, words)}</div>'
    return f'{above}{head}<div class="s2z-wide">{table.html(caption)}</div>{_page_form(page)}'


def _held_with_all(view: View, now: datetime, words: Words) -> str:
    """Build the line that says until when all services are held, if they are, with the buttons for all services."""
    current = current_hold_all(view.hold_all, now)
    content = ""
    if current is not None:
        sentence = words.all_held_because if current.reason else words.all_held
        until = instant(current.until, now, view.event.zone, words)
        content = f"<b>{shown(sentence.replace('{until}', until).replace('{reason}', current.reason))}</b>"
    offered = buttons_of_all(view.hold_all, now, view.hold_duration)
    if not any(row.acted_on for row in view.rows):
        offered = tuple(one for one in offered if one is Button.RELEASE_ALL)
    buttons = "".join(_button_for_all(one, view, words) for one in offered)
    kind = "s2z-all s2z-held" if content else "s2z-all"
    return f'<p class="{kind}">{content}{buttons}</p>' if content or buttons else ""


def _button_for_all(offered: Button, view: View, words: Words) -> str:
    hold_duration = duration(view.hold_duration)
    label, question = (
        words.presses[offered].replace("{hold}", hold_duration),
        words.confirmations[offered].replace("{hold}", hold_duration),
    )
    return button(label, view.function_arn, {"action": offered.value, "page": view.event.page}, confirmation=question)


def _notice(notice: Notice) -> str:
    role, kind = ("alert", "bad") if notice.bad else ("status", "good")
    return f'<p class="s2z-notice s2z-{kind}" role="{role}">{shown(notice.sentence, most=2000)}</p>'


def _counted(rows: Sequence[Overview], words: Words) -> str:
    counts = Counter(shown_phase(row) for row in rows)
    parts = [f"<b>{whole(len(rows), words)} {shown(either(len(rows), *words.services, language=words.language))}</b>"]
    for name in ORDER:
        count = counts[name]
        if count:
            disc = f'<span class="s2z-disc s2z-{name}" aria-hidden="true">{SIGNS.get(name, "")}</span>'
            count_label = either(count, *words.counted[name], language=words.language)
            parts.append(f"<span>{disc}{whole(count, words)} {shown(count_label)}</span>")
    saved = [row.saved for row in rows if row.saved is not None]
    if saved:
        # Rounded as it is shown, so that singular or plural fits: 1.999 dollars are shown as 2.00.
        total = round(sum(saved), 2)
        so_far = either(total, *words.saved_so_far, language=words.language)
        parts.append(f"<span>{shown(so_far.replace('{saved}', amount(total, words)))}</span>")
    return f'<p class="s2z-counted">{" ".join(parts)}</p>'


def _pager(view: View, page: int, pages: int, words: Words) -> str:
    if pages == 1:
        return ""
    page_label = words.page.replace("{page}", whole(page, words)).replace("{pages}", whole(pages, words))
    back = button(f"‹ {words.previous}", view.function_arn, {"page": page - 1}) if page > 1 else ""
    onward = button(f"{words.following} ›", view.function_arn, {"page": page + 1}) if page < pages else ""
    return f'<p class="s2z-pager">{back}<span>{shown(page_label)}</span>{onward}</p>'


def _page_form(page: int) -> str:
    """Put the page's number into a form: CloudWatch sends form fields with its calls, so a refresh keeps the page."""
    return f'<form><input type="hidden" name="page" value="{page}"></form>'


@cache
def _css() -> str:
    content = pkgutil.get_data(__package__, "panel.css")
    assert content is not None
    return content.decode()
