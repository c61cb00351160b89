"""Whether a condition of a listener rule holds for a request (bc elbv2 RuleCondition and its configurations)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from local_aws.api_call import AwsError
from simulator.wildcards import matches

from .requests import HttpRequest


def holds(condition: Mapping[str, Any], request: HttpRequest) -> bool:
    """Return whether any value of the condition matches. Raises ``AwsError`` for a field that is not modelled."""
    match condition["Field"]:
        case "host-header":
            # Case is ignored in host names, headers and queries, but not in paths and methods.
            return _any(_values(condition, "HostHeaderConfig"), [request.host], ignores_case=True)
        case "path-pattern":
            return _any(_values(condition, "PathPatternConfig"), [request.path])
        case "http-header":
            config = condition["HttpHeaderConfig"]
            return _any(config["Values"], request.values(config["HttpHeaderName"]), ignores_case=True)
        case "http-request-method":
            return request.method in condition["HttpRequestMethodConfig"]["Values"]
        case "query-string":
            return any(_parameter_matches(wanted, request) for wanted in condition["QueryStringConfig"]["Values"])
        case "source-ip":
            address = ip_address(request.source_ip)
            return any(address in ip_network(block, strict=False) for block in condition["SourceIpConfig"]["Values"])
        case field:
            raise AwsError("NotModelled", f"not modelled: rule conditions on {field}")


def _values(condition: Mapping[str, Any], config: str) -> Sequence[str]:
    values: Sequence[str] = condition.get(config, {}).get("Values") or condition.get("Values", [])
    return values


def _parameter_matches(wanted: Mapping[str, str], request: HttpRequest) -> bool:
    """Return whether a parameter matches. Without a key, any parameter can match.

    A wildcard after a backslash is an ordinary character.
    """
    return any(
        (not wanted.get("Key") or matches(wanted["Key"], name, ignores_case=True, escapes=True))
        and matches(wanted["Value"], value, ignores_case=True, escapes=True)
        for name, value in request.parameters
    )


def _any(patterns: Sequence[str], texts: Iterable[str], *, ignores_case: bool = False) -> bool:
    return any(matches(pattern, text, ignores_case=ignores_case) for text in texts for pattern in patterns)
