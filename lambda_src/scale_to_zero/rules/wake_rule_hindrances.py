"""Problems of wake rules that keep a service from being stopped, even if sleep was requested. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason

from .vetoes import Running
from .wake_rules import why_not_armed


def wake_rules_unseen(one: Running) -> Decision | None:
    """Keep a service from being stopped if its wake rules could not be read; ``None`` if they were, or it has none."""
    snapshot = one.snapshot
    if one.service.wake_on_request is None or isinstance(snapshot.rules, Mapping):
        return None
    why = snapshot.rules.why if isinstance(snapshot.rules, Unknown) else "they were not observed"
    sentence = f"{one.service.key} is not stopped, because its wake rules could not be read: {why}"
    return Decision(Action.STAY, Reason.WAKE_RULES_UNKNOWN, sentence, warning=True)


def wake_rules_in_the_way(one: Running) -> Decision | None:
    """Keep a service awake if visitors could not wake it; ``None`` if they could, as far as its rules are known."""
    service, rules = one.service, one.snapshot.rules
    if service.wake_on_request is None or not isinstance(rules, Mapping):
        return None
    problem = why_not_armed(service, rules)
    if problem is None:
        return None
    sentence = f"{service.key} stays awake, because requests could not wake it correctly: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)


def wake_rules_not_armed(one: Running) -> Decision | None:
    """Do not stop a service whose wake rules are not all armed: requests could not wake it.

    ``None`` if all are armed, or if it has no wake rules.
    """
    service, rules = one.service, one.snapshot.rules
    if service.wake_on_request is None or one.state.armed is not None or not isinstance(rules, Mapping):
        return None
    problem = why_not_armed(service, rules) or "this tick arms them again; if this repeats, find out who changes them"
    sentence = f"{service.key} is not stopped, because its wake rules are not all armed: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)
