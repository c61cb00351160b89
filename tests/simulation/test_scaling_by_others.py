"""What else is or is not suspended: at zero without suspension, suspended by others, by forecast, a minimum of zero."""

from __future__ import annotations

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.world.scalable_targets import NOTHING_SUSPENDED

from .scaled_scenes import (
    BACKLOG,
    REQUESTS,
    SERVICES,
    desired,
    explained,
    falls_asleep,
    fill_backlog,
    must_scale,
    must_sleep,
    reason,
    registrations,
    scaled,
    suspended,
    track_backlog,
    wakes,
    with_many_requests,
)
from .scaled_services import ALL_SUSPENDED
from .scenarios import TASKS, WEB
from .scenes import phase_of, starts, stops
from .simulation import Simulation


def at_zero_and_not_suspended(sim: Simulation, service: Service = WEB) -> None:
    """Let an operator end the suspension while the service sleeps, and set its count to zero again."""
    scaled(sim, service)
    track_backlog(sim, service)
    falls_asleep(sim, service)
    sim.scaled.suspend_by_hand(service.name, NOTHING_SUSPENDED)
    sim.set_by_hand(service.name, 0)


@SERVICES
def test_at_zero_without_suspension_it_is_reported_and_left(service: Service) -> None:
    with Simulation() as sim:
        at_zero_and_not_suspended(sim, service)
        calls = registrations(sim)
        sim.minutes(20)
        assert (reason(sim, service), desired(sim, service)) == ("scaling_not_suspended", 0)
        assert (suspended(sim, service), registrations(sim)) == (NOTHING_SUSPENDED, calls)


def test_a_service_that_an_operator_set_to_zero_is_reported_and_left() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.minutes(2)
        sim.set_by_hand(WEB.name, 0)
        calls = registrations(sim)
        sim.minutes(10)
        assert (reason(sim), desired(sim)) == ("scaling_not_suspended", 0)
        assert registrations(sim) == calls


