"""How the addresses of targets are spelt."""

from __future__ import annotations

from ipaddress import ip_address


def same_spelling(target_id: str) -> str:
    """Spell an IPv6 address in the one canonical way; anything else stays as it is."""
    try:
        return str(ip_address(target_id))
    except ValueError:
        return target_id
