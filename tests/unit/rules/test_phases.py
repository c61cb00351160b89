"""Every change of phase, and of the fields of a phase, is made in ``phases.py``, below a table that is correct."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

import scale_to_zero
from scale_to_zero.model.observed import TaskTimes
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules import phases
from tests.service_states import a_wake, wake_of
from tests.unit.rules.test_what_is_cleared import EVERYTHING
from tests.unit.timeline import NAME, at, in_phase, running_facts

PACKAGE: Final = Path(scale_to_zero.__file__).parent
BELONGS_TO_A_PHASE: Final = frozenset(
    {"phase", "since", "wake", "stop", "stopped", "backoff", "armed", "routing_restored_at", "failures"}
)
PHASES: Final = "rules/phases.py"
READS_WHAT_WAS_WRITTEN: Final = "aws/table/state_items.py"
OF_OTHER_TYPES: Final = frozenset({("rules/explanations.py", "since"), ("web/visitor/visit.py", "routing_restored_at")})
"""An ``Explanation`` has its own ``since``, and a ``VisitDecision`` its own ``routing_restored_at``."""
COPIES: Final = frozenset({"replace", "_replace", "__replace__"})
SETS: Final = frozenset({"setattr", "__setattr__"})
ROW: Final = re.compile(r"^    (-|any|awake|draining|asleep|waking) +(awake|draining|asleep|waking) +(\w+) ", re.M)


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def written(source: str) -> Iterator[tuple[int, str]]:
    """Yield each place where this source may write a field of a service state: its line and the field."""
    tree = ast.parse(source)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            if (
                name == "ServiceState"
                or name in SETS
                or (isinstance(node.func, ast.Call) and name_of(node.func.func) == "type")
            ):
                yield node.lineno, name or "type"
            elif name in COPIES:
                names = (keyword.arg or "**" for keyword in node.keywords)
                yield from ((node.lineno, field) for field in names if field in BELONGS_TO_A_PHASE or field == "**")
        elif isinstance(node, ast.alias) and node.asname and node.name in {*COPIES, "ServiceState"}:
            yield node.lineno, f"{node.name} by another name"
        elif isinstance(node, ast.Name) and node.id in COPIES and id(node) not in called:
            yield node.lineno, f"{node.id} as a value"


PARTS: Final = ("wake", "stop", "backoff", "stopped", "armed", "routing_restored_at")
KEPT: Final[dict[str, set[str]]] = {
    # A draining service was woken before, so it and a service that stays awake keep their wake.
    # Only a sleeping service has a stop or a backoff.
    "drain": {"wake", "stop", "backoff", "stopped", "routing_restored_at"},
    "stay_awake": {"wake", "stop", "backoff", "stopped", "routing_restored_at"},
    "begin_waking": {"stopped"},
    "become_awake": {"stop", "backoff", "armed"},
}
"""The parts that a change of phase may keep: on purpose, or because the phase before has none."""


def functions() -> dict[str, ast.FunctionDef]:
    tree = ast.parse((PACKAGE / PHASES).read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def table() -> set[tuple[str, str, str]]:
    """Return every row of the table: from, to, function."""
    return {(before, after, name) for before, after, name in ROW.findall(phases.__doc__ or "")}


def test_no_other_module_writes_the_fields_of_a_phase() -> None:
    found = {
        f"{file}:{line} writes {field}"
        for path in PACKAGE.rglob("*.py")
        if (file := str(path.relative_to(PACKAGE))) not in (PHASES, READS_WHAT_WAS_WRITTEN)
        for line, field in written(path.read_text())
        if (file, field) not in OF_OTHER_TYPES
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "replace(state, phase=Phase.AWAKE)",
        "dataclasses.replace(decision.state, stop=None)",
        "replace(known, since=now)",
        "ServiceState(name, Phase.ASLEEP, now)",
        "ServiceState(*fields)",
        "service_state.ServiceState(name=name)",
        "type(state)(name, Phase.ASLEEP, now)",
        "seen._replace(wake=None)",
        "seen.__replace__(wake=None)",
        "replace(state, **changes)",
        "from dataclasses import replace as copy_of",
        "partial(replace, state, phase=Phase.AWAKE)",
        "setattr(state, 'phase', Phase.AWAKE)",
        "object.__setattr__(state, 'phase', Phase.AWAKE)",
    ],
)
def test_a_write_is_found(source: str) -> None:
    assert list(written(source))


def test_each_function_that_sets_a_phase_is_in_the_table() -> None:
    sets_a_phase = {
        name
        for name, node in functions().items()
        if any(field == "phase" for _, field in written(ast.unparse(node))) or "ServiceState(" in ast.unparse(node)
    }
    named = {name for _, _, name in table()}
    assert sets_a_phase <= named
    assert named <= functions().keys()


def change(name: str, before: str, after: str) -> ServiceState:
    """Return the service state after a change of the table."""
    if name == "first_seen":
        return phases.first_seen(NAME, running_facts(0 if after == Phase.ASLEEP else 1), at("10:00"))
    state = replace(EVERYTHING, phase=Phase.AWAKE if before == "any" else Phase(before))
    now = at("10:05")
    if name == "undo_stop":
        drained_or_woke = in_phase(Phase.DRAINING if after == Phase.AWAKE else Phase.WAKING)
        return phases.undo_stop(drained_or_woke, state, now)[1]
    changes: dict[str, Callable[[], ServiceState]] = {
        "drain": lambda: phases.drain(state, now, None),
        "stay_awake": lambda: phases.stay_awake(state, now),
        "fall_asleep": lambda: phases.fall_asleep(state, now, stopped=now),
        "begin_waking": lambda: phases.begin_waking(
            state, now, deadline=at("10:10"), requested_at=now, sent=None, armed=None
        ),
        "sent_now": lambda: phases.sent_now(state, now),
        "fail": lambda: phases.fail(state, a_wake(), "no capacity"),
        "become_awake": lambda: phases.become_awake(
            state, now, TaskTimes(), restore=1, deployment_since=None, usual_wake=None, routing_restored_at=None
        ),
        "stop_managing": lambda: phases.stop_managing(state, now),
    }
    return changes[name]()


@pytest.mark.parametrize(("before", "after", "name"), sorted(table()))
def test_each_row_of_the_table_leads_to_the_phase_that_it_names(before: str, after: str, name: str) -> None:
    changed = change(name, before, after)
    assert changed.phase == after
    if before not in ("-", after) and name != "undo_stop":
        assert changed.since == at("10:05")
        kept = {part for part in PARTS if getattr(changed, part) == getattr(EVERYTHING, part) is not None}
        assert kept <= KEPT.get(name, set())


def test_a_wake_that_waited_for_its_turn_begins_again_with_the_call_to_ecs() -> None:
    waits = phases.begin_waking(
        in_phase(Phase.ASLEEP), at("10:00"), deadline=at("10:05"), requested_at=at("10:00"), sent=None, armed=None
    )
    sent = phases.sent_now(waits, at("10:03"))
    assert (sent.since, wake_of(sent).sent, wake_of(sent).deadline) == (at("10:03"), at("10:03"), at("10:08"))


def test_each_phase_is_entered_and_left() -> None:
    rows = table()
    for phase in Phase:
        assert any(after == phase.value for _, after, _ in rows), phase
        assert any(before == phase.value for before, _, _ in rows), phase


def test_every_part_of_a_phase_is_a_field() -> None:
    assert set(ServiceState.__dataclass_fields__) >= BELONGS_TO_A_PHASE
