"""Descriptions of security group rules."""

from __future__ import annotations

from moto.ec2.models.security_groups import SecurityGroupRule

from local_aws.patching import Patches


def install(patches: Patches) -> None:
    """Return the description of any rule, as AWS does; moto returns none for rules with another security group."""
    patches.replace(SecurityGroupRule, "description", lambda _: property(_description))


def _description(rule: SecurityGroupRule) -> str | None:
    description: str | None = rule.ip_range.get("Description") or rule.source_group.get("Description")
    return description
