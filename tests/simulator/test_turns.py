"""Runs that overlap in virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from greenlet import greenlet

from simulator.ports.faults import RunCutOff
from simulator.turns import Turns
from simulator.world import World

from .worlds import SECOND, START


class Stage:
    """A world, its turns, and a log of what happened and when."""

    def __init__(self) -> None:
        self.world = World(seed=1, start=START)
        self.turns = Turns(self.world)
        self.log: list[tuple[str, float]] = []

    def note(self, what: str) -> None:
        self.log.append((what, (self.world.now - START) / SECOND))

    def run(self, name: str, *waits: float) -> Callable[[], None]:
        def begin() -> None:
            self.note(name)
            for seconds in waits:
                self.turns.wait(timedelta(seconds=seconds))
                self.note(name)

        return begin

    def at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)


def test_the_run_with_the_earliest_next_instant_continues() -> None:
    stage = Stage()
    stage.turns.at(stage.at(0), stage.run("slow", 10))
    stage.turns.at(stage.at(1), stage.run("quick", 1, 1))
    stage.turns.run_until(stage.at(20))
    assert stage.log == [("slow", 0), ("quick", 1), ("quick", 2), ("quick", 3), ("slow", 10)]
    assert stage.world.now == stage.at(20)


def test_events_of_one_instant_happen_in_the_order_in_which_they_were_added() -> None:
    stage = Stage()
    for name in ("a", "b"):
        stage.turns.at(stage.at(0), stage.run(name, 5))
    stage.turns.run_until(stage.at(6))
    assert [name for name, _ in stage.log] == ["a", "b", "a", "b"]


def test_run_until_includes_its_instant_but_not_waits_that_begin_at_it() -> None:
    stage = Stage()
    stage.turns.at(stage.at(5), stage.run("at the end", 0))
    stage.turns.run_until(stage.at(5))
    assert stage.log == [("at the end", 5)]
    stage.turns.run_until(stage.at(5))
    assert stage.log == [("at the end", 5)] * 2


def test_a_run_can_wait_at_any_depth_of_its_calls() -> None:
    stage = Stage()

    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        else:
            stage.turns.wait(SECOND)
            stage.note("deep down")

    stage.turns.at(stage.at(0), lambda: deep(100))
    stage.turns.run_until(stage.at(2))
    assert stage.log == [("deep down", 1)]


def test_run_until_raises_the_exception_of_a_run_and_other_runs_continue_afterwards() -> None:
    stage = Stage()

    def fails() -> None:
        stage.turns.wait(SECOND)
        raise LookupError("an unexpected error")

    stage.turns.at(stage.at(0), fails)
    stage.turns.at(stage.at(0), stage.run("other", 3))
    with pytest.raises(LookupError, match="an unexpected error"):
        stage.turns.run_until(stage.at(10))
    assert stage.world.now == stage.at(1)
    stage.turns.run_until(stage.at(10))
    assert stage.log == [("other", 0), ("other", 3)]


def test_leaving_cuts_off_every_run() -> None:
    stage = Stage()

    def begin() -> None:
        try:
            stage.turns.wait(SECOND)
        finally:
            stage.note("cut off")
            with pytest.raises(RunCutOff):
                stage.turns.wait(SECOND)

    with stage.turns:
        stage.turns.at(stage.at(0), begin)
        stage.turns.at(stage.at(1), stage.run("never begun"))
        stage.turns.run_until(stage.at(0))
    assert stage.log == [("cut off", 0)]


def test_all_runs_are_cut_off_even_if_some_of_them_fail_then() -> None:
    stage = Stage()

    def begin(name: str, failure: Exception | None) -> None:
        try:
            stage.turns.wait(SECOND)
        finally:
            stage.note(name)
            if failure is not None:
                raise failure

    stage.turns.at(stage.at(0), lambda: begin("a", LookupError("the first")))
    stage.turns.at(stage.at(0), lambda: begin("b", LookupError("the second")))
    stage.turns.at(stage.at(0), lambda: begin("c", None))
    stage.turns.run_until(stage.at(0))
    with pytest.raises(LookupError, match="the first"), stage.turns:
        pass
    assert stage.log == [("a", 0), ("b", 0), ("c", 0)]


def test_a_failure_during_the_cut_off_does_not_hide_an_earlier_exception() -> None:
    stage = Stage()

    def begin() -> None:
        try:
            stage.turns.wait(SECOND)
        finally:
            raise LookupError("while it was cut off")

    stage.turns.at(stage.at(0), begin)
    stage.turns.run_until(stage.at(0))
    with pytest.raises(ValueError, match="before"), stage.turns:
        raise ValueError("before")


def test_a_run_that_is_cut_off_ends_without_an_exception() -> None:
    stage = Stage()

    def cut_off() -> None:
        raise RunCutOff

    stage.turns.at(stage.at(0), cut_off)
    stage.turns.run_until(stage.at(1))


def test_only_a_run_can_wait() -> None:
    stage = Stage()
    with pytest.raises(RuntimeError, match="Only a run can wait in virtual time; call run_until instead"):
        stage.turns.wait(SECOND)


def test_a_run_cannot_let_time_pass_for_the_others() -> None:
    stage = Stage()
    stage.turns.at(stage.at(0), stage.run("waits", 5))
    stage.turns.at(stage.at(1), lambda: stage.turns.run_until(stage.at(10)))
    with pytest.raises(RuntimeError, match="A run cannot let time pass for the others; wait in it instead"):
        stage.turns.run_until(stage.at(20))
    stage.turns.run_until(stage.at(20))
    assert stage.log == [("waits", 0), ("waits", 5)]


def test_a_run_cannot_wait_in_the_turns_of_another_world() -> None:
    here, there = Stage(), Stage()
    there.turns.at(there.at(0), lambda: here.turns.wait(SECOND))
    with pytest.raises(RuntimeError, match="Only a run can wait"):
        there.turns.run_until(there.at(1))


def test_a_run_of_one_world_can_let_time_pass_in_another_world() -> None:
    here, there = Stage(), Stage()
    there.turns.at(there.at(0), there.run("there", 3))

    def begin() -> None:
        there.turns.run_until(there.at(5))
        here.turns.wait(SECOND)
        here.note("here")

    here.turns.at(here.at(0), begin)
    here.turns.run_until(here.at(2))
    assert there.log == [("there", 0), ("there", 3)]
    assert here.log == [("here", 1)]


def test_a_run_continues_in_any_greenlet_that_lets_time_pass() -> None:
    stage = Stage()
    stage.turns.at(stage.at(0), stage.run("run", 1, 5))
    stage.turns.run_until(stage.at(2))

    def elsewhere() -> None:
        stage.turns.run_until(stage.at(10))
        stage.note("elsewhere")

    greenlet(elsewhere).switch()
    assert stage.log == [("run", 0), ("run", 1), ("run", 6), ("elsewhere", 10)]


def test_a_thousand_waiting_runs_need_no_thread() -> None:
    stage = Stage()
    before = threading.active_count()
    for number in range(1000):
        stage.turns.at(stage.at(0), stage.run(str(number), 1))
    stage.turns.run_until(stage.at(0))
    assert len(stage.log) == 1000
    assert threading.active_count() == before
    stage.turns.run_until(stage.at(2))
    assert len(stage.log) == 2000
