"""What keeps a running service awake."""

from __future__ import annotations

from typing import Final

from .mutation import DRAINING, GOING_TO_ZERO, PROTECTION, REPAIR, WAKING, Mutation

MUTATIONS: Final = (
    Mutation(
        "an entrance nobody watches keeps a service awake",
        "idleness.py",
        "    if unwatched:\n",
        "    if False:\n",
        GOING_TO_ZERO,
    ),
    Mutation(
        "ignore_other_traffic lets unwatched entrances be",
        "idleness.py",
        "    if service.ignore_other_traffic:\n        return []\n",
        "",
        GOING_TO_ZERO,
    ),
    Mutation(
        "a running deployment keeps a service awake",
        "idleness.py",
        "    if facts.deployment_running:\n",
        "    if False:\n",
        GOING_TO_ZERO,
    ),
    Mutation(
        "a service without target groups is never called idle",
        "idleness.py",
        "    if not service.target_group_arns:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "a scalable target is left alone",
        "idleness.py",
        "    if snapshot.scalable_target:\n",
        "    if False:\n",
        DRAINING,
    ),
    Mutation(
        "a scalable target that cannot be asked for keeps the service awake",
        "idleness.py",
        "    if isinstance(snapshot.scalable_target, Unknown):\n        sentence",
        "    if False:\n        sentence",
        GOING_TO_ZERO,
    ),
    Mutation(
        "idleness counts from the moment a service became awake",
        "idleness.py",
        "    since = None if memory.phase is Phase.DRAINING and memory.last_activity else memory.since\n",
        "    since = None if memory.last_activity or memory.asked else memory.since\n",
        DRAINING,
    ),
    Mutation(
        "that a service began to drain is no sign of need",
        "idleness.py",
        "    since = None if memory.phase is Phase.DRAINING and memory.last_activity else memory.since\n",
        "    since = memory.since\n",
        DRAINING,
    ),
    Mutation(
        "somebody who asks gets a whole idle window",
        "idleness.py",
        "(since, memory.last_activity, memory.asked)",
        "(since, memory.last_activity)",
        WAKING,
    ),
    Mutation(
        "the count changed by hand is what is restored",
        "draining.py",
        "    service, wake = snapshot.service, snapshot.service.wake_on_request\n"
        "    if memory.restore != facts.desired:\n",
        "    service, wake = snapshot.service, snapshot.service.wake_on_request\n    if False:\n",
        REPAIR,
    ),
    Mutation(
        "protection is asked for before a stop",
        "idleness.py",
        "    if isinstance(protected, NotAsked):\n",
        "    protected = False\n    if False:\n",
        PROTECTION,
    ),
    Mutation(
        "protection that cannot be asked for keeps a service awake",
        "idleness.py",
        "    if isinstance(protected, Unknown):\n",
        "    if isinstance(protected, Unknown):\n        protected = False\n    if False:\n",
        PROTECTION,
    ),
    Mutation(
        "a protected task keeps a service awake",
        "idleness.py",
        "    if protected:\n",
        "    if False:\n",
        PROTECTION,
    ),
    Mutation(
        "a protected task gives a service another idle window",
        "idleness.py",
        "        noted = replace(memory, last_activity=now)\n",
        "        noted = memory\n",
        PROTECTION,
    ),
)
