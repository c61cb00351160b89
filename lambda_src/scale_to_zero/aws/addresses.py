"""The spelling of the addresses of targets."""

from __future__ import annotations

from ipaddress import ip_address


def same_spelling(target_id: str) -> str:
    """Return an IPv6 address in its canonical form; return every other text unchanged."""
    try:
        return str(ip_address(target_id))
    except ValueError:
        return target_id
