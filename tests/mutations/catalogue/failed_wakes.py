"""How a wake fails, what is told of it, and when the next may begin."""

from __future__ import annotations

from typing import Final

from .mutation import FAILED_WAKES, Mutation

MUTATIONS: Final = (
    Mutation(
        "a wake counts as failed once",
        "waking.py",
        "    if memory.failed or not _overdue(memory, now):\n",
        "    if not _overdue(memory, now):\n",
        FAILED_WAKES,
    ),
    Mutation(
        "why tasks stopped is told when a wake fails",
        "waking.py",
        "    words = list(reasons) if not isinstance(reasons, Unknown) else []\n",
        "    words: list[str] = []\n",
        FAILED_WAKES,
    ),
    Mutation(
        "an event is told when a wake fails",
        "waking.py",
        "        words.append(facts.newest_event)\n",
        "        pass\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a failure is told in so many words",
        "waking.py",
        '    failure = "; ".join(words)[:LONGEST_FAILURE]\n',
        '    failure = "; ".join(words)\n',
        FAILED_WAKES,
    ),
    Mutation(
        "a failure without words of ECS tells what it waits for",
        "waking.py",
        "failure=failure or why[:LONGEST_FAILURE]",
        "failure=failure",
        FAILED_WAKES,
    ),
    Mutation(
        "failures in a row are counted",
        "waking.py",
        "failures=memory.failures + 1",
        "failures=1",
        FAILED_WAKES,
    ),
    Mutation(
        "each failure doubles the back-off",
        "waking.py",
        "SHORTEST_BACK_OFF * (1 << doublings)",
        "SHORTEST_BACK_OFF",
        FAILED_WAKES,
    ),
    Mutation(
        "the back-off has a longest",
        "waking.py",
        "    return min(LONGEST_BACK_OFF, SHORTEST_BACK_OFF * (1 << doublings))\n",
        "    return SHORTEST_BACK_OFF * (1 << doublings)\n",
        FAILED_WAKES,
    ),
    Mutation(
        "the back-off can be told after any number of failures",
        "waking.py",
        "    doublings = min(max(0, failures - 1), MOST_DOUBLINGS)\n",
        "    doublings = max(0, failures - 1)\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a failed wake that is given up backs off",
        "waking.py",
        "    resting = _resting(decision.memory, now)\n",
        "    resting = decision.memory\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a wake ECS never accepts backs off",
        "waking.py",
        "        asleep = _resting(gone_asleep(memory, now), now)\n",
        "        asleep = gone_asleep(memory, now)\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a wake that succeeds begins the count of failures anew",
        "waking.py",
        "        failures=0,\n",
        "",
        FAILED_WAKES,
    ),
    Mutation(
        "a wake that succeeds forgets why the one before failed",
        "waking.py",
        '        failure="",\n        failures=0,\n',
        "        failures=0,\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a wake that begins forgets why the one before failed",
        "waking.py",
        '        failure="",\n        retry_at=None,\n',
        "        retry_at=None,\n",
        FAILED_WAKES,
    ),
    Mutation(
        "a wake that begins waits for nothing any more",
        "waking.py",
        '        failure="",\n        retry_at=None,\n',
        '        failure="",\n',
        FAILED_WAKES,
    ),
)
