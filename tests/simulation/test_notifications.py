"""A notification of every change of phase is sent: once if nothing fails, at least once if something fails."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.actions.notification_texts import WORDS, ChangeKind, change_of
from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState
from scale_to_zero.rules import phases
from scale_to_zero.rules.phase_changes import with_change
from scale_to_zero.tick.run import TickFailed
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Fault
from simulator.terraform import payload_of_terraform
from simulator.world.faults import ImagePullFails
from tests.service_states import a_wake

from .module_instance import ModuleInstance
from .scenes import SHOP, fallen_asleep
from .simulation import Simulation

WEB = a_service("web")


def changes(instance: ModuleInstance) -> list[ChangeKind]:
    return [change_of(notification.change) for notification in instance.ports.sent_notifications]


def ids(instance: ModuleInstance) -> list[int]:
    return [notification.change.version for notification in instance.ports.sent_notifications]


def ticks(instance: ModuleInstance, minutes: int) -> None:
    """Run a tick each minute, even if some of them fail."""
    for _ in range(minutes):
        with suppress(TickFailed):
            instance.tick()
        instance.world.advance(MINUTE)


def gone_to_zero(instance: ModuleInstance) -> ModuleInstance:
    """Run ticks until one of them stops the service, and no more after that."""
    for _ in range(15):
        if instance.desired(WEB) == 0:
            break
        ticks(instance, 1)
    assert instance.desired(WEB) == 0
    return instance


def test_a_notification_of_each_change_of_a_whole_cycle_is_sent_once() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.wake({"service": "web"})
    ticks(instance, 3)
    assert changes(instance) == [ChangeKind.ASLEEP, ChangeKind.WAKES, ChangeKind.AWAKE]
    assert len(set(ids(instance))) == 3
    sent = [notification.change for notification in instance.ports.sent_notifications]
    assert [one.reason for one in sent] == [Reason.IDLE, Reason.WAKE_REQUESTED, Reason.READY]
    assert [(one.before, one.after) for one in sent] == [
        (Phase.AWAKE, Phase.ASLEEP),
        (Phase.ASLEEP, Phase.WAKING),
        (Phase.WAKING, Phase.AWAKE),
    ]


def test_the_first_observation_of_a_service_is_not_notified() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    assert changes(instance) == []


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST])
def test_a_notification_that_failed_is_sent_again_with_the_same_id(fault: Fault) -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("notify", fault, times=1)
    gone_to_zero(instance)
    ticks(instance, 5)
    assert set(changes(instance)) == {ChangeKind.ASLEEP}
    assert len(ids(instance)) == (1 if fault is Fault.REFUSED else 2)
    assert len(set(ids(instance))) == 1


def test_a_notification_that_could_not_be_recorded_is_sent_again_and_measured_once() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("record_notified", Fault.REFUSED, times=1)
    gone_to_zero(instance)
    ticks(instance, 5)
    assert changes(instance) == [ChangeKind.ASLEEP, ChangeKind.ASLEEP]
    assert [one.measure.metric_name for one in instance.ports.measured] == ["TimeToZero"]


def test_no_notification_of_a_stop_is_sent_before_it_is_done() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("set_desired_count", Fault.REFUSED, times=1)
    while "set_desired_count" not in {call.name for call in instance.ports.faults.calls}:
        ticks(instance, 1)
    assert changes(instance) == []


def test_ticks_send_the_notifications_of_a_run_that_died_a_minute_later() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.ports.faults.fail("notify", Fault.REFUSED, times=1)
    instance.wake({"service": "web"})
    assert changes(instance) == [ChangeKind.ASLEEP]
    ticks(instance, 3)
    assert changes(instance) == [ChangeKind.ASLEEP, ChangeKind.WAKES, ChangeKind.AWAKE], "in their order"


def test_a_tick_that_could_not_notify_fails_so_that_alarms_report_it() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.ports.faults.fail("notify", Fault.REFUSED, times=2)
    instance.wake({"service": "web"})
    instance.world.advance(MINUTE)
    with pytest.raises(TickFailed, match=r"notifications: notify of .* was refused"):
        instance.tick()


def test_notifications_are_sent_in_the_order_of_their_changes() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("notify", Fault.REFUSED, times=8)
    gone_to_zero(instance)
    instance.wake({"service": "web"})
    ticks(instance, 9)
    assert changes(instance)[:3] == [ChangeKind.ASLEEP, ChangeKind.WAKES, ChangeKind.AWAKE]
    assert ids(instance) == sorted(ids(instance))


@pytest.mark.parametrize("fault", [None, Fault.REFUSED])
def test_the_last_change_of_a_service_whose_mode_is_off_is_notified_too(fault: Fault | None) -> None:
    """The service is not observed for anything else."""
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.ports.table.services["web"] = off = replace(WEB, mode=Mode.OFF)
    if fault is not None:
        instance.ports.faults.fail("notify", fault, times=1)
    payload = payload_of_terraform(off, Mode.ACT)
    run_scale_up(
        instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=instance.world.now + 15 * MINUTE
    )
    ticks(instance, 4)
    assert changes(instance) == [ChangeKind.ASLEEP, ChangeKind.AWAKE]
    assert instance.ports.sent_notifications[-1].change.reason is Reason.NO_LONGER_MANAGED
    instance.ports.faults.calls.clear()
    ticks(instance, 1)
    assert "describe" not in {call.name for call in instance.ports.faults.calls}


def test_a_tick_leaves_a_notification_to_the_run_that_is_about_to_send_it() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.ports.faults.fail("notify", Fault.REFUSED, times=1)
    instance.wake({"service": "web"})
    instance.world.advance(timedelta(seconds=30))
    instance.tick()
    assert changes(instance) == [ChangeKind.ASLEEP]


def test_the_notification_of_a_failed_wake_has_the_reason_of_ecs() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.world.set_start_fault(*WEB.name, ImagePullFails())
    instance.wake({"service": "web"})
    ticks(instance, 7)
    failed = [one.change for one in instance.ports.sent_notifications if one.change.failed]
    assert len(failed) == 1
    assert failed[0].cause
    assert (failed[0].before, failed[0].after) == (Phase.WAKING, Phase.WAKING)


def test_a_service_that_leaves_while_it_sleeps_is_notified_as_awake_before_its_configuration_is_deleted() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.leave(WEB)
    assert instance.state(WEB.name).leaving == (instance.world.now, True)
    assert changes(instance) == [ChangeKind.ASLEEP, ChangeKind.AWAKE]
    assert instance.ports.sent_notifications[-1].service.key == "web"
    assert instance.ports.sent_notifications[-1].change.reason is Reason.NO_LONGER_MANAGED


def test_a_service_that_leaves_while_it_wakes_is_notified_as_awake_too() -> None:
    """Its wake rules are disarmed, which is saved only for a wake that ends."""
    with Simulation() as sim:
        fallen_asleep(sim)
        sim.now_or_fail(lambda: sim.wake({"service": "shop"}))
        sim.now_or_fail(lambda: sim.uninstall(SHOP))
        sent = [change_of(notification.change) for notification in sim.ports.sent_notifications]
        assert sent[-2:] == [ChangeKind.WAKES, ChangeKind.AWAKE]
        assert sim.ports.sent_notifications[-1].change.reason is Reason.NO_LONGER_MANAGED


def test_an_unsent_notification_of_a_wake_is_sent_when_its_service_leaves_while_it_drains() -> None:
    """The service has wake rules, but its state no longer contains when they were disarmed."""
    instance = ModuleInstance(SHOP)
    now = instance.world.now
    ready = PhaseChange(1, now, Phase.WAKING, Phase.AWAKE, Reason.READY, began=now)
    woken = ServiceState(
        SHOP.name, Phase.AWAKE, now, version=1, wake=a_wake(healthy=now), routing_restored_at=now, changes=(ready,)
    )
    drains = with_change(woken, phases.drain(woken, now, now), Reason.SLEEP_REQUESTED, now)
    instance.ports.table.states[SHOP.name] = replace(drains, version=2)
    instance.leave(SHOP)
    assert changes(instance) == [ChangeKind.AWAKE, ChangeKind.DRAINS, ChangeKind.STAYS_AWAKE]


def test_a_service_whose_notifications_cannot_be_sent_leaves_nevertheless() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    instance.ports.faults.fail("notify")
    instance.leave(WEB)
    assert (instance.desired(WEB), instance.state(WEB.name).phase) == (1, Phase.AWAKE)


@pytest.mark.parametrize("language", WORDS)
def test_a_change_without_a_text_is_noticed(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    without = {what: text for what, text in WORDS[language].items() if what != (ChangeKind.ASLEEP, Reason.IDLE)}
    monkeypatch.setitem(WORDS, language, without)
    with Simulation() as sim:
        sim.add_service(WEB)
        with pytest.raises(AssertionError, match="for which there is no text"):
            sim.minutes(10)


def test_a_schedule_tries_again_if_ecs_or_the_table_did_not_answer() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    ticks(instance, 3)
    instance.ports.faults.fail("read_services", times=2)
    instance.ports.faults.fail("write", times=3)
    instance.wake({"services": ["web"], "hold_minutes": 60, "scheduled": True})
    assert (instance.desired(WEB), instance.state(WEB.name).phase) == (1, Phase.WAKING)


def test_a_schedule_does_not_try_forever() -> None:
    instance = gone_to_zero(ModuleInstance(WEB))
    ticks(instance, 3)
    instance.ports.faults.fail("write")
    before = instance.world.now
    with pytest.raises(WakeFailed, match="Nothing could be done"):
        instance.wake({"services": ["web"], "hold_minutes": 60, "scheduled": True})
    assert timedelta(minutes=5) <= instance.world.now - before < timedelta(minutes=6)