@SERVICES
def test_a_policy_may_start_it_then_and_it_sleeps_again_with_all_suspended(service: Service) -> None:
    with Simulation() as sim:
        at_zero_and_not_suspended(sim, service)
        sim.minutes(3)
        fill_backlog(sim, minutes=4)
        assert desired(sim, service) == 1
        assert sim.world.scaling.activities[-1].cause == "scaling policy backlog"
        sim.minutes(3)
        assert (desired(sim, service) > 0, reason(sim, service)) == (True, "")
        sim.minutes(12)
        assert (desired(sim, service), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.record.trace()
        assert suspended(sim, service) == ALL_SUSPENDED
        fill_backlog(sim, minutes=10)
        assert desired(sim, service) == 0
        wakes(sim, service)
        assert (phase_of(sim, service), suspended(sim, service)) == (Phase.AWAKE, NOTHING_SUSPENDED)


def test_a_scheduled_action_may_start_it_then_and_it_sleeps_again_with_all_suspended() -> None:
    with Simulation() as sim:
        at_zero_and_not_suspended(sim)
        sim.minutes(3)
        sim.scaled.schedule(WEB.name, minimum=2)
        sim.minutes(3)
        must_scale(sim)
        sim.minutes(13)
        assert (desired(sim), phase_of(sim, WEB), suspended(sim)) == (0, Phase.ASLEEP, ALL_SUSPENDED)


def test_a_wake_of_a_service_that_is_not_suspended_changes_nothing_of_its_scaling() -> None:
    with Simulation() as sim:
        at_zero_and_not_suspended(sim)
        calls = registrations(sim)
        wakes(sim)
        must_scale(sim)
        assert registrations(sim) == calls


# Suspended by others


def test_all_suspended_by_hand_without_a_record_is_explained_and_not_changed() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.minutes(2)
        sim.scaled.suspend_by_hand(WEB.name, ALL_SUSPENDED)
        calls = registrations(sim)
        with_many_requests(sim, minutes=5)
        found = explained(sim)
        assert found is not None
        assert (found.reason, found.needs_attention) == ("scaling_suspended", True)
        assert (
            f"register-scalable-target --service-namespace ecs --scalable-dimension {'ecs:service:DesiredCount'}"
            in (found.sentence)
        )
        assert f"--resource-id service/{WEB.name.cluster_name}/{WEB.name.service_name} " in found.sentence
        assert registrations(sim) == calls


def test_all_suspended_by_hand_stays_so_after_a_sleep() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.scaled.suspend_by_hand(WEB.name, ALL_SUSPENDED)
        calls = registrations(sim)
        falls_asleep(sim)
        wakes(sim)
        sim.minutes(3)
        must_scale(sim, as_before=ALL_SUSPENDED)
        assert (reason(sim), registrations(sim)) == ("scaling_suspended", calls)


@SERVICES
def test_if_the_service_state_is_lost_during_the_sleep_the_suspension_is_reported_after_the_wake(
    service: Service,
) -> None:
    with Simulation() as sim:
        scaled(sim, service)
        falls_asleep(sim, service)
        calls = registrations(sim)
        sim.lose_state(service.name)
        sim.minutes(3)
        must_sleep(sim, service)
        wakes(sim, service)
        must_scale(sim, service, count=1, as_before=ALL_SUSPENDED)
        assert (reason(sim, service), registrations(sim)) == ("scaling_suspended", calls)


def test_the_explanation_ends_when_the_suspension_is_ended() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.scaled.suspend_by_hand(WEB.name, ALL_SUSPENDED)
        sim.minutes(2)
        assert reason(sim) == "scaling_suspended"
        sim.scaled.suspend_by_hand(WEB.name, NOTHING_SUSPENDED)
        sim.minutes(2)
        assert reason(sim) == ""


# Predictive policies


@SERVICES
def test_a_predictive_policy_keeps_it_awake_until_it_is_deleted(service: Service) -> None:
    with Simulation() as sim:
        scaled(sim, service)
        sim.scaled.forecast(service.name, 30 * MINUTE)
        calls = registrations(sim)
        sim.minutes(29)
        assert (phase_of(sim, service), reason(sim, service)) == (Phase.AWAKE, "predictive_scaling")
        assert (stops(sim, service), registrations(sim)) == (0, calls)
        sim.minutes(13)
        must_sleep(sim, service)
        assert reason(sim, service) == ""


def test_a_request_to_sleep_waits_for_a_predictive_policy() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.scaled.forecast(WEB.name, 5 * MINUTE)
        sim.minutes(2)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        sim.minutes(2)
        assert stops(sim, WEB) == 0
        sim.minutes(2)
        must_sleep(sim)


# A minimum of zero


def left_to_auto_scaling(sim: Simulation, service: Service = WEB) -> None:
    """Add a service that Application Auto Scaling itself scales to zero and back."""
    scaled(sim, service, minimum=0)
    track_backlog(sim, service)
    sim.world.scaling.delete_policy(*service.name, REQUESTS)
    sim.tracker.hinder(service.name, "it is left to Application Auto Scaling")


def empty_backlog(sim: Simulation, minutes: int) -> None:
    for _ in range(minutes):
        sim.world.metrics.put(BACKLOG.namespace, BACKLOG.name, dict(BACKLOG.dimensions), sim.world.now, 0)
        sim.minutes(1)


@SERVICES
def test_a_service_with_a_minimum_of_zero_goes_to_zero_and_back_by_itself_and_its_phase_follows(
    service: Service,
) -> None:
    with Simulation() as sim:
        left_to_auto_scaling(sim, service)
        calls = registrations(sim)
        seen: list[tuple[int, Phase | None]] = []
        for _ in range(2):
            sim.minutes(12)
            seen.append((desired(sim, service), phase_of(sim, service)))
            empty_backlog(sim, 18)
            sim.minutes(2)
            seen.append((desired(sim, service), phase_of(sim, service)))
            fill_backlog(sim, minutes=4)
            sim.minutes(3)
        awake, asleep = (TASKS, Phase.AWAKE), (0, Phase.ASLEEP)
        assert seen[:2] == [awake, asleep], sim.record.trace()
        assert seen[3] == asleep
        assert (phase_of(sim, service), reason(sim, service)) == (Phase.AWAKE, "left_to_auto_scaling")
        assert registrations(sim) == calls
        assert {change.by_scaling for change in sim.record.changes[service.name]} == {True}


def test_a_request_to_put_a_service_with_a_minimum_of_zero_to_sleep_is_refused() -> None:
    with Simulation() as sim:
        left_to_auto_scaling(sim)
        sim.minutes(2)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        services = sim.answers[-1]["services"]
        assert isinstance(services, dict)
        assert services[WEB.key]["refused"] is True
        assert "left to Application Auto Scaling" in services[WEB.key]["message"]
        sim.minutes(12)
        assert (desired(sim), stops(sim, WEB)) == (TASKS, 0)


def test_a_wake_starts_a_service_with_a_minimum_of_zero() -> None:
    with Simulation() as sim:
        left_to_auto_scaling(sim)
        empty_backlog(sim, 18)
        assert desired(sim) == 0
        calls = registrations(sim)
        wakes(sim)
        assert (phase_of(sim, WEB), starts(sim, WEB)) == (Phase.AWAKE, 1)
        assert registrations(sim) == calls
