"""The model, the rules, and every module that says it is pure, read no clock and no environment, and log nothing."""

from __future__ import annotations

import ast
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import scale_to_zero
from scale_to_zero.model.remembered import Memory

SOURCE: Final = Path(scale_to_zero.__file__).parent.parent
CORE: Final = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for room in ("model", "rules")
    for path in (SOURCE / "scale_to_zero" / room).glob("*.py")
)


def tree(module: str) -> ast.Module:
    return ast.parse((SOURCE / f"{module.replace('.', '/')}.py").read_text())


def said_to_be_pure() -> list[str]:
    modules = (".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in SOURCE.rglob("*.py"))
    return sorted(module for module in modules if "Pure." in (ast.get_docstring(tree(module)) or ""))


@pytest.mark.parametrize("module", sorted({*CORE, *said_to_be_pure()}))
def test_what_is_pure_knows_no_clock_no_environment_and_no_log(module: str) -> None:
    nodes = list(ast.walk(tree(module)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not imported & {"os", "time", "logging", "random", "secrets", "threading", "scale_to_zero.ports"}
    named = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    assert not named & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


@pytest.mark.parametrize("module", CORE)
def test_the_rules_assert_nothing_about_what_they_judge(module: str) -> None:
    """What a rule needs it gets as an argument, or finds out."""
    assert not [ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Assert)]


def test_the_data_of_the_core_cannot_be_changed() -> None:
    modules = [import_module(name) for name in CORE]
    data = {one for module in modules for one in vars(module).values() if isinstance(one, type) and is_dataclass(one)}
    assert [one.__name__ for one in data if not vars(one)["__dataclass_params__"].frozen] == []
    assert Memory in data
