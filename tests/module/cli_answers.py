"""Whether an answer of the AWS CLI contains anything."""

from __future__ import annotations

import json

# AWS always answers with an empty list here, because it searches every stream of a log group.
MAY_BE_EMPTY = frozenset({"searchedLogStreams"})


def says_something(answer: str) -> bool:
    """Return whether an answer is not empty, not ``null``, has no empty list, and is not a function's error."""
    if not answer.strip() or answer.strip() == "None":
        return False
    try:
        value = json.loads(answer)
    except ValueError:
        return True
    if isinstance(value, dict):
        empty = any(part == [] for name, part in value.items() if name not in MAY_BE_EMPTY)
        return bool(value) and not empty and "FunctionError" not in value
    return value is not None and value != []
