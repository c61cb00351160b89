"""Under which names moto looks for a value that it puts into an answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final

from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker

from local_aws.patching import Patches

Search = Callable[[AttributePicker, AttributePickerContext], Iterable[str]]


def install(patches: Patches) -> None:
    """Find these names once for each kind of value, because moto finds them again for each value of each answer."""
    for picker in (AttributePicker, XFormedAttributePicker):
        patches.replace(picker, "get_possible_keys", _remembered)


def _remembered(search: Search) -> Search:
    known: Final[dict[Hashable, tuple[str, ...]]] = {}

    def get_possible_keys(picker: AttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
        shape: Any = context.shape
        # The providers of aliases compare the key with the names of the value's class, its shape and the shape around.
        kind = (
            context.key,
            type(context.obj),
            shape,
            getattr(shape, "parent", None),
            tuple(picker.alias_providers),
        )
        names = known.get(kind)
        if names is None:
            names = known[kind] = tuple(search(picker, context))
        return names

    return get_possible_keys
