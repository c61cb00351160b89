"""The kinds of defects that are put into the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

from cosmic_ray.plugins import get_operator
from parso.tree import BaseNode, NodeOrLeaf

Position = tuple[tuple[int, int], tuple[int, int]]
"""Where a defect begins and ends: line and column of each, lines from 1, columns from 0."""


class Operator(Protocol):
    """What cosmic-ray requires of an operator."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterable[Position]:
        """Return the position of each possible change of this node. A position can occur more than once."""

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        """Return the node with the change that has this index among its positions."""


class KeepOldField:
    """An operator that leaves one field out of ``dataclasses.replace(...)``, so that the copy keeps the old value.

    Such calls write almost everything that the rules decide to save. cosmic-ray has no operator for them.
    """

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Position]:
        """Return the position of each field."""
        for field in _fields_of_replace(node):
            yield field.start_pos, field.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        """Remove a field with the comma before it. If it is the first argument, remove the comma after it."""
        assert isinstance(node, BaseNode)
        position = node.children.index(_fields_of_replace(node)[index])
        first = max(0, position - 1)
        del node.children[first : first + 2]
        return node


def _fields_of_replace(node: NodeOrLeaf) -> list[NodeOrLeaf]:
    """Return the keyword arguments if the node holds the arguments of a call of the function ``replace``."""
    if node.type != "arglist" or node.parent is None:
        return []
    called: Any = node.parent.get_previous_sibling()
    if called is None or called.type != "name" or called.value != "replace":
        return []
    assert isinstance(node, BaseNode)
    return [child for child in node.children if child.type == "argument" and child.get_code().strip()[0] != "*"]


# A few operators for each position, so that a comparison does not count ten times. Strings and annotations are not
# changed: no test should depend on strings, and annotations have no effect at run time. ``is`` for ``==`` is left out:
# both are the same for the enums and None that the rules compare. ``+`` for ``**`` and the like are left out: every
# test that runs the line notices them.
OF_COSMIC_RAY: Final = (
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Div",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
)


def operators() -> dict[str, Operator]:
    """Return every operator that is used, by its name."""
    return {name: get_operator(f"core/{name}")() for name in OF_COSMIC_RAY} | {KeepOldField.__name__: KeepOldField()}
