from __future__ import annotations

import pytest

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallForbidden, CallRefused
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.scaling import ALL_SUSPENDED, NOTHING_SUSPENDED, ScalableTarget, Suspension

from .stage import API, WEB, MovingStage, Stage

SUSPENSIONS = [
    NOTHING_SUSPENDED,
    Suspension(scale_in=True),
    Suspension(scale_out=True),
    Suspension(scheduled=True),
    ALL_SUSPENDED,
]


class TestReading:
    def test_a_registered_service_has_its_bounds_and_another_has_none(self, stage: Stage) -> None:
        for name in (WEB, API):
            stage.create_service(name, desired=1)
        stage.register_scalable_target(WEB, minimum=0, maximum=7)
        found = stage.ports.scalable_targets.read([WEB, API])
        assert found == {WEB: ScalableTarget(0, 7), API: None}

    @pytest.mark.parametrize("suspended", SUSPENSIONS)
    def test_each_kind_of_scaling_is_read_as_it_is_suspended(self, stage: Stage, suspended: Suspension) -> None:
        stage.create_service(WEB, desired=1)
        stage.register_scalable_target(WEB, suspended=suspended)
        assert stage.ports.scalable_targets.read([WEB])[WEB] == ScalableTarget(1, 2, suspended)

    def test_every_one_of_many_services_is_in_the_answer(self, stage: Stage) -> None:
        names = [ServiceName("cluster", f"service-{number}") for number in range(101)]
        stage.create_service(names[100], desired=1)
        stage.register_scalable_target(names[100])
        found = stage.ports.scalable_targets.read(names)
        assert found == {name: ScalableTarget(1, 2) if name == names[100] else None for name in names}

    def test_an_empty_request_has_an_empty_answer(self, stage: Stage) -> None:
        assert stage.ports.scalable_targets.read([]) == {}

    def test_a_scalable_target_that_cannot_be_observed_is_unknown_and_a_fault(self, stage: Stage) -> None:
        stage.refuse("read_scalable_targets")
        unseen = stage.ports.scalable_targets.read([WEB])[WEB]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
        assert unseen.forbidden


class TestSuspending:
    def test_suspending_changes_only_the_suspension(self, stage: Stage) -> None:
        for name in (WEB, API):
            stage.create_service(name, desired=1)
            stage.register_scalable_target(name, minimum=1, maximum=7)
        for suspended in SUSPENSIONS:
            stage.ports.scalable_targets.suspend(WEB, suspended)
            found = stage.ports.scalable_targets.read([WEB, API])
            assert found == {WEB: ScalableTarget(1, 7, suspended), API: ScalableTarget(1, 7)}

    # moto alone creates a scalable target without bounds.
    @pytest.mark.parametrize("stage", ["in memory", "on local_aws"], indirect=True)
    def test_a_service_without_scalable_target_is_refused_and_gets_none(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        with pytest.raises(CallRefused):
            stage.ports.scalable_targets.suspend(WEB, ALL_SUSPENDED)
        assert stage.ports.scalable_targets.read([WEB]) == {WEB: None}

    def test_a_service_that_does_not_exist_is_refused(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        with pytest.raises(CallRefused):
            stage.ports.scalable_targets.suspend(API, ALL_SUSPENDED)

    def test_a_forbidden_call_changes_nothing_and_says_what_to_allow(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        stage.register_scalable_target(WEB)
        stage.refuse("suspend_scaling")
        with pytest.raises(CallForbidden, match="allow"):
            stage.ports.scalable_targets.suspend(WEB, ALL_SUSPENDED)
        assert stage.ports.scalable_targets.read([WEB]) == {WEB: ScalableTarget(1, 2)}

    @pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 2), (3, 2)])
    def test_suspending_moves_the_count_into_the_bounds(
        self, moving_stage: MovingStage, count: int, expected: int
    ) -> None:
        moving_stage.create_service(WEB, desired=1)
        moving_stage.register_scalable_target(WEB)
        moving_stage.ports.services.set_desired_count(WEB, count)
        moving_stage.ports.scalable_targets.suspend(WEB, ALL_SUSPENDED)
        assert moving_stage.desired(WEB) == expected


class TestForecasts:
    def test_a_service_that_scales_by_forecast_is_distinguished_from_one_that_does_not(self, stage: Stage) -> None:
        for name in (WEB, API):
            stage.create_service(name, desired=1)
            stage.register_scalable_target(name)
        stage.scale_by_forecast(WEB)
        assert stage.ports.scalable_targets.scales_by_forecast(WEB) is True
        assert stage.ports.scalable_targets.scales_by_forecast(API) is False

    def test_a_service_without_scalable_target_does_not_scale_by_forecast(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        assert stage.ports.scalable_targets.scales_by_forecast(WEB) is False

    def test_policies_that_cannot_be_observed_are_unknown_and_a_fault(self, stage: Stage) -> None:
        stage.refuse("scales_by_forecast")
        unseen = stage.ports.scalable_targets.scales_by_forecast(WEB)
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
        assert unseen.forbidden
