"""Whether a condition of a listener rule holds for a request (bc elbv2 RuleCondition and its configurations)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from local_aws.api_call import AwsError

from .requests import Asked


def holds(condition: Mapping[str, Any], asked: Asked) -> bool:
    """Whether any value of the condition matches. Raises ``AwsError`` for a field that is not modelled."""
    match condition["Field"]:
        case "host-header":
            # Host names, headers and queries are compared without regard to case, paths and methods with regard to it.
            return _any(_values(condition, "HostHeaderConfig"), [asked.host], re.IGNORECASE)
        case "path-pattern":
            return _any(_values(condition, "PathPatternConfig"), [asked.path], re.NOFLAG)
        case "http-header":
            config = condition["HttpHeaderConfig"]
            return _any(config["Values"], asked.values(config["HttpHeaderName"]), re.IGNORECASE)
        case "http-request-method":
            return asked.method in condition["HttpRequestMethodConfig"]["Values"]
        case "query-string":
            return any(_parameter_matches(wanted, asked) for wanted in condition["QueryStringConfig"]["Values"])
        case "source-ip":
            address = ip_address(asked.source_ip)
            return any(address in ip_network(block, strict=False) for block in condition["SourceIpConfig"]["Values"])
        case field:
            raise AwsError("NotModelled", f"not modelled: rule conditions on {field}")


def _values(condition: Mapping[str, Any], config: str) -> Sequence[str]:
    values: Sequence[str] = condition.get(config, {}).get("Values") or condition.get("Values", [])
    return values


def _parameter_matches(wanted: Mapping[str, str], asked: Asked) -> bool:
    """A value without a key may be any parameter's; a backslash takes a wildcard's meaning away."""
    return any(
        (not wanted.get("Key") or _matches(wanted["Key"], name, re.IGNORECASE, escapes=True))
        and _matches(wanted["Value"], value, re.IGNORECASE, escapes=True)
        for name, value in asked.parameters
    )


def _any(patterns: Sequence[str], texts: Iterable[str], flags: re.RegexFlag) -> bool:
    return any(_matches(pattern, text, flags) for text in texts for pattern in patterns)


def _matches(pattern: str, text: str, flags: re.RegexFlag, escapes: bool = False) -> bool:
    """``*`` stands for any characters or none, ``?`` for exactly one."""
    pieces = re.findall(r"\\[*?]|.", pattern, re.DOTALL) if escapes else list(pattern)
    expression = "".join({"*": ".*", "?": "."}.get(piece) or re.escape(piece[-1]) for piece in pieces)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None
