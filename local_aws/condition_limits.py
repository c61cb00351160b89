"""AWS's limits on the conditions of a listener rule, which moto does not check.

Sources: ud ELB, "Condition types for listener rules", "Quotas for your Application Load Balancers", and "Add a listener
rule", the only page with the characters of header values and queries; bc elbv2 RuleCondition and its configurations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from .api_call import AwsError

RULE_VALUES: Final = 5
"""The most values in all conditions of a rule together."""

RULE_WILDCARDS: Final = 5
"""The most ``*`` and ``?`` in all values of a rule together. "Condition types" says five, "Quotas" six."""

MOST_CHARACTERS: Final = 128
"""The most characters of one value. Methods and names of headers have at most 40."""

CHARACTERS: Final[Mapping[str, str]] = {
    "host-header": r"[A-Za-z0-9.*?-]*\.[A-Za-z]+",
    "path-pattern": r"""[A-Za-z0-9_.$/~"'@:+&*?-]+""",
    # Visible ASCII and spaces, but no backslash.
    "http-header": r"[ -\[\]-~]+",
    "http-request-method": r"[A-Z_-]{1,40}",
    # A wildcard after a backslash is an ordinary character.
    "query-string": r"""(?:[A-Za-z0-9_.$/~"'@:+&()!,;=%*?-]|\\[*?])+""",
}
"""The characters of one value, by the field of its condition. Values of ``source-ip`` are CIDR blocks instead."""

HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")
"""RFC 7230, token."""

_WILDCARDS: Final[Mapping[str, str]] = {
    "host-header": r"[*?]",
    "path-pattern": r"[*?]",
    "http-header": r"[*?]",
    "query-string": r"(?<!\\)[*?]",
}
"""The fields with wildcards, and the pattern of one wildcard."""


def check(conditions: Sequence[Mapping[str, Any]]) -> None:
    """Refuse conditions of a new or changed rule that AWS would refuse. Raises ``AwsError``."""
    values = [(condition.get("Field", ""), value) for condition in conditions for value in _values(condition)]
    if len(values) > RULE_VALUES:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_VALUES}' condition values")
    texts = [(field, text) for field, value in values for text in _texts(value)]
    wildcards = sum(len(re.findall(_WILDCARDS[field], text)) for field, text in texts if field in _WILDCARDS)
    if wildcards > RULE_WILDCARDS:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_WILDCARDS}' condition wildcards")
    for field, text in texts:
        if not _is_taken(field, text):
            # AWS's exact words are not known.
            raise AwsError("ValidationError", f"The value '{text}' is not valid in a '{field}' condition")
    for condition in conditions:
        name = (condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName")
        if name is not None and not HEADER_NAME.fullmatch(name):
            raise AwsError("ValidationError", f"'{name}' is not valid as the name of an HTTP header")


def _is_taken(field: str, text: str) -> bool:
    if field == "source-ip":
        return _is_block(text)
    allowed = CHARACTERS.get(field)
    # moto refuses fields that AWS does not know.
    return allowed is None or (len(text) <= MOST_CHARACTERS and re.fullmatch(allowed, text) is not None)


def _is_block(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _values(condition: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values of a condition, which are in ``Values`` or in the configuration of its kind, never in both."""
    configurations = [value for name, value in condition.items() if name.endswith("Config") and value]
    for configuration in [condition, *configurations]:
        yield from configuration.get("Values") or ()


def _texts(value: Any) -> Iterator[str]:
    """Yield a text value itself; for a query its key, if it has one, and its value."""
    if isinstance(value, str):
        yield value
    else:
        yield from filter(None, [value.get("Key")])
        yield value["Value"]
