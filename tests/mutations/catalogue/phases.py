"""How phases follow from the facts, whatever crashed or was done elsewhere, and what each mode allows."""

from __future__ import annotations

from typing import Final

from .mutation import A_DAY_WITH_WAKE_RULES, HOLDS, REPAIR, Mutation

MUTATIONS: Final = (
    Mutation(
        "a service stopped by hand is asleep",
        "decide.py",
        "    if memory.phase in RUNNING_PHASES or (memory.phase is Phase.WAKING and memory.asked is None):",
        "    if memory.phase is Phase.WAKING and memory.asked is None:",
        REPAIR,
    ),
    Mutation(
        "a start by hand taken back by hand stays taken back",
        "decide.py",
        "    if memory.phase in RUNNING_PHASES or (memory.phase is Phase.WAKING and memory.asked is None):",
        "    if memory.phase in RUNNING_PHASES:",
        REPAIR,
    ),
    Mutation(
        "a stop that crashed after its fence waits until nobody can be stopping any more",
        "decide.py",
        "    service, readiness = snapshot.service, snapshot.readiness\n"
        "    if memory.stopping_until is not None and now < memory.stopping_until:",
        "    service, readiness = snapshot.service, snapshot.readiness\n    if False:",
        REPAIR,
    ),
    Mutation(
        "a wake asked for during a stop is started afterwards",
        "decide.py",
        "    if memory.wake_requested is not None:\n",
        "    if False:\n",
        A_DAY_WITH_WAKE_RULES,
    ),
    Mutation(
        "an observed service is never stopped",
        "decide.py",
        "    if decision.action is Action.SLEEP:\n        if memory.would_sleep_since",
        "    if False:\n        if memory.would_sleep_since",
        REPAIR,
    ),
    Mutation(
        "an observed service is never woken",
        "decide_wake.py",
        "    if service.mode is Mode.OBSERVE:\n",
        "    if False:\n",
        HOLDS,
    ),
    Mutation(
        "a service whose mode is off is left alone",
        "decide.py",
        "    if service.mode is Mode.OFF:\n",
        "    if False:\n",
        HOLDS,
    ),
    Mutation(
        "a DAEMON service is left alone",
        "decide.py",
        '    if facts.scheduling_strategy == "DAEMON":\n',
        "    if False:\n",
        REPAIR,
    ),
    Mutation(
        "a service that is not ACTIVE is left alone",
        "decide.py",
        '    if facts.status != "ACTIVE":\n',
        "    if False:\n",
        REPAIR,
    ),
    Mutation(
        "a service started by hand is noticed",
        "decide.py",
        "    started = begin_waking(service, facts, memory, now, asked=memory.wake_requested)\n",
        "    started = memory\n",
        REPAIR,
    ),
    Mutation(
        "a service found started and ready is awake at once",
        "decide.py",
        "    if isinstance(readiness, Readiness) and readiness.ready:\n",
        "    if False:\n",
        REPAIR,
    ),
    Mutation(
        "a memory that cannot be read is left as it is",
        "decide.py",
        "    if isinstance(memory, Unknown):\n",
        "    if False:\n",
        REPAIR,
    ),
)
