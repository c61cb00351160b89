"""A program waits for the rest of the usual wake time, unless too many requests wait already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Backoff
from scale_to_zero.rules.phases import request_again
from scale_to_zero.web.visitor.waiting_requests import WaitingRequest
from simulator.ports.faults import Fault
from tests.unit.web.visitor.scene import MINUTE, OUR_OWN_PAGE, SECOND, START, Scene, an_event

MANY = "The limit of waiting requests is reached; retry later."


def waking(usual: float = 30, for_: float = 15, **wake: object) -> Scene:
    return Scene(Mode.ACT, **wake).is_waking(for_=for_ * SECOND, usual=usual * SECOND)


def seconds_waited(scene: Scene) -> float:
    return (scene.now - START).total_seconds()


def take_slots(scene: Scene, requests: int) -> None:
    """Let other requests wait for the wake that the service state has now."""
    for _ in range(requests):
        assert scene.ports.gathered().table.add_waiting_request(scene.service.name, scene.state.since, 1000)


class TestAWaitingRequest:
    def test_is_redirected_as_soon_as_routing_is_restored(self) -> None:
        scene = waking()
        scene.after(8.2, scene.becomes_awake)
        answered = scene.visit(an_event("curl_posts_json"))
        assert (answered.code, answered.header("Location")) == (307, "/api/tours")
        assert seconds_waited(scene) == 8.5
        assert scene.waiting == 0

    def test_is_not_redirected_before_routing_is_restored(self) -> None:
        """Until then, the same rule would only send the client to the wake function again."""
        scene = waking()
        scene.after(3, scene.is_ready_but_still_armed)
        scene.after(9, scene.becomes_awake)
        assert scene.visit(an_event("curl")).code == 307
        assert seconds_waited(scene) == 9

    def test_waits_no_longer_than_configured(self) -> None:
        scene = waking(wait=timedelta(seconds=20))
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.header("Retry-After")) == (503, "10")
        assert (answered.json_body()["detail"], answered.state) == (
            "It was asleep and is starting now; repeat the request later.",
            "waking",
        )
        assert seconds_waited(scene) == 20
        assert scene.waiting == 0

    def test_is_answered_five_seconds_before_its_run_is_cut_off(self) -> None:
        scene = waking(usual=60, wait=timedelta(seconds=50))
        assert scene.visit(an_event("curl"), cut_off_after=40 * SECOND).code == 503
        assert seconds_waited(scene) == 35

    def test_does_not_wait_if_its_run_is_about_to_be_cut_off(self) -> None:
        scene = waking()
        assert scene.visit(an_event("curl"), cut_off_after=3 * SECOND).code == 503
        assert (seconds_waited(scene), scene.waiting) == (0, 0)

    def test_is_answered_as_soon_as_the_wake_has_failed(self) -> None:
        scene = waking()
        scene.after(4, scene.fails)
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.state, answered.json_body()["cause"]) == (
            503,
            "failed",
            "CannotPullContainerError",
        )
        assert (seconds_waited(scene), scene.waiting) == (4, 0)

    def test_reads_its_service_state_and_nothing_else_while_it_waits(self) -> None:
        scene = waking()
        scene.visit(an_event("curl"))
        assert {call.name for call in scene.ports.faults.calls} == {
            "service_of",
            "read",
            "add_waiting_request",
            "remove_waiting_request",
        }

    def test_may_have_just_begun_the_wake(self) -> None:
        scene = Scene().is_asleep(usual_wake=15 * SECOND)
        scene.after(2, scene.begins_to_wake)
        scene.after(16, scene.becomes_awake)
        assert scene.visit(an_event("curl")).code == 307
        assert (seconds_waited(scene), scene.watchers_started, scene.waiting) == (16, 1, 0)

    def test_gets_an_answer_that_its_own_pages_origin_may_read(self) -> None:
        scene = waking(cors_origins=(OUR_OWN_PAGE,))
        scene.after(8, scene.becomes_awake)
        answered = scene.visit(an_event("fetch_from_another_origin"))
        assert (answered.code, answered.header("Access-Control-Allow-Origin")) == (307, OUR_OWN_PAGE)


class TestWhichRequestsDoNotWait:
    @pytest.mark.parametrize(
        ("usual", "for_", "hold", "waits"),
        [(30, 10, 20, True), (30, 9, 20, False), (20, 0, 20, True), (21, 0, 20, False), (30, 40, 20, True)],
    )
    def test_a_request_whose_wake_usually_takes_longer_than_the_request_may_wait(
        self, usual: int, for_: int, hold: int, waits: bool
    ) -> None:
        scene = waking(usual, for_, wait=timedelta(seconds=hold))
        assert scene.visit(an_event("curl")).code == 503
        assert (seconds_waited(scene) > 0) is waits

    def test_a_request_for_a_service_whose_usual_wake_time_is_unknown(self) -> None:
        scene = Scene().is_waking(usual=None)
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0

    def test_every_request_if_no_request_may_wait(self) -> None:
        scene = waking(wait=timedelta(0))
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0
        scene = waking(max_waiting=0)
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0

    @pytest.mark.parametrize("recorded", ["browser_navigates", "button", "page_polls", "uptime_robot", "preflight"])
    def test_a_browser_a_poll_an_uptime_check_and_a_preflight(self, recorded: str) -> None:
        scene = waking(cors_origins=(OUR_OWN_PAGE,), ask_before_waking=True)
        scene.visit(an_event(recorded, headers={"accept": "text/html"} if recorded == "uptime_robot" else None))
        assert seconds_waited(scene) == 0

    def test_a_request_whose_wake_has_failed_or_is_in_backoff(self) -> None:
        scene = waking()
        scene.fails()
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0
        scene = Scene().is_asleep(usual_wake=10 * SECOND, backoff=Backoff(START + MINUTE), failures=1)
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0

    def test_a_request_that_wakes_nothing_because_the_button_must_be_pressed(self) -> None:
        scene = Scene(ask_before_waking=True).is_asleep(usual_wake=10 * SECOND)
        scene.visit(an_event("curl"))
        assert seconds_waited(scene) == 0

    def test_the_eleventh_request(self) -> None:
        scene = waking()
        take_slots(scene, 10)
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.json_body()["detail"], answered.header("Retry-After")) == (503, MANY, "15")
        assert (seconds_waited(scene), scene.waiting) == (0, 10)


class TestTheNumberOfWaitingRequests:
    def test_the_limit_is_the_same_before_and_after_the_wake_begins(self) -> None:
        """The requests are counted for the next wake, and then for the wake under way."""
        scene = Scene(max_waiting=3).is_asleep(usual_wake=10 * SECOND)
        ports, asleep = scene.ports.gathered(), scene.state
        slots = [WaitingRequest(ports, scene.service) for _ in range(5)]
        assert [slot.begin(asleep) for slot in slots] == [True, True, True, False, False]
        scene.begins_to_wake()
        waking_now = scene.state
        assert [slot.begin(waking_now) for slot in slots] == [True, True, True, False, False]
        assert [slot.begin(waking_now) for slot in slots[:3]] == [True, True, True]
        assert scene.waiting == 3

    def test_requesting_the_same_wake_again_frees_no_slot(self) -> None:
        scene = Scene(max_waiting=3).is_waking(for_=5 * SECOND, usual=10 * SECOND)
        ports = scene.ports.gathered()
        slots = [WaitingRequest(ports, scene.service) for _ in range(3)]
        assert all(slot.begin(scene.state) for slot in slots)
        for _ in range(3):
            scene.passes(SECOND)
            ports.table.write(request_again(scene.state, scene.now))
            assert all(slot.begin(scene.state) for slot in slots)
            assert not WaitingRequest(ports, scene.service).begin(scene.state)
        assert scene.waiting == 3

    def test_a_request_that_read_an_old_state_frees_no_slot_in_the_wake_that_has_begun(self) -> None:
        """It read the state just before the wake began. It must not reset the count for later requests."""
        scene = Scene(max_waiting=3).is_asleep(usual_wake=10 * SECOND)
        ports, asleep = scene.ports.gathered(), scene.state
        scene.begins_to_wake()
        slots = [WaitingRequest(ports, scene.service) for _ in range(3)]
        assert all(slot.begin(scene.state) for slot in slots)
        assert not WaitingRequest(ports, scene.service).begin(asleep)
        assert not WaitingRequest(ports, scene.service).begin(scene.state)
        assert scene.waiting == 3

    def test_a_request_that_finds_no_slot_in_the_wake_that_has_begun_is_refused_and_frees_no_slot(self) -> None:
        scene = Scene(max_waiting=1).is_asleep(usual_wake=10 * SECOND)

        def begins_and_is_full() -> None:
            scene.begins_to_wake()
            take_slots(scene, 1)

        scene.after(1, begins_and_is_full)
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.json_body()["detail"], seconds_waited(scene)) == (503, MANY, 1)
        assert scene.waiting == 1

    def test_a_request_is_removed_whatever_ends_the_wait(self) -> None:
        ends: list[Callable[[Scene], object]] = [
            lambda scene: scene.after(2, scene.becomes_awake),
            lambda scene: scene.after(2, scene.fails),
            lambda scene: scene.after(2, scene.is_without_state),
            lambda scene: scene.after(2, lambda: scene.ports.faults.fail("read")),
            lambda scene: scene.after(2, lambda: scene.is_asleep(for_=timedelta(0))),
            lambda scene: None,
        ]
        for end in ends:
            scene = waking()
            end(scene)
            scene.visit(an_event("curl"))
            assert scene.waiting == 0

    def test_a_request_is_removed_after_an_unexpected_error(self) -> None:
        scene = waking()

        def raises() -> None:
            raise RuntimeError("unforeseen")

        scene.after(2, raises)
        assert scene.visit(an_event("curl")).code == 503
        assert scene.waiting == 0

    @pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST])
    def test_a_request_that_cannot_be_counted_does_not_wait(self, fault: Fault) -> None:
        scene = waking()
        scene.ports.faults.fail("add_waiting_request", fault)
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.state, seconds_waited(scene)) == (503, "waking", 0)

    def test_a_request_that_cannot_be_removed_is_still_answered_and_counts_no_longer_than_the_wake(self) -> None:
        scene = waking(max_waiting=1)
        scene.ports.faults.fail("remove_waiting_request")
        scene.after(2, scene.becomes_awake)
        assert scene.visit(an_event("curl")).code == 307
        assert scene.waiting == 1
        later = scene.is_waking(for_=15 * SECOND, usual=30 * SECOND)
        later.passes(SECOND)
        began = later.now
        later.visit(an_event("curl"))
        assert later.now > began


def test_ten_of_many_requests_within_a_second_wait_and_one_request_sends_the_watcher() -> None:
    scene = Scene().is_asleep(usual_wake=12 * SECOND)
    codes: list[int] = []
    most_waiting: list[int] = []

    def sends_a_request() -> None:
        answered = scene.visit(an_event("curl"))
        most_waiting.append(scene.waiting)
        codes.append(answered.code)

    for visitor in range(25):
        scene.after(visitor / 30, sends_a_request)
    scene.after(1, scene.begins_to_wake)
    scene.after(12, scene.becomes_awake)
    scene.passes(MINUTE)
    assert (codes.count(307), codes.count(503)) == (10, 15)
    assert (max(most_waiting), scene.watchers_started, scene.waiting) == (10, 1, 0)


def test_the_answer_has_the_service_state_as_it_was_first_read_if_it_was_not_read_again() -> None:
    scene = waking(max_waiting=1)
    scene.ports.table.states[scene.service.name] = replace(scene.state, usual_wake=20 * SECOND)
    take_slots(scene, 1)
    assert scene.visit(an_event("curl")).header("Retry-After") == "5"
