"""What AWS refuses of the conditions of a listener rule, and moto does not.

Sources: ud ELB, "Condition types for listener rules", "Quotas for your Application Load Balancers", and "Add a listener
rule", which alone names the characters of header values and of queries; bc elbv2 RuleCondition and its configurations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from .api_call import AwsError

RULE_VALUES: Final = 5
"""Condition values of a rule, of all its conditions together."""

RULE_WILDCARDS: Final = 5
"""``*`` and ``?`` of a rule, in all its values together: five by "Condition types", six by "Quotas"; here the fewer."""

MOST_CHARACTERS: Final = 128
"""Of one value. Methods and names of headers have 40."""

CHARACTERS: Final[Mapping[str, str]] = {
    "host-header": r"[A-Za-z0-9.*?-]*\.[A-Za-z]+",
    "path-pattern": r"""[A-Za-z0-9_.$/~"'@:+&*?-]+""",
    # Visible ASCII and spaces, but no backslash.
    "http-header": r"[ -\[\]-~]+",
    "http-request-method": r"[A-Z_-]{1,40}",
    # A backslash takes the meaning of the wildcard that follows.
    "query-string": r"""(?:[A-Za-z0-9_.$/~"'@:+&()!,;=%*?-]|\\[*?])+""",
}
"""What one value may consist of, by the field of its condition; those on addresses are no texts but CIDR blocks."""

HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")
"""RFC 7230, token."""

_WILDCARDS: Final[Mapping[str, str]] = {
    "host-header": r"[*?]",
    "path-pattern": r"[*?]",
    "http-header": r"[*?]",
    "query-string": r"(?<!\\)[*?]",
}
"""The fields that know wildcards, and what is one there."""


def check(conditions: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the conditions of a new or a changed rule that AWS would not take. Raises ``AwsError``."""
    values = [(condition.get("Field", ""), value) for condition in conditions for value in _values(condition)]
    if len(values) > RULE_VALUES:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_VALUES}' condition values")
    texts = [(field, text) for field, value in values for text in _texts(value)]
    wildcards = sum(len(re.findall(_WILDCARDS[field], text)) for field, text in texts if field in _WILDCARDS)
    if wildcards > RULE_WILDCARDS:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_WILDCARDS}' condition wildcards")
    for field, text in texts:
        if not _is_taken(field, text):
            # How AWS words it is not established.
            raise AwsError("ValidationError", f"The value '{text}' is not valid in a '{field}' condition")
    for condition in conditions:
        name = (condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName")
        if name is not None and not HEADER_NAME.fullmatch(name):
            raise AwsError("ValidationError", f"'{name}' is not valid as the name of an HTTP header")


def _is_taken(field: str, text: str) -> bool:
    if field == "source-ip":
        return _is_block(text)
    allowed = CHARACTERS.get(field)
    # Of a field that AWS does not know, moto says so.
    return allowed is None or (len(text) <= MOST_CHARACTERS and re.fullmatch(allowed, text) is not None)


def _is_block(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _values(condition: Mapping[str, Any]) -> Iterator[Any]:
    """The values of a condition, which are in ``Values`` or in the configuration of its kind, never in both."""
    configurations = [value for name, value in condition.items() if name.endswith("Config") and value]
    for configuration in [condition, *configurations]:
        yield from configuration.get("Values") or ()


def _texts(value: Any) -> Iterator[str]:
    """A value itself, or of a query the value and its key, which may be left out."""
    if isinstance(value, str):
        yield value
    else:
        yield from filter(None, [value.get("Key")])
        yield value["Value"]
