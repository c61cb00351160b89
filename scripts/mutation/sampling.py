"""Every defect that can be put into the rules, and a seeded sample of them."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from parso.tree import NodeOrLeaf

from .mutants import RULES, Mutant
from .operators import operators


def sample(project: Path, seed: int, size: int) -> list[Mutant]:
    """Return a random sample of all defects in the order of their ranks. The same source and seed give the same sample.

    The rank of a defect does not depend on the position of its line in the module.
    So the samples of two commits share the defects of the lines that both commits have.
    """
    found: list[Mutant] = []
    for path in sorted((project / RULES).glob("*.py")):
        found += mutants(path.stem, path.read_text(encoding="utf-8"), seed)
    return sorted(found, key=lambda mutant: mutant.rank)[:size]


def mutants(module: str, source: str, seed: int) -> Iterator[Mutant]:
    """Return every defect that can be put into a module outside annotations and the symbols of a signature."""
    nodes, lines = list(ast_nodes(get_ast(source))), source.splitlines()
    seen: Counter[tuple[str, ...]] = Counter()
    for name, operator in operators().items():
        positions = [(node, begins) for node in nodes for begins, _ in operator.mutation_positions(node)]
        for occurrence, (node, (line, column)) in enumerate(positions):
            in_signature = node.parent is not None and node.parent.type == "parameters"
            if in_signature or _in_annotation(node) or (name == "AddNot" and _assigns(node)):
                continue
            text = lines[line - 1]
            changed = (module, name, text.strip(), str(column - (len(text) - len(text.lstrip()))))
            seen[changed] += 1
            rank = hashlib.sha256("\n".join([str(seed), *changed, str(seen[changed])]).encode()).hexdigest()
            yield Mutant(module, name, occurrence, line, rank)


def _assigns(node: NodeOrLeaf) -> bool:
    """Return whether the condition is a bare ``name := value``: a ``not`` before it is not valid Python."""
    condition: Any = node
    return node.type in ("if_stmt", "while_stmt") and condition.children[1].type == "namedexpr_test"


def _in_annotation(node: NodeOrLeaf) -> bool:
    """Return whether a node belongs to the annotation of a variable, a parameter or a result."""
    inner: Any = node
    while (outer := inner.parent) is not None:
        after_colon = outer.type in ("annassign", "tfpdef") and outer.children.index(inner) > 0
        is_value = outer.type == "annassign" and outer.children.index(inner) == len(outer.children) - 1 > 1
        if after_colon and not is_value:
            return True
        if outer.type == "funcdef" and inner is outer.annotation:
            return True
        inner = outer
    return False


def with_defect(mutant: Mutant, source: str) -> str:
    """Return a module's source with the defect in it.

    Raises:
        ValueError: The source has no such position, or the defect changes nothing.
        SyntaxError: The operator's result is not valid Python.
    """
    defective = mutate_code(source, operators()[mutant.operator], mutant.occurrence)
    if defective is None or ast.dump(ast.parse(defective)) == ast.dump(ast.parse(source)):
        raise ValueError(f"{mutant.operator} changes nothing at its position {mutant.occurrence} in {mutant.path}")
    return str(defective)
