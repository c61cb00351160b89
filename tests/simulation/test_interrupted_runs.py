"""A run is cut off, refused, or left without an answer at each of its calls in turn; ordinary ticks repair the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .days import STORIES
from .days_with_wake_rules import STORIES_WITH_WAKE_RULES, calls_to_disturb
from .faults import Fault
from .runs import HANGING, Planned, Trouble

INTERRUPTIONS = {
    "cut-off-before": Trouble(Fault.CUT_OFF_BEFORE),
    "cut-off-after": Trouble(Fault.CUT_OFF_AFTER),
    "refused": Trouble(Fault.REFUSED),
    "answer-lost": Trouble(Fault.ANSWER_LOST),
    "slow": Trouble(lasts=timedelta(seconds=30)),
    "so-slow-that-the-run-is-cut-off": HANGING,
    "given-up-but-done-later": Trouble(Fault.REFUSED, lasts=timedelta(seconds=8), effect_after=timedelta(seconds=20)),
    "given-up-but-done-at-the-last-moment": Trouble(
        Fault.REFUSED, lasts=timedelta(seconds=8), effect_after=timedelta(minutes=5)
    ),
    "cut-off-but-done-later": Trouble(
        Fault.CUT_OFF_AFTER, lasts=timedelta(minutes=5), effect_after=timedelta(seconds=40)
    ),
}
CASES = [(name, number + 1, call) for name, story in STORIES.items() for number, call in enumerate(story.calls())]


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize(("story", "number", "call"), CASES)
def test_an_interrupted_run_is_repaired(story: str, number: int, call: str, interruption: str) -> None:
    told = STORIES[story]
    plan = Planned(told.kind, told.number, number, INTERRUPTIONS[interruption])
    told.tell(lambda _sim: plan)
    assert plan.happened


CASES_WITH_WAKE_RULES = [
    (name, number, call) for name, story in STORIES_WITH_WAKE_RULES.items() for number, call in calls_to_disturb(story)
]


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize(("story", "number", "call"), CASES_WITH_WAKE_RULES)
def test_an_interrupted_run_leaves_nobody_before_a_closed_door(
    story: str, number: int, call: str, interruption: str
) -> None:
    """Whoever comes afterwards is served, and the service still goes to sleep with its rules armed."""
    told = STORIES_WITH_WAKE_RULES[story]
    plan = Planned(told.kind, told.number, number, INTERRUPTIONS[interruption])
    told.tell(lambda _sim: plan)
    assert plan.happened
