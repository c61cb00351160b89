"""Listener rules: their settings, and which setting applies to a request; after a change, the old one for a while.

"Requests could be routed using the previous rule configuration for a short time" (ud ELB, edit a rule). Here the
previous one always applies for exactly ``propagation``, so that the same calls give the same history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from .timeline import Timeline


@dataclass(frozen=True)
class _Change:
    counts_from: datetime
    setting: Any
    exists: bool = True


class ListenerRules:
    """The rules of every listener, by ARN.

    A setting is any value that the caller passes: it is compared and returned, never read. Do not change a setting that
    was put here; put another one.
    ``propagation``: the time from a change until it applies to requests. It may be set at any time, for later changes.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.propagation: timedelta = timeline.timings.rule_propagation
        self._timeline = timeline
        self._listeners: dict[str, dict[str, list[_Change]]] = {}
        self._set_now: dict[str, Mapping[str, Any]] = {}

    def put(self, listener_arn: str, rule_arn: str, setting: Any) -> None:
        """Create or change a rule. The first rule of a listener applies at once, because nothing was there before."""
        delay = self.propagation if listener_arn in self._listeners else timedelta(0)
        self._change(listener_arn, rule_arn, setting, delay)

    def remove(self, listener_arn: str, rule_arn: str) -> None:
        """Delete a rule; it still applies to requests for a while. Raises ``LookupError`` for an unknown rule."""
        if rule_arn not in self.set_now(listener_arn):
            raise LookupError(f"There is no rule {rule_arn}.")
        self._change(listener_arn, rule_arn, None, self.propagation, exists=False)

    def replace(self, listener_arn: str, settings: Mapping[str, Any]) -> None:
        """Set all the rules of a listener. Rules with the same setting as before are not changed."""
        new = listener_arn not in self._listeners
        before = {} if new else self.set_now(listener_arn)
        for rule_arn, setting in settings.items():
            if rule_arn not in before or before[rule_arn] != setting:
                self._change(listener_arn, rule_arn, setting, timedelta(0) if new else self.propagation)
        for rule_arn in before.keys() - settings.keys():
            self.remove(listener_arn, rule_arn)

    def forget_listener(self, listener_arn: str) -> None:
        """Delete a listener, at once."""
        self._listeners.pop(listener_arn, None)
        self._set_now.pop(listener_arn, None)

    @property
    def listener_arns(self) -> tuple[str, ...]:
        """The ARN of every listener."""
        return tuple(self._listeners)

    def set_now(self, listener_arn: str) -> Mapping[str, Any]:
        """Return each rule's latest setting, as DescribeRules does. Raises ``LookupError`` for an unknown listener."""
        known = self._set_now.get(listener_arn)
        if known is None:
            newest = {rule_arn: changes[-1] for rule_arn, changes in self._rules(listener_arn).items()}
            settings = {rule_arn: change.setting for rule_arn, change in newest.items() if change.exists}
            known = self._set_now[listener_arn] = MappingProxyType(settings)
        return known

    def met(self, listener_arn: str, instant: datetime | None = None) -> Mapping[str, Any]:
        """Return the setting of each rule that applies to a request at ``instant``, by default now.

        For a future instant the answer holds if no rule changes until then. Raises ``LookupError`` for an unknown
        listener.
        """
        at = max(instant or self._timeline.now, self._timeline.now)
        found = {}
        for rule_arn, changes in self._rules(listener_arn).items():
            counting = [change for change in changes if change.counts_from <= at]
            if counting and counting[-1].exists:
                found[rule_arn] = counting[-1].setting
        return found

    def _rules(self, listener_arn: str) -> dict[str, list[_Change]]:
        try:
            return self._listeners[listener_arn]
        except KeyError:
            raise LookupError(f"There is no listener {listener_arn}.") from None

    def _change(self, listener_arn: str, rule_arn: str, setting: Any, delay: timedelta, exists: bool = True) -> None:
        now = self._timeline.now
        rules = self._listeners.setdefault(listener_arn, {})
        changes = rules.get(rule_arn, [])
        # Changes of a rule apply in the order in which they were made, even if the delay has become shorter since.
        counts_from = max([now + delay, *(change.counts_from for change in changes)])
        past = [change for change in changes if change.counts_from <= now]
        to_come = [change for change in changes if change.counts_from > now]
        self._set_now.pop(listener_arn, None)
        rules[rule_arn] = [*past[-1:], *to_come, _Change(counts_from, setting, exists)]
