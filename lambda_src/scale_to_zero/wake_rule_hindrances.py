"""What of its wake rules keeps a service from being stopped, be it idle or asked to sleep. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Action, Decision, Snapshot, Unknown
from .reasons import Reason
from .wake_rules import why_not_armed


def wake_rules_unseen(snapshot: Snapshot) -> Decision | None:
    """One whose wake rules could not be seen is not stopped; ``None`` if they were, or it has none."""
    if snapshot.service.wake_on_request is None or isinstance(snapshot.rules, Mapping):
        return None
    why = snapshot.rules.why if isinstance(snapshot.rules, Unknown) else "nobody looked"
    sentence = f"{snapshot.service.key} is not stopped: its wake rules could not be seen: {why}"
    return Decision(Action.STAY, Reason.WAKE_RULES_UNKNOWN, sentence, warning=True)


def wake_rules_in_the_way(snapshot: Snapshot) -> Decision | None:
    """A service whose visitors could not wake it is not put to sleep; ``None`` if they could, as far as is seen."""
    service = snapshot.service
    if service.wake_on_request is None or not isinstance(snapshot.rules, Mapping):
        return None
    problem = why_not_armed(service, snapshot.rules)
    if problem is None:
        return None
    sentence = f"{service.key} stays awake, since requests could not wake it as they should: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)
