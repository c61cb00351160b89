"""How a service with wake rules goes to zero: armed first, then the metrics catch up."""

from __future__ import annotations

from typing import Final

from .mutation import DRAINING, PROTECTION, WAKE_RULES, Mutation

MUTATIONS: Final = (
    Mutation(
        "a service with wake rules is armed before it is stopped",
        "draining.py",
        "    if wake is None:\n        return unused",
        "    if True:\n        return unused",
        DRAINING,
    ),
    Mutation(
        "metrics that are late keep a service from draining",
        "draining.py",
        "        not_seen_clearly(snapshot, memory, traffic, now)\n        or seen_too_short(",
        "        (not isinstance(traffic.watermark, datetime) and not_seen_clearly(snapshot, memory, traffic, now))\n"
        "        or seen_too_short(",
        DRAINING,
    ),
    Mutation(
        "a service with a busy task is not armed",
        "draining.py",
        "    protected = kept_by_protection(snapshot, memory, now)\n    if protected is not None:\n",
        "    protected = kept_by_protection(snapshot, memory, now)\n    if False:\n",
        PROTECTION,
    ),
    Mutation(
        "the drain lead arms so much earlier",
        "draining.py",
        "    quiet = service.idle - wake.drain_lead\n",
        "    quiet = service.idle\n",
        DRAINING,
    ),
    Mutation(
        "a drain lead leaves what has just become awake its whole idle window",
        "draining.py",
        "armed=None, last_activity=quiet_since)",
        "armed=None, last_activity=memory.last_activity or quiet_since)",
        DRAINING,
    ),
    Mutation(
        "a drain lead stops nothing before the idle window is full",
        "draining.py",
        "wake_rules_in_the_way(snapshot) or needed_as_far_as_known(snapshot, facts, memory, now, service.idle)",
        "wake_rules_in_the_way(snapshot) or needed_as_far_as_known(\n"
        "        snapshot, facts, memory, now, service.idle - service.wake_on_request.drain_lead\n    )",
        DRAINING,
    ),
    Mutation(
        "the drain lead is no part of the ten minutes of draining",
        "draining.py",
        "    longest = LONGEST_DRAINING + wake.drain_lead\n",
        "    longest = LONGEST_DRAINING\n",
        DRAINING,
    ),
    Mutation(
        "the metrics must pass the arming",
        "draining.py",
        "    if traffic.watermark < memory.armed + RULE_PROPAGATION:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "the metrics must pass the arming by a margin for its propagation",
        "draining.py",
        "    if traffic.watermark < memory.armed + RULE_PROPAGATION:\n",
        "    if traffic.watermark < memory.armed:\n",
        DRAINING,
    ),
    Mutation(
        "nothing is stopped before every rule is known to be armed",
        "draining.py",
        "    if memory.armed is None:\n        return Decision(",
        "    memory = replace(memory, armed=memory.armed or memory.since)\n    if False:\n        return Decision(",
        DRAINING,
    ),
    Mutation(
        "every rule must be armed, not one of them",
        "wake_rules.py",
        "    return all(\n        rule.arn in seen and",
        "    return any(\n        rule.arn in seen and",
        DRAINING,
    ),
    Mutation(
        "a rule that somebody changed counts as armed anew",
        "draining.py",
        "    return not all_armed(snapshot.service, snapshot.rules)\n",
        "    return False\n",
        DRAINING,
    ),
    Mutation(
        "a rule counts as armed anew whatever else that minute finds",
        "draining.py",
        "    if decision.action is Action.STAY:\n"
        "        return replace(decision, action=Action.REMEMBER, memory=memory)\n    return decision",
        "    return decision",
        DRAINING,
    ),
    Mutation(
        "rules that cannot be read stop nothing",
        "wake_rule_hindrances.py",
        "    if isinstance(snapshot.rules, Mapping):\n        return None\n    why",
        "    if True:\n        return None\n    why",
        DRAINING,
    ),
    Mutation(
        "metrics that are late stop nothing while it drains",
        "draining.py",
        "    if not_clear is not None:\n        return not_clear\n    unseen = wake_rules_unseen(snapshot)\n"
        "    if unseen is not None:\n        return unseen\n    if memory.armed",
        "    if not_clear is not None and not_clear.action in LOOKS:\n        return not_clear\n"
        "    unseen = wake_rules_unseen(snapshot)\n    if unseen is not None:\n        return unseen\n"
        "    if memory.armed",
        DRAINING,
    ),
    Mutation(
        "metrics that were late must have caught up while it drains too",
        "draining.py",
        "    if settling is not None:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "activity found while it drains makes it awake again",
        "draining.py",
        "        Reason.IN_USE,\n",
        "",
        DRAINING,
    ),
    Mutation(
        "what was seen in the last minutes counts for the idle window after draining",
        "draining.py",
        "        awake_again = replace(awake_again, last_activity=because.memory.last_activity)\n",
        "        pass\n",
        DRAINING,
    ),
    Mutation(
        "activity another run noted meanwhile makes it awake again",
        "draining.py",
        "    if memory.since < last_needed(memory) + service.idle - wake.drain_lead:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "a task protected while it drains makes it awake again",
        "draining.py",
        "        Reason.TASK_PROTECTED,\n",
        "",
        PROTECTION,
    ),
    Mutation(
        "a deployment while it drains makes it awake again",
        "draining.py",
        "        Reason.DEPLOYMENT_RUNNING,\n",
        "",
        DRAINING,
    ),
    Mutation(
        "an entrance nobody watches makes it awake again",
        "draining.py",
        "        Reason.UNWATCHED_ENTRANCE,\n",
        "",
        DRAINING,
    ),
    Mutation(
        "without watched target groups it is awake again",
        "draining.py",
        "        Reason.NO_TARGET_GROUPS,\n",
        "",
        DRAINING,
    ),
    Mutation(
        "a scalable target is awake again",
        "draining.py",
        "        Reason.SCALABLE_TARGET,\n",
        "",
        DRAINING,
    ),
    Mutation(
        "a wake rule that would not do makes it awake again",
        "draining.py",
        "        Reason.WAKE_RULE_PROBLEM,\n",
        "",
        WAKE_RULES,
    ),
    Mutation(
        "a service that is woken by requests no more is awake again",
        "draining.py",
        "    if wake is None:\n        return _back(",
        "    if wake is None:\n        return unused(snapshot, facts, memory, now)\n        return _back(",
        DRAINING,
    ),
    Mutation(
        "a visitor who comes while it drains makes it awake again",
        "decide_wake.py",
        "    if memory is not None and memory.phase is Phase.DRAINING:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "it drains for ten minutes at most",
        "draining.py",
        "    if now >= memory.since + longest:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "draining for too long is told",
        "draining.py",
        'f"it could not be seen clearly in time: {decision.sentence}")\n'
        "        return replace(back, reason=Reason.DRAINED_TOO_LONG, warning=True)",
        'f"it could not be seen clearly in time: {decision.sentence}")\n'
        "        return replace(back, reason=Reason.DRAINED_TOO_LONG)",
        DRAINING,
    ),
    Mutation(
        "where targets are gone it drains until the fallback has passed the arming",
        "draining.py",
        "        longest += now - traffic.watermark\n",
        "        pass\n",
        DRAINING,
    ),
    Mutation(
        "a count changed while it drains is what is restored",
        "draining.py",
        "    if memory.restore != facts.desired:\n        return _count_changed(service, facts, memory)\n"
        "    if is_requested(service, memory):\n        return _while_draining_on_request",
        "    if is_requested(service, memory):\n        return _while_draining_on_request",
        DRAINING,
    ),
    Mutation(
        "a service set to zero while it drains is asleep",
        "decide.py",
        "frozenset({Phase.AWAKE, Phase.DRAINING})",
        "frozenset({Phase.AWAKE})",
        DRAINING,
    ),
    Mutation(
        "an observed service is never armed",
        "draining.py",
        "    if service.mode is Mode.OBSERVE:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "a service that is observed from now on drains no more",
        "decide.py",
        '    if memory.phase is Phase.DRAINING:\n        sentence = f"{service.key} drains no more',
        '    if False:\n        sentence = f"{service.key} drains no more',
        DRAINING,
    ),
    Mutation(
        "a service that goes to zero is armed anew the next time",
        "idleness.py",
        "        armed=None,\n        hold=None,\n",
        "        hold=None,\n",
        DRAINING,
    ),
)
