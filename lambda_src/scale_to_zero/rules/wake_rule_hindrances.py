"""What of its wake rules keeps a service from being stopped, be it idle or requested to sleep. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason

from .vetoes import Running
from .wake_rules import why_not_armed


def wake_rules_unseen(one: Running) -> Decision | None:
    """One whose wake rules could not be seen is not stopped; ``None`` if they were, or it has none."""
    snapshot = one.snapshot
    if one.service.wake_on_request is None or isinstance(snapshot.rules, Mapping):
        return None
    why = snapshot.rules.why if isinstance(snapshot.rules, Unknown) else "they were not observed"
    sentence = f"{one.service.key} is not stopped: its wake rules could not be seen: {why}"
    return Decision(Action.STAY, Reason.WAKE_RULES_UNKNOWN, sentence, warning=True)


def wake_rules_in_the_way(one: Running) -> Decision | None:
    """A service whose visitors could not wake it is not put to sleep; ``None`` if they could, as far as is seen."""
    service, rules = one.service, one.snapshot.rules
    if service.wake_on_request is None or not isinstance(rules, Mapping):
        return None
    problem = why_not_armed(service, rules)
    if problem is None:
        return None
    sentence = f"{service.key} stays awake, since requests could not wake it as they should: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)
