"""Claims and held requests: counted beside the memory, without touching its version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Errand, Memory, Phase
from tests.contract.stage import API, MINUTE, NOW, SECOND, WEB, Stage

# local_aws leaves the table to moto.
pytestmark = pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)

AWAKE = Memory(WEB, Phase.AWAKE, since=NOW)
WAKE, LATER_WAKE = NOW, NOW + 5 * MINUTE


@pytest.fixture
def now(stage: Stage) -> datetime:
    """The present by the stage's own clock."""
    return stage.ports.clock()


class TestClaims:
    def test_the_first_to_claim_an_errand_has_it_alone(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        assert claim(WEB, Errand.DISARM, now + 10 * SECOND)
        assert not claim(WEB, Errand.DISARM, now + 11 * SECOND)

    def test_a_claim_that_has_ended_is_free_to_take(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        assert claim(WEB, Errand.DISARM, now)
        assert claim(WEB, Errand.DISARM, now + 10 * SECOND)

    def test_a_loser_does_not_prolong_the_winners_claim(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        claim(WEB, Errand.ESCORT, now + 10 * SECOND)
        claim(WEB, Errand.ESCORT, now + 60 * SECOND)
        assert claim(WEB, Errand.ESCORT, now + 20 * SECOND, mine=now + 10 * SECOND)

    def test_whoever_has_a_claim_may_prolong_it_and_nobody_else(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        claim(WEB, Errand.ESCORT, now + 10 * SECOND)
        assert not claim(WEB, Errand.ESCORT, now + 30 * SECOND, mine=now + 9 * SECOND)
        assert claim(WEB, Errand.ESCORT, now + 20 * SECOND, mine=now + 10 * SECOND)
        assert not claim(WEB, Errand.ESCORT, now + 30 * SECOND, mine=now + 10 * SECOND)

    def test_whoever_gives_a_claim_up_lets_the_next_one_have_it(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        claim(WEB, Errand.ESCORT, now + 60 * SECOND)
        assert claim(WEB, Errand.ESCORT, now, mine=now + 60 * SECOND)
        assert claim(WEB, Errand.ESCORT, now + 60 * SECOND)

    def test_errands_and_services_do_not_touch(self, stage: Stage, now: datetime) -> None:
        claim = stage.ports.memories.claim
        assert claim(WEB, Errand.SEND_ESCORT, now + 10 * SECOND)
        assert claim(WEB, Errand.ESCORT, now + 10 * SECOND)
        assert claim(WEB, Errand.DISARM, now + 10 * SECOND)
        assert claim(API, Errand.DISARM, now + 10 * SECOND)

    def test_the_memory_tells_until_when_an_escort_has_claimed_it(self, stage: Stage, now: datetime) -> None:
        written = stage.ports.memories.write(AWAKE)
        stage.ports.memories.claim(WEB, Errand.ESCORT, now + MINUTE)
        escorted = replace(written, escorted_until=now + MINUTE)
        assert stage.ports.memories.read(WEB) == escorted
        assert stage.ports.memories.read_all().memories == {WEB: escorted}

    def test_a_memory_is_written_without_the_claim_it_was_read_with(self, stage: Stage, now: datetime) -> None:
        stage.ports.memories.write(AWAKE)
        stage.ports.memories.claim(WEB, Errand.ESCORT, now + MINUTE)
        read = stage.ports.memories.read(WEB)
        assert read is not None
        assert stage.ports.memories.claim(WEB, Errand.ESCORT, now + 2 * MINUTE, mine=now + MINUTE)
        written = stage.ports.memories.write(read)
        assert stage.ports.memories.read(WEB) == replace(written, escorted_until=now + 2 * MINUTE)


class TestHeldRequests:
    def test_no_more_requests_are_held_than_may_be(self, stage: Stage) -> None:
        held = [stage.ports.memories.hold_request(WEB, WAKE, 3) for _ in range(5)]
        assert held == [True, True, True, False, False]

    def test_where_none_may_be_held_none_is(self, stage: Stage) -> None:
        assert not stage.ports.memories.hold_request(WEB, WAKE, 0)

    def test_a_request_that_was_answered_makes_room_for_another(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.hold_request(WEB, WAKE, 1)
        memories.release_request(WEB, WAKE)
        assert memories.hold_request(WEB, WAKE, 1)
        assert not memories.hold_request(WEB, WAKE, 1)

    def test_what_a_dead_run_left_held_does_not_outlast_its_wake(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.hold_request(WEB, WAKE, 1)
        assert memories.hold_request(WEB, LATER_WAKE, 1)
        assert not memories.hold_request(WEB, LATER_WAKE, 1)

    def test_a_release_for_an_earlier_wake_makes_no_room_in_this_one(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.hold_request(WEB, WAKE, 1)
        memories.hold_request(WEB, LATER_WAKE, 1)
        memories.release_request(WEB, WAKE)
        assert not memories.hold_request(WEB, LATER_WAKE, 1)

    def test_who_still_asks_for_an_earlier_wake_is_not_held_and_leaves_the_count_of_this_one(
        self, stage: Stage
    ) -> None:
        memories = stage.ports.memories
        memories.hold_request(WEB, LATER_WAKE, 2)
        assert not memories.hold_request(WEB, WAKE, 2)
        assert memories.hold_request(WEB, LATER_WAKE, 2)
        assert not memories.hold_request(WEB, LATER_WAKE, 2)

    def test_releasing_more_than_were_held_makes_no_extra_room(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.release_request(WEB, WAKE)
        memories.hold_request(WEB, WAKE, 1)
        memories.release_request(WEB, WAKE)
        memories.release_request(WEB, WAKE)
        assert memories.hold_request(WEB, WAKE, 1)
        assert not memories.hold_request(WEB, WAKE, 1)

    def test_services_do_not_touch(self, stage: Stage) -> None:
        memories = stage.ports.memories
        memories.hold_request(WEB, WAKE, 1)
        assert memories.hold_request(API, WAKE, 1)


class TestBesideTheMemory:
    def count(self, stage: Stage) -> None:
        until = stage.ports.clock() + MINUTE
        assert stage.ports.memories.claim(WEB, Errand.DISARM, until)
        assert stage.ports.memories.hold_request(WEB, WAKE, 1)

    def is_counted(self, stage: Stage) -> bool:
        claimed = not stage.ports.memories.claim(WEB, Errand.DISARM, stage.ports.clock() + MINUTE)
        full = not stage.ports.memories.hold_request(WEB, WAKE, 1)
        assert claimed == full
        return full

    def test_what_is_counted_where_there_is_no_memory_is_no_memory(self, stage: Stage) -> None:
        self.count(stage)
        stage.ports.memories.release_request(WEB, WAKE)
        assert stage.ports.memories.read(WEB) is None
        assert stage.ports.memories.read_all().memories == {}
        assert stage.ports.memories.write(AWAKE).version == 1

    def test_counting_keeps_nobody_from_writing_the_memory_he_read(self, stage: Stage) -> None:
        read = stage.ports.memories.write(AWAKE)
        self.count(stage)
        stage.ports.memories.release_request(WEB, WAKE)
        written = stage.ports.memories.write(replace(read, phase=Phase.DRAINING))
        assert stage.ports.memories.read(WEB) == written

    def test_writing_the_memory_leaves_what_is_counted(self, stage: Stage) -> None:
        read = stage.ports.memories.write(AWAKE)
        self.count(stage)
        stage.ports.memories.write(replace(read, phase=Phase.DRAINING))
        assert self.is_counted(stage)

    def test_what_was_deleted_is_counted_anew(self, stage: Stage) -> None:
        stage.ports.memories.write(AWAKE)
        self.count(stage)
        stage.delete_memory(WEB)
        assert not self.is_counted(stage)

    @pytest.mark.parametrize("call", ["claim", "hold_request", "release_request"])
    def test_every_refused_call_raises_and_says_why(self, stage: Stage, call: str) -> None:
        stage.refuse(call)
        memories = stage.ports.memories
        calls: dict[str, Callable[[], object]] = {
            "claim": lambda: memories.claim(WEB, Errand.DISARM, NOW),
            "hold_request": lambda: memories.hold_request(WEB, WAKE, 1),
            "release_request": lambda: memories.release_request(WEB, WAKE),
        }
        with pytest.raises(CallFailed, match="city-guided-service"):
            calls[call]()
