"""How services wake, and when they count as awake."""

from __future__ import annotations

from typing import Final

from .mutation import A_DAY_WITH_WAKE_RULES, FAILED_WAKES, READINESS, REPAIR, TAKING_BACK, WAKING, Mutation

MUTATIONS: Final = (
    Mutation(
        "the configured count wins over the remembered one",
        "waking.py",
        "return service.awake_count or remembered or DEFAULT_AWAKE_COUNT",
        "return remembered or service.awake_count or DEFAULT_AWAKE_COUNT",
        WAKING,
    ),
    Mutation(
        "the remembered count is restored",
        "waking.py",
        "return service.awake_count or remembered or DEFAULT_AWAKE_COUNT",
        "return service.awake_count or DEFAULT_AWAKE_COUNT",
        TAKING_BACK,
    ),
    Mutation(
        "a wake asked for during a stop waits for the stop",
        "decide_wake.py",
        "    if memory is not None and memory.stopping_until is not None and now < memory.stopping_until:",
        "    if False:",
        A_DAY_WITH_WAKE_RULES,
    ),
    Mutation(
        "asking again while it wakes starts nothing twice",
        "decide_wake.py",
        "    if memory is not None and memory.phase is Phase.WAKING:\n        return _asked_again",
        "    if False:\n        return _asked_again",
        WAKING,
    ),
    Mutation(
        "a wake past its deadline is marked failed",
        "waking.py",
        "    if memory.failed or not _overdue(memory, now):\n",
        "    if True:\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a failed wake nobody asks for is given up",
        "waking.py",
        "    if not memory.failed or memory.deadline is None:\n",
        "    if True:\n",
        FAILED_WAKES,
    ),
    Mutation(
        "readiness that cannot be seen is not readiness",
        "waking.py",
        "    if isinstance(readiness, Unknown):\n        sentence",
        "    if isinstance(readiness, Unknown):\n"
        "        return awake_now(service, memory, facts.desired, now, snapshot.task_times)\n"
        "    if False:\n        sentence",
        WAKING,
    ),
    Mutation(
        "a dying task's target does not count",
        "readiness.py",
        "any(not isinstance(targets, Unknown) and targets & wanted for targets in seen)",
        "any(not isinstance(targets, Unknown) and targets for targets in seen)",
        READINESS,
    ),
    Mutation(
        "every live target group needs a healthy target",
        "readiness.py",
        "        return unseen or Readiness(ready=False",
        "        break\n        return unseen or Readiness(ready=False",
        READINESS,
    ),
    Mutation(
        "shortly after a stop health must be unbroken",
        "readiness.py",
        "        if unbroken < UNBROKEN_HEALTH:",
        "        if False:",
        READINESS,
    ),
    Mutation(
        "a wake that crashed between memory and ECS is completed",
        "waking.py",
        "    return Decision(Action.WAKE, Reason.WAKE_UNFINISHED, sentence, memory, desired=desired)",
        "    return Decision(Action.STAY, Reason.WAKE_UNFINISHED, sentence)",
        REPAIR,
    ),
    Mutation(
        "a failed wake somebody asks for goes on",
        "waking.py",
        "    wanted = (memory.deadline, memory.asked, memory.last_activity, held_until)\n",
        "    wanted = (memory.deadline, held_until)\n",
        REPAIR,
    ),
    Mutation(
        "a failed wake that somebody uses is not stopped",
        "waking.py",
        "    decision = unused(snapshot, facts, memory, now)\n"
        "    if decision.action is not Action.SLEEP:\n        return decision\n",
        "    decision = Decision(Action.SLEEP, Reason.IDLE, '', gone_asleep(memory, now), desired=0)\n",
        WAKING,
    ),
    Mutation(
        "a failed wake teaches nothing about how long wakes take",
        "waking.py",
        "    if memory.asked is not None and not memory.failed:\n",
        "    if memory.asked is not None:\n",
        WAKING,
    ),
    Mutation(
        "an event from before a wake is not the reason it failed",
        "waking.py",
        " and facts.newest_event_at >= memory.since:",
        ":",
        WAKING,
    ),
    Mutation(
        "a scalable target is not woken",
        "decide_wake.py",
        "    if snapshot.scalable_target is True and not stopped_by_this_module:\n",
        "    if False:\n",
        WAKING,
    ),
)
