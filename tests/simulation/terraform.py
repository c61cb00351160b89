"""What ``terraform apply`` does to one service: its configuration, and the invocation of scale-up that goes with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model import Mode, Service

if TYPE_CHECKING:
    from .simulation import Simulation

APPLY_TAKES: Final = timedelta(seconds=3)
APPLIED_AGAIN_AFTER: Final = timedelta(seconds=90)


def payload_of_terraform(
    service: Service, mode_before: Mode | None = None, action: str | None = None
) -> dict[str, object]:
    """What ``aws_lambda_invocation`` sends, by default when a service leaves, or when its mode was another before."""
    action = action or ("delete" if mode_before is None else "update")
    before = None if mode_before is None else _asked(service, mode_before)
    return _asked(service, service.mode) | {"tf": {"action": action, "prev_input": before}}


def _asked(service: Service, mode: Mode) -> dict[str, object]:
    wake = service.wake_on_request
    return {
        "uninstall": {
            "cluster_name": service.name.cluster_name,
            "service_name": service.name.service_name,
            "awake_count": service.awake_count,
            "mode": mode.value,
            "wake_rule_arns": [rule.arn for rule in wake.rules] if wake else [],
            "probe_rule_arns": [probe.arn for probe in wake.probes] if wake else [],
        }
    }


def leave_for_good(sim: Simulation, service: Service, removed_after: timedelta = timedelta(seconds=5)) -> None:
    """``terraform apply`` without a service; where its uninstall fails, somebody applies again."""
    left: list[bool] = []

    def apply() -> None:
        if left:
            return
        sim.after(APPLIED_AGAIN_AFTER, apply)
        if sim.uninstall(service):
            left.append(True)
            sim.turns.wait(removed_after)
            sim.leave(service.name)

    apply()


def come_back(sim: Simulation, service: Service) -> None:
    """``terraform apply`` with a service that had left; where its invocation fails, somebody applies again."""
    sim.configure(service)
    done: list[bool] = []

    def invoke() -> None:
        if done or sim.referee.service(service.name) is None:
            return
        sim.after(APPLIED_AGAIN_AFTER, invoke)
        if sim.invoke_as_terraform(service, "create"):
            done.append(True)

    sim.after(APPLY_TAKES, invoke)


def apply_settings(sim: Simulation, service: Service) -> None:
    """``terraform apply`` with other settings: the configuration, then the invocation that depends on it."""
    before = sim.referee.service(service.name)
    sim.configure(service)
    if before is None or before.mode is service.mode:
        return

    def invoke() -> None:
        if sim.referee.service(service.name) != service:
            return
        sim.after(APPLIED_AGAIN_AFTER, again)
        if sim.uninstall(service, before.mode):
            done.append(True)

    def again() -> None:
        if not done:
            invoke()

    done: list[bool] = []
    sim.after(APPLY_TAKES, invoke)
