"""Leases and waiting requests: recorded beside the service state, without a change of its version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Lease, Phase, ServiceState
from tests.contract.stage import API, MINUTE, NOW, SECOND, WEB, Stage

# In local_aws moto itself handles the table.
pytestmark = pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)

AWAKE = ServiceState(WEB, Phase.AWAKE, since=NOW)
WAKE, LATER_WAKE = NOW, NOW + 5 * MINUTE


@pytest.fixture
def now(stage: Stage) -> datetime:
    """Return the present by the stage's own clock."""
    return stage.ports.clock()


class TestLeases:
    def test_only_the_first_run_gets_a_lease(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        assert take_lease(WEB, Lease.DISARM, now + 10 * SECOND)
        assert not take_lease(WEB, Lease.DISARM, now + 11 * SECOND)

    def test_a_lease_that_has_ended_can_be_taken(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        assert take_lease(WEB, Lease.DISARM, now)
        assert take_lease(WEB, Lease.DISARM, now + 10 * SECOND)

    def test_a_run_that_does_not_get_the_lease_does_not_prolong_it(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        take_lease(WEB, Lease.WATCHER, now + 10 * SECOND)
        take_lease(WEB, Lease.WATCHER, now + 60 * SECOND)
        assert take_lease(WEB, Lease.WATCHER, now + 20 * SECOND, mine=now + 10 * SECOND)

    def test_only_the_run_that_has_a_lease_can_prolong_it(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        take_lease(WEB, Lease.WATCHER, now + 10 * SECOND)
        assert not take_lease(WEB, Lease.WATCHER, now + 30 * SECOND, mine=now + 9 * SECOND)
        assert take_lease(WEB, Lease.WATCHER, now + 20 * SECOND, mine=now + 10 * SECOND)
        assert not take_lease(WEB, Lease.WATCHER, now + 30 * SECOND, mine=now + 10 * SECOND)

    def test_a_lease_that_is_released_can_be_taken(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        take_lease(WEB, Lease.WATCHER, now + 60 * SECOND)
        assert take_lease(WEB, Lease.WATCHER, now, mine=now + 60 * SECOND)
        assert take_lease(WEB, Lease.WATCHER, now + 60 * SECOND)

    def test_leases_and_services_do_not_affect_each_other(self, stage: Stage, now: datetime) -> None:
        take_lease = stage.ports.table.take_lease
        assert take_lease(WEB, Lease.START_WATCHER, now + 10 * SECOND)
        assert take_lease(WEB, Lease.WATCHER, now + 10 * SECOND)
        assert take_lease(WEB, Lease.DISARM, now + 10 * SECOND)
        assert take_lease(API, Lease.DISARM, now + 10 * SECOND)

    def test_the_service_state_has_the_end_of_the_watchers_lease(self, stage: Stage, now: datetime) -> None:
        written = stage.ports.table.write(AWAKE)
        stage.ports.table.take_lease(WEB, Lease.WATCHER, now + MINUTE)
        watched = replace(written, watcher_until=now + MINUTE)
        assert stage.ports.table.read(WEB) == watched
        assert stage.ports.table.read_all().states == {WEB: watched}

    def test_a_write_of_the_service_state_does_not_write_the_lease_with_which_it_was_read(
        self, stage: Stage, now: datetime
    ) -> None:
        stage.ports.table.write(AWAKE)
        stage.ports.table.take_lease(WEB, Lease.WATCHER, now + MINUTE)
        read = stage.ports.table.read(WEB)
        assert read is not None
        assert stage.ports.table.take_lease(WEB, Lease.WATCHER, now + 2 * MINUTE, mine=now + MINUTE)
        written = stage.ports.table.write(read)
        assert stage.ports.table.read(WEB) == replace(written, watcher_until=now + 2 * MINUTE)


class TestWaitingRequests:
    def test_at_most_max_waiting_requests_wait(self, stage: Stage) -> None:
        counted = [stage.ports.table.add_waiting_request(WEB, WAKE, 3) for _ in range(5)]
        assert counted == [True, True, True, False, False]

    def test_no_request_waits_if_max_waiting_requests_is_0(self, stage: Stage) -> None:
        assert not stage.ports.table.add_waiting_request(WEB, WAKE, 0)

    def test_after_a_request_is_answered_another_can_wait(self, stage: Stage) -> None:
        states = stage.ports.table
        states.add_waiting_request(WEB, WAKE, 1)
        states.remove_waiting_request(WEB, WAKE)
        assert states.add_waiting_request(WEB, WAKE, 1)
        assert not states.add_waiting_request(WEB, WAKE, 1)

    def test_a_count_that_a_crashed_run_left_ends_with_its_wake(self, stage: Stage) -> None:
        states = stage.ports.table
        states.add_waiting_request(WEB, WAKE, 1)
        assert states.add_waiting_request(WEB, LATER_WAKE, 1)
        assert not states.add_waiting_request(WEB, LATER_WAKE, 1)

    def test_removing_a_request_of_an_earlier_wake_does_not_change_the_count_of_this_wake(self, stage: Stage) -> None:
        states = stage.ports.table
        states.add_waiting_request(WEB, WAKE, 1)
        states.add_waiting_request(WEB, LATER_WAKE, 1)
        states.remove_waiting_request(WEB, WAKE)
        assert not states.add_waiting_request(WEB, LATER_WAKE, 1)

    def test_a_request_of_an_earlier_wake_does_not_wait_and_does_not_change_the_count_of_this_wake(
        self, stage: Stage
    ) -> None:
        states = stage.ports.table
        states.add_waiting_request(WEB, LATER_WAKE, 2)
        assert not states.add_waiting_request(WEB, WAKE, 2)
        assert states.add_waiting_request(WEB, LATER_WAKE, 2)
        assert not states.add_waiting_request(WEB, LATER_WAKE, 2)

    def test_removing_more_requests_than_were_added_does_not_raise_the_maximum(self, stage: Stage) -> None:
        states = stage.ports.table
        states.remove_waiting_request(WEB, WAKE)
        states.add_waiting_request(WEB, WAKE, 1)
        states.remove_waiting_request(WEB, WAKE)
        states.remove_waiting_request(WEB, WAKE)
        assert states.add_waiting_request(WEB, WAKE, 1)
        assert not states.add_waiting_request(WEB, WAKE, 1)

    def test_services_do_not_affect_each_other(self, stage: Stage) -> None:
        states = stage.ports.table
        states.add_waiting_request(WEB, WAKE, 1)
        assert states.add_waiting_request(API, WAKE, 1)


class TestBesideTheServiceState:
    def count(self, stage: Stage) -> None:
        until = stage.ports.clock() + MINUTE
        assert stage.ports.table.take_lease(WEB, Lease.DISARM, until)
        assert stage.ports.table.add_waiting_request(WEB, WAKE, 1)

    def is_counted(self, stage: Stage) -> bool:
        taken = not stage.ports.table.take_lease(WEB, Lease.DISARM, stage.ports.clock() + MINUTE)
        full = not stage.ports.table.add_waiting_request(WEB, WAKE, 1)
        assert taken == full
        return full

    def test_a_count_without_a_service_state_is_not_read_as_a_service_state(self, stage: Stage) -> None:
        self.count(stage)
        stage.ports.table.remove_waiting_request(WEB, WAKE)
        assert stage.ports.table.read(WEB) is None
        assert stage.ports.table.read_all().states == {}
        assert stage.ports.table.write(AWAKE).version == 1

    def test_counting_does_not_make_the_write_of_a_service_state_fail(self, stage: Stage) -> None:
        read = stage.ports.table.write(AWAKE)
        self.count(stage)
        stage.ports.table.remove_waiting_request(WEB, WAKE)
        written = stage.ports.table.write(replace(read, phase=Phase.DRAINING))
        assert stage.ports.table.read(WEB) == written

    def test_writing_the_service_state_does_not_change_the_counts(self, stage: Stage) -> None:
        read = stage.ports.table.write(AWAKE)
        self.count(stage)
        stage.ports.table.write(replace(read, phase=Phase.DRAINING))
        assert self.is_counted(stage)

    def test_deleting_the_service_state_deletes_the_counts(self, stage: Stage) -> None:
        stage.ports.table.write(AWAKE)
        self.count(stage)
        stage.delete_state(WEB)
        assert not self.is_counted(stage)

    @pytest.mark.parametrize("call", ["take_lease", "add_waiting_request", "remove_waiting_request"])
    def test_every_refused_call_raises_and_says_why(self, stage: Stage, call: str) -> None:
        stage.refuse(call)
        states = stage.ports.table
        calls: dict[str, Callable[[], object]] = {
            "take_lease": lambda: states.take_lease(WEB, Lease.DISARM, NOW),
            "add_waiting_request": lambda: states.add_waiting_request(WEB, WAKE, 1),
            "remove_waiting_request": lambda: states.remove_waiting_request(WEB, WAKE),
        }
        with pytest.raises(CallFailed, match="city-guided-service"):
            calls[call]()
