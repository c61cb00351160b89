"""One call of the panel: the request is carried out, then the table is shown as it is after that."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from scale_to_zero.model.errors import CallFailed, CallForbidden, Refused
from scale_to_zero.ports import Ports
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.overview import Overview, overviews
from scale_to_zero.rules.wildcards import matches

from .buttons import USUAL_HOLD, Button
from .documentation import documentation
from .figures import instant
from .languages import Words, words_of
from .markup import shown
from .panel_event import PanelEvent, Pressed, read_event
from .pressing import press, press_for_all
from .widget import Notice, View, render

logger = logging.getLogger(__name__)


def show_panel(
    ports: Ports, event: object, *, function_arn: str, language: str, longest_hold: timedelta = USUAL_HOLD
) -> str:
    """Answer CloudWatch with HTML, or with Markdown if it requests the documentation. Never raises.

    ``event``: as a dashboard sends it. ``function_arn``: the ARN of this function, which the buttons call.
    ``language``: ``en`` or ``fr``. ``longest_hold``: the longest hold allowed; *Keep awake* requests two hours, or this
    duration if it is shorter.
    """
    words = words_of(language)
    try:
        panel_event = read_event(event)
        if panel_event.describes:
            return documentation(language)
        return _Call(ports, panel_event, words, function_arn, min(longest_hold, USUAL_HOLD)).answer()
    except Exception:
        logger.exception("the control panel could not be shown")
        return f'<p role="alert">{shown(words.not_shown)}</p>'


class _Call:
    def __init__(
        self, ports: Ports, panel_event: PanelEvent, words: Words, function_arn: str, hold_duration: timedelta
    ) -> None:
        self._ports = ports
        self._event = panel_event
        self._words = words
        self._function_arn = function_arn
        self._hold_duration = hold_duration

    def answer(self) -> str:
        panel_event, words = self._event, self._words
        notices = [Notice(words.faults[fault], bad=True) for fault in panel_event.faults]
        if panel_event.pressed is not None:
            notices.append(self._press(panel_event.pressed))
        try:
            stored = self._ports.table.read_all()
        except CallFailed as error:
            logger.exception("the control panel could not read the services")
            notices.append(Notice(self._not_done(error, words.not_read), bad=True))
            return render(View(event=panel_event, notices=tuple(notices)), words)
        now = self._ports.clock()
        notices += [Notice(why, bad=True) for why in stored.unreadable[:3]]
        return render(
            View(
                event=panel_event,
                notices=tuple(notices),
                rows=tuple(row for row in overviews(stored, now) if self._is_wanted(row)),
                now=now,
                hold_duration=self._hold_duration,
                function_arn=self._function_arn,
                hold_all=stored.hold_all,
            ),
            words,
        )

    def _is_wanted(self, row: Overview) -> bool:
        patterns = self._event.patterns
        return not patterns or any(matches(pattern, row.service.key) for pattern in patterns)

    def _press(self, pressed: Pressed) -> Notice:
        """Do what a button requests. The log names a service only after a function accepted its key."""
        button, key, words = Button.of(pressed.action), pressed.service, self._words
        if button is None:
            return Notice(words.no_such_action, bad=True)
        if button.for_all:
            return self._done(button, lambda: self._press_for_all(button), "")
        if not isinstance(key, str) or not key:
            return Notice(words.no_service_named, bad=True)
        functions, reason = self._ports.functions, words.hold_reason
        return self._done(
            button, lambda: press(functions, button, key, hold_duration=self._hold_duration, reason=reason), key
        )

    def _press_for_all(self, button: Button) -> str:
        """Hold or release all services. A press in an outdated table never shortens a hold that was set meanwhile."""
        now, words = self._ports.clock(), self._words
        until = now + self._hold_duration
        if button is Button.HOLD_ALL:
            current = current_hold_all(self._ports.table.read_all().hold_all, now)
            if current is not None and current.until >= until:
                until_text = instant(current.until, now, self._event.zone, words)
                return words.all_held_already.replace("{until}", until_text)
        return press_for_all(self._ports.functions, button, until=until, reason=words.hold_reason)

    def _done(self, button: Button, act: Callable[[], str], key: str) -> Notice:
        """Run ``act`` and describe its result. ``key``: the service's key, empty for all services."""
        words = self._words
        try:
            sentence = act()
        except Refused as refused:
            logger.warning(f"the control panel requested {button.value} and was refused", extra={"kind": refused.kind})
            return Notice(str(refused), bad=True)
        except CallFailed as error:
            logger.exception(f"the control panel requested {button.value}, which failed")
            return Notice(self._not_done(error, words.not_done.replace("{why}", str(error))), bad=True)
        except Exception:
            logger.exception(f"the control panel requested {button.value}, and an unexpected error occurred")
            return Notice(words.perhaps_done, bad=True)
        logger.info(f"the control panel requested {button.value}", extra={"service": key} if key else {})
        return Notice(sentence or (words.done.replace("{service}", key) if key else words.done_for_all))

    def _not_done(self, error: CallFailed, usual: str) -> str:
        """Return the sentence for a call that failed. ``usual``: the sentence unless AWS forbids the call."""
        if isinstance(error, CallForbidden):
            return self._words.not_permitted.replace("{why}", str(error).rstrip("."))
        return usual
