"""What the metrics tell, and that late or partial ones tell nothing."""

from __future__ import annotations

from typing import Final

from .mutation import ATTENTION, DRAINING, GOING_TO_ZERO, Mutation

MUTATIONS: Final = (
    Mutation(
        "the quiet stretch must be visible whole before a stop",
        "idleness.py",
        "if traffic.watermark < quiet_since + service.idle:",
        "if now < quiet_since + service.idle:",
        GOING_TO_ZERO,
    ),
    Mutation(
        "a partial answer about health is unknown",
        "traffic.py",
        "        if isinstance(health, Unknown):\n            return health",
        "        if isinstance(health, Unknown):\n"
        "            health = Series({minute_of(needed_from) + n * MINUTE: 1.0 for n in range(1000)})",
        GOING_TO_ZERO,
    ),
    Mutation(
        "a partial answer about requests is unknown",
        "traffic.py",
        "        if isinstance(requests, Unknown):\n            return requests",
        "        if isinstance(requests, Unknown):\n            continue",
        GOING_TO_ZERO,
    ),
    Mutation(
        "unknown traffic is not idle",
        "idleness.py",
        "    if isinstance(traffic, Unknown):\n        sentence",
        "    if isinstance(traffic, Unknown):\n        traffic = Traffic(now - service.idle, None, now)\n"
        "    if False:\n        sentence",
        GOING_TO_ZERO,
    ),
    Mutation(
        "metrics are not asked for before they can matter",
        "idleness.py",
        '    if now < quiet_since + quiet:\n        sentence = f"{service.key} was needed',
        '    if False:\n        sentence = f"{service.key} was needed',
        DRAINING,
    ),
    Mutation(
        "a request in the last visible minute keeps a service awake",
        "traffic.py",
        "    return max(minutes) + MINUTE if minutes else None",
        "    return max(minutes) - MINUTE if minutes else None",
        DRAINING,
    ),
    Mutation(
        "late metrics are waited for: complete is what HealthyHostCount reached",
        "traffic.py",
        "            shown.append(newest)\n",
        "            shown.append(minute_of(taken_at_its_word) + timedelta(minutes=15))\n",
        DRAINING,
    ),
    Mutation(
        "a missing minute of HealthyHostCount hides those after it",
        "traffic.py",
        "    while minute + MINUTE in points:\n        minute += MINUTE\n    return minute\n",
        "    return max(points)\n",
        GOING_TO_ZERO,
    ),
    Mutation(
        "targets without HealthyHostCount mean late metrics, not idleness",
        "idleness.py",
        "        if has_targets:\n",
        "        if False:\n",
        GOING_TO_ZERO,
    ),
    Mutation(
        "targets that cannot be seen keep a service awake",
        "idleness.py",
        "        if isinstance(has_targets, Unknown):\n            sentence",
        "        if False:\n            sentence",
        GOING_TO_ZERO,
    ),
    Mutation(
        "an absence is taken at its word only after the fallback",
        "traffic.py",
        "min([*shown, minute_of(taken_at_its_word)] if",
        "min([*shown, minute_of(taken_at_its_word) + 60 * MINUTE] if",
        DRAINING,
    ),
    Mutation(
        "taking an absence at its word is told",
        "idleness.py",
        "asleep, desired=0, warning=bool(traffic.without_health))",
        "asleep, desired=0)",
        ATTENTION,
    ),
    Mutation(
        "metrics that were late must have caught up for some minutes",
        "idleness.py",
        "    if memory.metrics_late is not None and now - memory.metrics_late < SETTLING_OF_LATE_METRICS:",
        "    if False:",
        DRAINING,
    ),
    Mutation(
        "what is seen only through late metrics is not seen clearly",
        "idleness.py",
        "    if now - traffic.health_until > USUAL_METRIC_DELAY:",
        "    if False:",
        DRAINING,
    ),
)
