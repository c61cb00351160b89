"""Explanations: recorded beside the service state, without a change of its version, and read together with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Explanation, Phase, ServiceState
from tests.contract.stage import API, MINUTE, NOW, WEB, Stage

# In local_aws moto itself handles the table.
pytestmark = pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)

AWAKE: Final = ServiceState(WEB, Phase.AWAKE, since=NOW)
UNWATCHED: Final = Explanation("unwatched_traffic_source", "web: “quoted” é", True, NOW, NOW + MINUTE, Phase.AWAKE)
MISSING: Final = Explanation("service_missing", "ECS has no such service", True, NOW, NOW)


class TestExplanations:
    def test_an_explanation_is_read_with_the_service_state_and_does_not_change_it(self, stage: Stage) -> None:
        states = stage.ports.table
        written = states.write(AWAKE)
        states.explain(WEB, UNWATCHED, known=True)
        stored = states.read_all()
        assert stored.explanations == {WEB: UNWATCHED}
        assert stored.states == {WEB: written}
        states.write(replace(written, phase=Phase.DRAINING))
        assert states.read_all().explanations == {WEB: UNWATCHED}

    def test_a_new_explanation_replaces_the_one_before_completely(self, stage: Stage) -> None:
        states = stage.ports.table
        states.write(AWAKE)
        states.explain(WEB, UNWATCHED, known=True)
        without_phase = replace(UNWATCHED, phase=None, needs_attention=False, sentence="other")
        states.explain(WEB, without_phase, known=True)
        assert states.read_all().explanations == {WEB: without_phase}

    def test_an_explanation_that_is_over_is_removed(self, stage: Stage) -> None:
        states = stage.ports.table
        written = states.write(AWAKE)
        states.explain(WEB, UNWATCHED, known=True)
        states.explain(WEB, None, known=True)
        states.explain(WEB, None, known=True)
        assert states.read_all().explanations == {}
        assert states.read(WEB) == written

    def test_a_service_without_a_service_state_is_explained_and_still_has_none(self, stage: Stage) -> None:
        states = stage.ports.table
        states.explain(API, MISSING, known=False)
        stored = states.read_all()
        assert (stored.explanations, stored.states, stored.unreadable) == ({API: MISSING}, {}, ())
        assert states.write(ServiceState(API, Phase.AWAKE, since=NOW)).version == 1
        states.explain(API, None, known=False)
        assert states.read_all().explanations == {}

    def test_a_service_whose_service_state_was_deleted_meanwhile_is_skipped(self, stage: Stage) -> None:
        states = stage.ports.table
        states.write(AWAKE)
        stage.delete_state(WEB)
        states.explain(WEB, UNWATCHED, known=True)
        states.explain(WEB, None, known=True)
        assert states.read_all().explanations == {}

    def test_the_service_state_and_its_explanation_are_deleted_together(self, stage: Stage) -> None:
        states = stage.ports.table
        states.write(AWAKE)
        states.explain(WEB, UNWATCHED, known=True)
        stage.delete_state(WEB)
        assert states.read_all().explanations == {}

    def test_a_refused_call_raises(self, stage: Stage) -> None:
        stage.ports.table.write(AWAKE)
        stage.refuse("explain")
        with pytest.raises(CallFailed):
            stage.ports.table.explain(WEB, UNWATCHED, known=True)
