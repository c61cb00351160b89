"""Whether a function's resource-based policy lets a service of AWS invoke it (Lambda Developer Guide, "Viewing
resource-based IAM policies in Lambda").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from .account import ACCOUNT_ID

_INVOKING: Final = frozenset({"lambda:InvokeFunction", "lambda:*"})


def permits(function: LambdaFunction, service: str, source_arn: str) -> bool:
    """Whether a statement allows a service, such as ``events.amazonaws.com``, to invoke the function for a source.

    Statements that also name another account, by ``source_account``, do not count.
    """
    return any(_allows(statement, service, source_arn) for statement in function.policy.statements)


def _allows(statement: Mapping[str, Any], service: str, source_arn: str) -> bool:
    principal = statement.get("Principal", {})
    named = principal.get("Service") if isinstance(principal, Mapping) else principal
    if statement.get("Effect") != "Allow" or named != service or statement.get("Action") not in _INVOKING:
        return False
    keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": ACCOUNT_ID}
    return all(
        key in keys and any(fnmatchcase(keys[key], pattern) for pattern in patterns)
        for key, patterns in _conditions(statement.get("Condition", {}))
    )


def _conditions(condition: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    for keys in condition.values():
        for key, value in keys.items():
            yield key.lower(), [value] if isinstance(value, str) else value
