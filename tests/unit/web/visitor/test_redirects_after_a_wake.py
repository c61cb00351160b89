"""A load balancer may use the old rule for some seconds after a wake, but no client is redirected forever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Lease
from simulator.ports.faults import Call, Fault
from tests.unit.listener import MONITOR, ON_THE_CITY
from tests.unit.web.visitor.scene import HOUR, OUR_OWN_PAGE, SECOND, START, Answered, Scene, an_event

MOST_A_CLIENT_FOLLOWS = 20
"""The limit of the Fetch standard and of httpx. requests follows 30 redirects, and curl follows 50."""


def seconds_waited(scene: Scene) -> float:
    return (scene.now - START).total_seconds()


def follow(scene: Scene, recorded: str, until: float) -> tuple[Answered | None, int]:
    """Follow each redirect at once, as a client does, until the load balancer uses the new rule.

    Return the last answer, which is ``None`` for the application, and the number of redirects.
    """
    redirects = 0
    while seconds_waited(scene) < until and redirects <= MOST_A_CLIENT_FOLLOWS:
        answered = scene.visit(an_event(recorded))
        if answered.code != 307:
            return answered, redirects
        redirects += 1
    return None, redirects


def test_two_seconds_pass_before_a_program_is_redirected() -> None:
    scene = Scene().is_awake(for_=SECOND)
    assert scene.visit(an_event("curl")).code == 307
    assert seconds_waited(scene) == 2


def test_the_wait_ends_before_the_run_is_cut_off() -> None:
    scene = Scene().is_awake(for_=SECOND)
    assert scene.visit(an_event("curl"), cut_off_after=6 * SECOND).code == 307
    assert seconds_waited(scene) == 1
    assert scene.visit(an_event("curl"), cut_off_after=2 * SECOND).code == 307
    assert seconds_waited(scene) == 1


@pytest.mark.parametrize("propagation", [1, 5, 19])
@pytest.mark.parametrize("recorded", ["curl", "curl_posts_json"])
def test_a_program_reaches_the_application_when_the_load_balancer_uses_the_new_rule(
    recorded: str, propagation: int
) -> None:
    scene = Scene().is_awake(for_=timedelta(0))
    answered, redirects = follow(scene, recorded, propagation)
    assert answered is None
    assert redirects <= MOST_A_CLIENT_FOLLOWS


@pytest.mark.parametrize("begins", ["draining", "awake"])
def test_a_program_gets_a_503_before_too_many_redirects_if_the_load_balancer_never_uses_the_new_rule(
    begins: str,
) -> None:
    scene = Scene()
    getattr(scene, f"is_{begins}")()
    answered, redirects = follow(scene, "curl", 600)
    assert answered is not None
    assert (answered.code, answered.header("Retry-After")) == (503, "2")
    assert redirects < MOST_A_CLIENT_FOLLOWS


def test_twenty_seconds_after_routing_was_restored_a_program_gets_a_503() -> None:
    scene = Scene().is_awake(for_=20 * SECOND)
    scene.ports.table.leases[scene.service.name, Lease.DISARM] = START + HOUR
    assert scene.visit(an_event("curl")).code == 307
    answered = scene.visit(an_event("curl"))
    assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "2")


def test_twenty_seconds_after_routing_was_restored_a_page_is_unavailable() -> None:
    scene = Scene().is_awake(for_=21 * SECOND)
    scene.ports.table.leases[scene.service.name, Lease.DISARM] = START + HOUR
    answered = scene.visit(an_event("browser_navigates"))
    assert (answered.code, answered.state) == (503, "unavailable")
    assert "http-equiv" not in answered.body


def test_a_page_is_shown_without_a_pause_and_reloads_by_itself() -> None:
    scene = Scene().is_awake(for_=SECOND)
    answered = scene.visit(an_event("browser_navigates"))
    assert (answered.state, seconds_waited(scene)) == ("ready", 0)
    assert '<meta http-equiv="refresh" content="2">' in answered.body


class TestDisarmingAgain:
    def test_no_visitor_disarms_again_within_ten_seconds(self) -> None:
        scene = Scene().is_awake(for_=10 * SECOND)
        scene.visit(an_event("curl"))
        assert scene.calls("set_conditions") == []

    @pytest.mark.parametrize("recorded", ["curl", "browser_navigates", "button"])
    def test_a_later_visitor_disarms_again(self, recorded: str) -> None:
        scene = Scene().is_awake(for_=10.1 * SECOND, conditions=ON_THE_CITY)
        scene.visit(an_event(recorded))
        assert len(scene.calls("set_conditions")) == len(scene.wake.rules)
        assert not scene.is_armed
        assert scene.state.routing_restored_at == START

    def test_only_one_of_many_visitors_disarms_again(self) -> None:
        scene = Scene().is_awake(for_=HOUR)
        answered = [scene.visit(an_event("browser_navigates")) for _ in range(20)]
        assert len(scene.calls("set_conditions")) == 1
        assert {one.state for one in answered} == {"ready"}

    def test_the_rules_are_disarmed_at_most_once_a_minute(self) -> None:
        scene = Scene().is_awake(for_=HOUR)
        while seconds_waited(scene) < 150:
            scene.visit(an_event("browser_navigates"))
            scene.passes(SECOND)
        assert len(scene.calls("set_conditions")) == 3

    def test_a_poll_does_not_disarm_again(self) -> None:
        scene = Scene().is_awake(for_=HOUR)
        scene.visit(an_event("page_polls"))
        assert scene.calls("set_conditions") == []

    def test_a_visitor_that_cannot_disarm_again_gets_a_503(self) -> None:
        scene = Scene().is_awake(for_=HOUR)
        scene.ports.faults.fail("set_conditions")
        answered = scene.visit(an_event("curl"))
        assert (answered.code, answered.header("Retry-After")) == (503, "2")


class TestActivity:
    """Rules that were armed by hand send visitors to the wake function. The metrics of the service never show them."""

    @pytest.mark.parametrize("recorded", ["curl", "browser_navigates", "button"])
    def test_a_visit_to_an_awake_service_is_activity(self, recorded: str) -> None:
        scene = Scene().is_awake(conditions=ON_THE_CITY, last_activity=START - HOUR)
        scene.visit(an_event(recorded))
        assert scene.state.last_activity == START

    def test_activity_is_recorded_again_though_the_rules_are_disarmed_only_once_a_minute(self) -> None:
        scene = Scene().is_awake(conditions=ON_THE_CITY)
        scene.visit(an_event("browser_navigates"))
        scene.passes(30 * SECOND)
        scene.visit(an_event("browser_navigates"))
        assert scene.state.last_activity == START + 30 * SECOND

    def test_the_activity_of_many_visitors_is_recorded_every_ten_seconds(self) -> None:
        """Each record makes a tick's write fail if the tick has read the state before."""
        scene = Scene().is_awake(last_activity=START - 10 * SECOND)
        scene.ports.table.leases[scene.service.name, Lease.DISARM] = START + HOUR
        for _ in range(30):
            scene.visit(an_event("browser_navigates"))
            scene.passes(SECOND)
        assert len(scene.calls("write")) == 3

    def test_a_second_visitor_does_not_keep_the_first_from_recording_that_the_rules_are_disarmed(self) -> None:
        scene = Scene().is_awake(conditions=ON_THE_CITY, last_activity=START - HOUR)

        def judge(call: Call) -> Fault | None:
            if call.name == "set_conditions":
                scene.ports.faults.fault_of_call = lambda _call: None
                scene.passes(11 * SECOND)
                scene.visit(an_event("curl"))
            return None

        scene.ports.faults.fault_of_call = judge
        answered = [scene.visit(an_event("curl")).code, scene.visit(an_event("curl")).code]
        assert answered == [307, 307]
        routing_restored_at = scene.state.routing_restored_at
        assert routing_restored_at is not None
        assert routing_restored_at >= START

    def test_the_rules_are_disarmed_though_the_activity_cannot_be_recorded(self) -> None:
        scene = Scene().is_awake(conditions=ON_THE_CITY)
        scene.ports.faults.fail("write")
        scene.visit(an_event("curl"))
        assert not scene.is_armed

    @pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
    def test_no_activity_is_recorded_for_a_service_whose_mode_is_not_act(self, mode: Mode) -> None:
        scene = Scene(mode).is_awake(conditions=ON_THE_CITY, would_sleep_since=START - HOUR)
        scene.visit(an_event("curl"))
        assert scene.state.last_activity is None

    @pytest.mark.parametrize("recorded", ["page_polls", "uptime_robot", "preflight"])
    def test_no_other_request_is_activity(self, recorded: str) -> None:
        scene = Scene(uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,)).is_awake(last_activity=START - HOUR)
        scene.visit(an_event(recorded))
        assert scene.state.last_activity == START - HOUR


@pytest.mark.parametrize("event", ["curl", "browser_navigates"])
def test_visitors_of_an_awake_service_that_was_never_woken_are_routed_to_it_while_its_rules_are_disarmed(
    event: str,
) -> None:
    """Its rule was armed by hand. The first visitor disarms it, and it still sends others here for some seconds."""
    scene = Scene().is_awake(for_=timedelta(minutes=5), conditions=ON_THE_CITY, wake=None, routing_restored_at=None)
    answers = []
    for seconds in (0, 1, 2, 1):
        scene.passes(seconds * SECOND)
        answered = scene.visit(an_event(event))
        answers.append(answered.code if event == "curl" else answered.state)
    assert set(answers) == ({307} if event == "curl" else {"ready"})


def test_visitors_of_a_service_that_became_awake_during_draining_see_it_ready_while_its_rules_are_armed() -> None:
    scene = Scene().is_awake(for_=15 * SECOND, conditions=ON_THE_CITY, routing_restored_at=START - timedelta(hours=1))
    scene.ports.faults.fail("set_conditions")
    assert scene.visit(an_event("browser_navigates")).state == "ready"
