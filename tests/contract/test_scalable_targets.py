from __future__ import annotations

import pytest

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import Unknown

from .stage import API, WEB, Stage


# In local_aws moto itself handles scalable targets.
@pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)
class TestScalableTargets:
    def test_a_registered_service_is_distinguished_from_one_that_is_not(self, stage: Stage) -> None:
        for name in (WEB, API):
            stage.create_service(name, desired=1)
        stage.register_scalable_target(WEB)
        assert stage.ports.scalable_targets.registered([WEB, API]) == {WEB: True, API: False}

    def test_every_one_of_many_services_is_in_the_answer(self, stage: Stage) -> None:
        names = [ServiceName("cluster", f"service-{number}") for number in range(101)]
        stage.create_service(names[100], desired=1)
        stage.register_scalable_target(names[100])
        assert stage.ports.scalable_targets.registered(names) == {name: name == names[100] for name in names}

    def test_an_empty_request_has_an_empty_answer(self, stage: Stage) -> None:
        assert stage.ports.scalable_targets.registered([]) == {}

    def test_a_scalable_target_that_cannot_be_observed_is_unknown_and_a_fault(self, stage: Stage) -> None:
        stage.refuse("registered")
        unseen = stage.ports.scalable_targets.registered([WEB])[WEB]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
