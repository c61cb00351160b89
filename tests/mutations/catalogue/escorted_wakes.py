"""Who sees a wake through, and what is remembered of its parts."""

from __future__ import annotations

from typing import Final

from .mutation import ESCORTED_WAKES, Mutation

MUTATIONS: Final = (
    Mutation(
        "an escorted wake is left to its escort",
        "waking.py",
        "    if memory.escorted_until is not None and now < memory.escorted_until and not _overdue(memory, now):\n",
        "    if False:\n",
        ESCORTED_WAKES,
    ),
    Mutation(
        "an escorted wake that is overdue is looked after",
        "waking.py",
        "now < memory.escorted_until and not _overdue(memory, now):\n",
        "now < memory.escorted_until:\n",
        ESCORTED_WAKES,
    ),
    Mutation(
        "a wake whose escort is gone is looked after",
        "waking.py",
        " and now < memory.escorted_until and not",
        " and not",
        ESCORTED_WAKES,
    ),
    Mutation(
        "the parts of a wake are looked for",
        "waking.py",
        "        if isinstance(snapshot.task_times, NotAsked):\n",
        "        if False:\n",
        ESCORTED_WAKES,
    ),
    Mutation(
        "the parts of a wake are remembered",
        "waking.py",
        "        created=known.created,\n        pulled=known.pulled,\n        started=known.started,\n",
        "",
        ESCORTED_WAKES,
    ),
    Mutation(
        "when it was ready is remembered",
        "waking.py",
        "        healthy=now,\n",
        "",
        ESCORTED_WAKES,
    ),
    Mutation(
        "the way is open only when the rules are disarmed",
        "waking.py",
        "        opened=now if service.wake_on_request is None else None,\n",
        "        opened=now,\n",
        ESCORTED_WAKES,
    ),
    Mutation(
        "without wake rules the way is open at once",
        "waking.py",
        "        opened=now if service.wake_on_request is None else None,\n",
        "        opened=None,\n",
        ESCORTED_WAKES,
    ),
    Mutation(
        "a new wake forgets the parts of the one before",
        "waking.py",
        "        wake_parts=WakeParts(asked=asked),\n",
        "",
        ESCORTED_WAKES,
    ),
)
