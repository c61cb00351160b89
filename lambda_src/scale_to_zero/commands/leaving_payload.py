"""The payload that Terraform sends when a service enters, changes or leaves the module. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.rules.payload import PayloadRefused

TERRAFORM: Final = "tf"
UNINSTALL: Final = "uninstall"
MOST_TASKS: Final = 5000
"""Tasks of one service, at most (AWS: Amazon ECS service quotas)."""
ACTIONS: Final = ("create", "update", "delete")
REFUSAL: Final = (
    'This payload is Terraform\'s own: {"uninstall": {"cluster_name", "service_name", "awake_count", "mode", '
    '"wake_rule_arns", "uptime_check_rule_arns"}, "tf": {"action": "create", "update" or "delete"}}.'
)


@dataclass(frozen=True)
class Uninstall:
    """The service in Terraform's payload, and what happens to it.

    ``leaves``: it is removed from the module. ``leaves_mode_act``: its mode is no longer ``act``.
    ``rule_arns``: its wake rules and uptime checks, which then no longer receive its visitors' requests.
    """

    service: Service
    leaves: bool
    leaves_mode_act: bool
    rule_arns: tuple[str, ...] = ()


def is_from_terraform(payload: object) -> bool:
    """Return whether a payload comes from ``aws_lambda_invocation``."""
    return isinstance(payload, Mapping) and (TERRAFORM in payload or UNINSTALL in payload)


def read_uninstall(payload: Mapping[str, object]) -> Uninstall:
    """Read Terraform's payload. Raises ``PayloadRefused``."""
    terraform, fields = payload.get(TERRAFORM), payload.get(UNINSTALL)
    if set(payload) != {TERRAFORM, UNINSTALL} or not isinstance(terraform, Mapping) or not isinstance(fields, Mapping):
        raise PayloadRefused(REFUSAL)
    cluster, name, count = fields.get("cluster_name"), fields.get("service_name"), fields.get("awake_count")
    if not (isinstance(cluster, str) and isinstance(name, str) and (count is None or _is_count(count))):
        raise PayloadRefused(REFUSAL)
    if terraform.get("action") not in ACTIONS or fields.get("mode") not in list(Mode):
        raise PayloadRefused(REFUSAL)
    rule_arns = _texts(fields.get("wake_rule_arns")) + _texts(fields.get("uptime_check_rule_arns"))
    service = Service(
        key=f"{cluster}/{name}",
        name=ServiceName(cluster, name),
        mode=Mode(str(fields["mode"])),
        awake_count=count,
    )
    before = _mode_before(terraform.get("prev_input"))
    leaves_mode_act = terraform["action"] == "update" and before is Mode.ACT and service.mode is not Mode.ACT
    return Uninstall(
        service, leaves=terraform["action"] == "delete", leaves_mode_act=leaves_mode_act, rule_arns=rule_arns
    )


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_TASKS


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise PayloadRefused(REFUSAL)
    return tuple(value)


def _mode_before(previous: object) -> Mode | None:
    fields = previous.get(UNINSTALL) if isinstance(previous, Mapping) else None
    mode = fields.get("mode") if isinstance(fields, Mapping) else None
    return Mode(mode) if mode in list(Mode) else None
