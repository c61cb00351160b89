"""The page of one status, as HTML. No function here reads a clock. Text from outside is escaped or left out.

Its parts (``page.html``, ``page.css``, ``page.js``) are read once per environment. The page contains no address: form,
link and refresh use the address that the browser already has. A hostile path is therefore never written into the page,
and the page works behind a proxy that changes paths.
"""

from __future__ import annotations

import json
import pkgutil
import re
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from html import escape
from string import Template
from typing import Final

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.web.rendered_page import RenderedPage
from scale_to_zero.web.status import ShownState, Status

from .languages import WORDS, Language, Words, duration, language_of

DEFAULT_ACCENT: Final = "#4f5bd5"
FIRST_POLL_SECONDS: Final = 2
"""Seconds until the page polls the state for the first time; each answer says when to poll next."""

LONGEST_UNTIL_REFRESH: Final = 10
"""Seconds, at most, after which a page without JavaScript is loaded again, so that it shows progress."""

WITH_PROGRESS: Final = frozenset({ShownState.WAKING, ShownState.READY})
WITH_ANOTHER_TRY: Final = frozenset({ShownState.ASLEEP, ShownState.FAILED, ShownState.BACKOFF, ShownState.UNAVAILABLE})

_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LOGO: Final = re.compile(r"data:image/[a-z0-9.+-]+[;,][^\s\"'<>]*")
# The lit part of the moon: it grows from a crescent to nearly full during the usual wake time, and is full when ready.
_CRESCENT, _UNKNOWN, _NEARLY_FULL, _FULL = 0.16, 0.3, 0.92, 1.0


def render_page(status: Status, page: WaitingPage, *, accept_language: str, nonce: str) -> RenderedPage:
    """Render the page in the configured language, else in the one that ``accept_language`` prefers."""
    language = language_of(accept_language, page.language)
    html = render(status, page, language=language, nonce=nonce)
    return RenderedPage(html, language, content_security_policy(nonce))


def render(status: Status, page: WaitingPage, *, language: Language, nonce: str) -> str:
    """Render the page of this status. ``nonce``: the one in ``content_security_policy``, new for every answer."""
    words = WORDS[language]
    saying = words.sayings[status.shown_state]
    title = page.title or status.service
    accent = page.accent_color if page.accent_color and _COLOR.fullmatch(page.accent_color) else DEFAULT_ACCENT
    logo = page.logo if page.logo and _LOGO.fullmatch(page.logo) else ""
    done, light = _progress(status)
    return _template().substitute(
        language=language,
        nonce=escape(nonce),
        css=_part("page.css"),
        js=_part("page.js"),
        accent=accent,
        on_accent="#fff" if _is_dark(accent) else "#14161b",
        light=f"{light:.3f}",
        icon=escape(logo) or "data:,",
        logo=f'<img src="{escape(logo)}" alt="">' if logo else "",
        title=escape(title),
        key="" if title == status.service else f"<code>{escape(status.service)}</code>",
        state=status.shown_state.value,
        heading=escape(saying.heading),
        message=escape(saying.message),
        progress=_hidden_unless(status.shown_state in WITH_PROGRESS) + ("" if done is None else f' value="{done:.3f}"'),
        progress_label=escape(words.progress),
        times=escape(_times(status, words)),
        why_hidden=_hidden_unless(bool(status.cause)),
        cause_label=escape(words.cause),
        cause=escape(status.cause),
        wake_hidden=_hidden_unless(status.shown_state is ShownState.NEEDS_CONFIRMATION),
        wake=escape(words.wake),
        again_hidden=_hidden_unless(status.shown_state in WITH_ANOTHER_TRY),
        again=escape(words.wake if status.shown_state is ShownState.ASLEEP else words.again),
        contact=f"<footer>{escape(page.contact)}</footer>\n" if page.contact else "",
        refresh=_refresh(status),
        data=_data(status, title, words),
    )


def content_security_policy(nonce: str) -> str:
    """Build the header of the same name: it allows the page's own parts, and requests to its own origin."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )


@cache
def _part(name: str) -> str:
    content = pkgutil.get_data(__package__, name)
    assert content is not None
    return content.decode()


@cache
def _template() -> Template:
    return Template(_part("page.html"))


def _hidden_unless(shown: bool) -> str:
    return "" if shown else " hidden"


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _progress(status: Status) -> tuple[float | None, float]:
    """Return which part of the wait is over (``None`` if unknown), and which part of the moon is lit."""
    if status.shown_state is ShownState.READY:
        return 1.0, _FULL
    if status.shown_state is not ShownState.WAKING:
        return None, _CRESCENT
    if status.elapsed is None or not status.usual:
        return None, _UNKNOWN
    done = max(0, _seconds(status.elapsed)) / max(1, _seconds(status.usual))
    if done >= 1:
        return None, _NEARLY_FULL
    return done, _CRESCENT + (_NEARLY_FULL - _CRESCENT) * done


def _times(status: Status, words: Words) -> str:
    """Build the line under the progress bar: how long ago the start began, or when to try again."""
    if status.shown_state is ShownState.BACKOFF:
        return words.retry_in.replace("{retry}", duration(status.retry_after))
    if status.shown_state not in (ShownState.WAKING, ShownState.FAILED) or status.elapsed is None:
        return ""
    elapsed, usual = max(0, _seconds(status.elapsed)), _seconds(status.usual) if status.usual else 0
    sentence = words.started_overdue
    if not usual:
        sentence = words.started
    elif elapsed < usual:
        sentence = words.started_usual
    return sentence.replace("{elapsed}", duration(elapsed)).replace("{usual}", duration(usual))


def _refresh(status: Status) -> str:
    """Build the refresh of a page without JavaScript, only while the service wakes.

    Every refresh is a visit, and a forgotten tab must not retry a failing service without end.
    """
    if not status.polls or status.shown_state is ShownState.NEEDS_CONFIRMATION:
        return ""
    seconds = max(1, min(status.retry_after, LONGEST_UNTIL_REFRESH))
    return f'<noscript><meta http-equiv="refresh" content="{seconds}"></noscript>\n'


def _data(status: Status, title: str, words: Words) -> str:
    """Build the data that ``page.js`` starts with; ``status`` has the same fields as the answers to its polls."""
    data = {
        "title": title,
        "status": {
            "state": status.shown_state,
            "elapsed_seconds": None if status.elapsed is None else max(0, _seconds(status.elapsed)),
            "usual_seconds": _seconds(status.usual) if status.usual else None,
            "cause": status.cause,
            "retry_after": status.retry_after,
            "poll_after_seconds": FIRST_POLL_SECONDS if status.polls else None,
        },
        "words": asdict(words),
    }
    # Without "<", no text can end the script element that contains it.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _is_dark(color: str) -> bool:
    """Return whether white text is easier to read on this color than black text, by WCAG 2's relative luminance."""
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
