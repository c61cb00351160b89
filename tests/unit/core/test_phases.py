"""Every change of phase, and of what belongs to one, lives in ``phases.py``, below a table that is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

import scale_to_zero
from scale_to_zero import phases
from scale_to_zero.memory import Memory, Phase
from scale_to_zero.model import TaskTimes
from tests.remembered import a_wake
from tests.unit.core.story import NAME, at, in_phase, running_facts

PACKAGE: Final = Path(scale_to_zero.__file__).parent
BELONGS_TO_A_PHASE: Final = frozenset({"phase", "wake", "stop", "stopped", "backoff", "armed", "failures"})
READS_WHAT_WAS_WRITTEN: Final = "aws/state_items.py"
WRITES: Final = frozenset({"replace", "_replace", "Memory"})
ROW: Final = re.compile(r"^    (-|any|awake|draining|asleep|waking) +(awake|draining|asleep|waking) +(\w+) ", re.M)


def written(source: str) -> Iterator[tuple[int, str]]:
    """Each field of a service state that this source writes, with its line: as a keyword of a copy, or by ``setattr``.

    ``since`` counts where a copy is made of a memory: other types have one too.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in WRITES:
            continue
        of_a_memory = called == "Memory" or (bool(node.args) and "memory" in ast.unparse(node.args[0]))
        for keyword in node.keywords:
            if keyword.arg in BELONGS_TO_A_PHASE or (keyword.arg == "since" and of_a_memory) or keyword.arg is None:
                yield node.lineno, keyword.arg or "**"


def functions() -> dict[str, ast.FunctionDef]:
    tree = ast.parse((PACKAGE / "phases.py").read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def table() -> set[tuple[str, str, str]]:
    """Every row of the table: from, to, function."""
    return {(before, after, name) for before, after, name in ROW.findall(phases.__doc__ or "")}


def test_nothing_else_writes_what_belongs_to_a_phase() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}:{line} writes {field}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "phases.py" and str(path.relative_to(PACKAGE)) != READS_WHAT_WAS_WRITTEN
        for line, field in written(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "replace(memory, phase=Phase.AWAKE)",
        "dataclasses.replace(decision.memory, stop=None)",
        "replace(memory, since=now)",
        "Memory(name, Phase.ASLEEP, since=now)",
        "stop._replace(wake=None)",
        "replace(memory, **changes)",
    ],
)
def test_a_write_is_found(source: str) -> None:
    assert list(written(source))


def test_each_function_that_sets_a_phase_is_in_the_table() -> None:
    sets_a_phase = {
        name
        for name, node in functions().items()
        if any(field == "phase" for _, field in written(ast.unparse(node))) or "Memory(" in ast.unparse(node)
    }
    named = {name for _, _, name in table()}
    assert sets_a_phase <= named
    assert named <= functions().keys()


def change(name: str, before: str, after: str) -> Memory:
    """The service state after a change of the table."""
    if name == "first_seen":
        return phases.first_seen(NAME, running_facts(0 if after == Phase.ASLEEP else 1), at("10:00"))
    memory = replace(in_phase(Phase.AWAKE if before == "any" else Phase(before)), wake=a_wake())
    now = at("10:05")
    if name == "undo_stop":
        drained_or_woke = in_phase(Phase.DRAINING if after == Phase.AWAKE else Phase.WAKING)
        return phases.undo_stop(drained_or_woke, memory, now)[1]
    changes: dict[str, Callable[[], Memory]] = {
        "drain": lambda: phases.drain(memory, now, None),
        "stay_awake": lambda: phases.stay_awake(memory, now),
        "fall_asleep": lambda: phases.fall_asleep(memory, now, stopped=now),
        "begin_waking": lambda: phases.begin_waking(memory, now, deadline=at("10:10"), asked=now, sent=None),
        "sent_now": lambda: phases.sent_now(memory, now),
        "fail": lambda: phases.fail(memory, a_wake(), "no capacity"),
        "become_awake": lambda: phases.become_awake(
            memory, now, TaskTimes(), restore=1, deployment_since=None, usual_wake=None, opened=None
        ),
        "release": lambda: phases.release(memory, now),
    }
    return changes[name]()


@pytest.mark.parametrize(("before", "after", "name"), sorted(table()))
def test_each_row_of_the_table_leads_where_it_says(before: str, after: str, name: str) -> None:
    changed = change(name, before, after)
    assert changed.phase == after
    if before not in ("-", after) and name != "undo_stop":
        assert changed.since == at("10:05")
        assert (changed.armed, changed.stop) == (None, None)


def test_each_phase_is_entered_and_left() -> None:
    rows = table()
    for phase in Phase:
        assert any(after == phase.value for _, after, _ in rows), phase
        assert any(before == phase.value for before, _, _ in rows), phase


def test_every_part_of_a_phase_is_a_field() -> None:
    assert set(Memory.__dataclass_fields__) >= BELONGS_TO_A_PHASE
