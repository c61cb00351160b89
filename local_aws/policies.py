"""IAM policies as pure documents: whether statements allow one request.

The rules come from the IAM User Guide, "Policy evaluation logic": nothing is allowed unless a statement allows it, and
an explicit deny wins over every allow. Conditions with operators other than those below, ``NotAction``,
``NotResource`` and ``NotPrincipal`` are not modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.wildcards import matches

from .api_call import AwsError

_OPERATORS: Final = frozenset({"ArnEquals", "ArnLike", "StringEquals", "StringLike"})
_FOR_ALL: Final = "ForAllValues:"
_UNMODELLED: Final = frozenset({"NotAction", "NotResource", "NotPrincipal"})


@dataclass(frozen=True)
class AccessRequest:
    """One access that must be allowed: an action on a resource, with the condition keys of the request."""

    action: str
    resource: str = "*"
    context: Mapping[str, list[str]] = field(default_factory=dict)


def allows(policies: Iterable[Mapping[str, Any]], request: AccessRequest) -> bool:
    """Return whether identity-based policies, which name no principal, allow a request.

    Raises ``AwsError`` if a policy is not modelled.
    """
    return _allowed(_statements(policies), request)


def allows_service(policy: Mapping[str, Any], service: str, request: AccessRequest) -> bool:
    """Return whether a resource-based policy allows a request of a service, such as ``events.amazonaws.com``.

    A role's trust policy is one too: its action is ``sts:AssumeRole``, and its statements name no resource.
    Raises ``AwsError`` if the policy is not modelled.
    """
    return _allowed((one for one in _statements([policy]) if _names(one, service)), request)


def _statements(policies: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for policy in policies:
        yield from _as_list(policy.get("Statement", []))


def _allowed(statements: Iterable[Mapping[str, Any]], request: AccessRequest) -> bool:
    effects = {statement["Effect"] for statement in statements if _applies(statement, request)}
    return effects == {"Allow"}


def _names(statement: Mapping[str, Any], service: str) -> bool:
    """Return whether a statement applies to a service: it names the service, or every principal."""
    _refuse_unmodelled(statement)
    principal = statement.get("Principal", {})
    if isinstance(principal, str):
        return principal == "*"
    return service in _as_list(principal.get("Service", [])) or "*" in _as_list(principal.get("AWS", []))


def _applies(statement: Mapping[str, Any], request: AccessRequest) -> bool:
    _refuse_unmodelled(statement)
    return (
        any(matches(pattern.lower(), request.action.lower()) for pattern in _as_list(statement["Action"]))
        and any(matches(pattern, request.resource) for pattern in _as_list(statement.get("Resource", "*")))
        and all(
            _condition_holds(operator, key, _as_list(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _refuse_unmodelled(statement: Mapping[str, Any]) -> None:
    unmodelled = _UNMODELLED & statement.keys()
    if unmodelled:
        raise AwsError("NotModelled", f"not modelled: policies with {', '.join(unmodelled)}")


def _condition_holds(operator: str, key: str, patterns: list[str], context: Mapping[str, list[str]]) -> bool:
    """Return whether a condition holds. If the request lacks the key, it holds only with ``ForAllValues``."""
    for_all, operator = operator.startswith(_FOR_ALL), operator.removeprefix(_FOR_ALL)
    if operator not in _OPERATORS:
        raise AwsError("NotModelled", f"not modelled: policies with the condition operator {operator}")
    # Names of condition keys are compared without regard to case (IAM User Guide, "Condition").
    values = next((found for name, found in context.items() if name.lower() == key.lower()), [])
    if not values:
        return for_all
    exact = operator == "StringEquals"
    return all(any(value == pattern if exact else matches(pattern, value) for pattern in patterns) for value in values)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
