"""The model, the rules, and every module that says it is pure, read no clock and no environment, and log nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import scale_to_zero
from scale_to_zero.model.service_state import ServiceState

SOURCE: Final = Path(scale_to_zero.__file__).parent.parent
# Modules of the standard library that only compute. (`pkgutil` reads a file of the package, which never changes.)
COMPUTES: Final = {
    "__future__",
    "base64",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "fnmatch",
    "functools",
    "html",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "pkgutil",
    "re",
    "typing",
    "urllib.parse",
}
READS_THE_CLOCK: Final = {"now", "utcnow", "today"}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def modules_of(room: str) -> list[str]:
    modules = sorted(module_of(path) for path in (SOURCE / "scale_to_zero" / room).rglob("*.py"))
    assert len(modules) > 5, f"{room} has moved"
    return modules


CORE: Final = [*modules_of("model"), *modules_of("rules")]


def tree(module: str) -> ast.Module:
    return ast.parse((SOURCE / f"{module.replace('.', '/')}.py").read_text())


def said_to_be_pure() -> list[str]:
    modules = (module_of(path) for path in SOURCE.rglob("*.py"))
    return sorted(module for module in modules if re.search(r"\bPure\b", ast.get_docstring(tree(module)) or ""))


PURE: Final = sorted({*CORE, *said_to_be_pure()})


def imported(module: str) -> Iterator[str]:
    """Yield the modules that ``module`` imports and the names it imports from them, each with its full name."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(module.split(".")[: -node.level]) if node.level else ""
            source = ".".join(filter(None, [package, node.module]))
            yield from (f"{source}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_only_pure_modules_and_modules_that_only_compute(module: str) -> None:
    allowed = {*PURE, *COMPUTES}
    assert not {name for name in imported(module) if not {name, name.rpartition(".")[0], name.split(".")[0]} & allowed}


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_reads_no_clock(module: str) -> None:
    nodes = list(ast.walk(tree(module)))
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    assert not called & READS_THE_CLOCK


@pytest.mark.parametrize("module", CORE)
def test_the_core_does_not_even_name_a_clock(module: str) -> None:
    named = {node.attr for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}
    assert not named & READS_THE_CLOCK


@pytest.mark.parametrize("module", CORE)
def test_the_core_has_no_assertions(module: str) -> None:
    """A rule gets each value that it needs as an argument, or derives it."""
    assert not [ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Assert)]


def test_the_data_of_the_core_cannot_be_changed() -> None:
    modules = [import_module(name.removesuffix(".__init__")) for name in CORE]
    data = {one for module in modules for one in vars(module).values() if isinstance(one, type) and is_dataclass(one)}
    assert [one.__name__ for one in data if not vars(one)["__dataclass_params__"].frozen] == []
    assert ServiceState in data
