"""Why a service is as it is: recorded beside its state, without touching its version, and read with all the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Explanation, Memory, Phase
from tests.contract.stage import API, MINUTE, NOW, WEB, Stage

# local_aws leaves the table to moto.
pytestmark = pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)

AWAKE: Final = Memory(WEB, Phase.AWAKE, since=NOW)
UNWATCHED: Final = Explanation("unwatched_entrance", "web: “quoted” é", True, NOW, NOW + MINUTE, Phase.AWAKE)
MISSING: Final = Explanation("service_missing", "ECS knows no such service", True, NOW, NOW)


class TestExplanations:
    def test_what_is_recorded_is_read_with_the_service_state_and_leaves_it_as_it_is(self, stage: Stage) -> None:
        memories = stage.ports.memories
        written = memories.write(AWAKE)
        memories.explain(WEB, UNWATCHED, known=True)
        stored = memories.read_all()
        assert stored.explanations == {WEB: UNWATCHED}
        assert stored.memories == {WEB: written}
        memories.write(replace(written, phase=Phase.DRAINING))
        assert memories.read_all().explanations == {WEB: UNWATCHED}

    def test_the_newest_replaces_everything_of_the_one_before(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.write(AWAKE)
        memories.explain(WEB, UNWATCHED, known=True)
        without_phase = replace(UNWATCHED, phase=None, needs_attention=False, sentence="other")
        memories.explain(WEB, without_phase, known=True)
        assert memories.read_all().explanations == {WEB: without_phase}

    def test_what_is_over_is_removed(self, stage: Stage) -> None:
        memories = stage.ports.memories
        written = memories.write(AWAKE)
        memories.explain(WEB, UNWATCHED, known=True)
        memories.explain(WEB, None, known=True)
        memories.explain(WEB, None, known=True)
        assert memories.read_all().explanations == {}
        assert memories.read(WEB) == written

    def test_one_without_a_service_state_is_explained_and_still_has_none(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.explain(API, MISSING, known=False)
        stored = memories.read_all()
        assert (stored.explanations, stored.memories, stored.broken) == ({API: MISSING}, {}, ())
        assert memories.write(Memory(API, Phase.AWAKE, since=NOW)).version == 1
        memories.explain(API, None, known=False)
        assert memories.read_all().explanations == {}

    def test_one_whose_service_state_was_deleted_meanwhile_is_passed_over(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.write(AWAKE)
        stage.delete_state(WEB)
        memories.explain(WEB, UNWATCHED, known=True)
        memories.explain(WEB, None, known=True)
        assert memories.read_all().explanations == {}

    def test_the_service_state_and_its_explanation_are_deleted_together(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.write(AWAKE)
        memories.explain(WEB, UNWATCHED, known=True)
        stage.delete_state(WEB)
        assert memories.read_all().explanations == {}

    def test_a_refusal_is_a_failed_call(self, stage: Stage) -> None:
        stage.ports.memories.write(AWAKE)
        stage.refuse("explain")
        with pytest.raises(CallFailed):
            stage.ports.memories.explain(WEB, UNWATCHED, known=True)
