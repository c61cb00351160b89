"""Two older projects do the same job; each defect found in their code is kept out of here.

``matgou/terraform-aws-scaleto0`` and the autostop of ``sigdba/sig-shared-sceptre``. Each test is named after what the
visitor would have suffered, and says whose defect it is.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from simulator.ports.faults import Call, Fault
from simulator.world import NoCapacity
from tests.unit.listener import WAKE_RULE
from tests.unit.web.visitor.load_balancer import NOBODY_BEHIND_THE_LOAD_BALANCER, THE_APPLICATION, Street
from tests.unit.web.visitor.scene import MINUTE, SECOND, Scene, an_event

BROWSER, PROGRAM, POST = an_event("browser_navigates"), an_event("curl"), an_event("curl_posts_json")


class TestIdleness:
    @pytest.mark.parametrize("missing", [(REQUEST_COUNT, HEALTHY_HOST_COUNT), (HEALTHY_HOST_COUNT,)])
    def test_it_was_stopped_under_his_feet_because_datapoints_were_missing(self, missing: tuple[str, ...]) -> None:
        """sigdba: no datapoints count as idle. matgou: its alarm also stops on INSUFFICIENT_DATA."""
        street = Street()
        street.ticks(3)
        for metric_name in missing:
            street.world.withhold_metric(metric_name)
        for _ in range(60):
            assert street.arrives(BROWSER) == THE_APPLICATION
            street.tick_whatever_fails()
            assert street.tasks == 1

    def test_a_young_service_was_stopped_before_its_first_datapoint_had_come(self) -> None:
        """matgou: INSUFFICIENT_DATA is what an alarm says at first."""
        street = Street()
        for metric_name in (REQUEST_COUNT, HEALTHY_HOST_COUNT):
            street.world.withhold_metric(metric_name)
        for _ in range(30):
            street.tick_whatever_fails()
        assert (street.tasks, street.is_armed) == (1, False)

    @pytest.mark.parametrize("seconds_before", [1, 20, 50, 90, 110])
    def test_he_came_just_before_the_stop_and_nobody_looked_again(self, seconds_before: int) -> None:
        """sigdba: nothing is checked again between the decision and the stop; his request shows minutes later."""
        alone = Street()
        alone.falls_asleep()
        stopped = alone.remembered.since
        street = Street()
        while street.world.now < stopped - timedelta(seconds=seconds_before):
            if street.world.now.second == 0:
                street.tick()
            street.world.advance(SECOND)
        answered = street.visit(PROGRAM)
        assert answered.code in (200, 307)
        for _ in range(240):
            if street.world.now.second == 0:
                street.tick()
            street.world.advance(SECOND)
            assert street.tasks == 1

    def test_he_came_back_between_the_rule_and_the_stop_and_was_thrown_out(self) -> None:
        """sigdba: its rule is swapped first, and the stop follows whoever comes meanwhile."""
        street = Street()
        street.drains()
        assert street.visit(BROWSER).code == 307
        assert street.visit(BROWSER) == THE_APPLICATION
        street.ticks(5)
        assert street.tasks == 1


class TestTheStop:
    def test_the_load_balancer_had_nobody_to_send_him_to(self) -> None:
        """matgou: desired 0 first, the rule after it; for a while he meets an empty target group."""
        street = Street()
        armed_at_the_stop: list[bool] = []

        def note(call: Call) -> Fault | None:
            if (call.name, call.value) == ("set_desired_count", 0):
                armed_at_the_stop.append(street.is_armed)
            return None

        street.ports.faults.judge = note
        street.falls_asleep()
        assert armed_at_the_stop == [True]

    def test_at_no_second_of_its_way_down_and_up_was_there_nobody_to_answer(self) -> None:
        street = Street()
        street.drains()
        while street.world.now.second:
            street.world.advance(SECOND)
        while street.remembered.phase is not Phase.ASLEEP:
            street.tick()
            for _ in range(60):
                street.world.advance(SECOND)
                [group] = street.web.target_group_arns
                assert street.is_armed or street.world.target_health(group)
        assert street.visit(BROWSER).header("Retry-After")
        street.escorts_run()
        assert street.visit(BROWSER) == THE_APPLICATION

    def test_it_stayed_stopped_while_its_rule_could_not_be_armed(self) -> None:
        street = Street()
        street.ports.faults.fail("set_conditions", subject=WAKE_RULE)
        for _ in range(30):
            street.tick_whatever_fails()
        assert (street.tasks, street.visit(BROWSER)) == (1, THE_APPLICATION)

    def test_his_download_was_cut_since_tasks_were_stopped_one_by_one(self) -> None:
        """sigdba: StopTask ends a task at once; a lower count lets ECS drain its connections first."""
        street = Street()
        street.drains()
        street.ports.faults.calls.clear()
        street.falls_asleep()
        changes = {"write", "set_conditions", "set_desired_count", "note_activity", "publish"}
        tells = {"announce", "note_announced"}
        looks = {"read_all", "describe", "registered", "gateways", "read_rules", "read_metrics", "protected"}
        looks |= {"load_balancers", "read_hold_all"}
        assert {call.name for call in street.ports.faults.calls} <= changes | looks | tells


class TestTheWake:
    def test_he_was_sent_to_a_task_that_ran_but_was_not_healthy_yet(self) -> None:
        """matgou: the rule is swapped as soon as runningCount is above zero."""
        street = Street()
        street.falls_asleep()
        street.world.set_passes_health_checks(*street.web.name, False)
        street.wake({"service": "web"})
        seconds_running = 0
        for second in range(120):
            if second % 60 == 0:
                street.tick()
            street.world.advance(SECOND)
            seconds_running += street.world.describe_service(*street.web.name).running
            assert street.visit(PROGRAM).code == 503
        assert seconds_running > 10
        street.world.set_passes_health_checks(*street.web.name, True)
        street.escorts_run()
        assert street.arrives(BROWSER) == THE_APPLICATION

    def test_he_was_sent_on_after_ninety_seconds_though_nothing_was_ready(self) -> None:
        """matgou: what is not ready by then is swapped all the same."""
        street = Street()
        street.falls_asleep()
        street.world.set_start_fault(*street.web.name, NoCapacity())
        for _ in range(30):
            answered = street.visit(PROGRAM)
            assert (answered.code, answered.is_problem, street.is_armed) == (503, True, True)
            street.world.advance(10 * SECOND)

    def test_he_waited_on_the_page_for_ever(self) -> None:
        """sigdba: a wake that is stuck has no time limit, and nobody says why."""
        street = Street()
        street.falls_asleep()
        street.world.set_start_fault(*street.web.name, NoCapacity())
        assert street.visit(BROWSER).state == "waking"
        street.escorts_run()
        street.ticks(2)
        answered = street.visit(BROWSER)
        assert answered.state == "failed"
        assert "unable to place a task" in answered.body
        assert "http-equiv" not in answered.body
        poll = street.visit(an_event("page_polls")).told()
        assert (poll["state"], poll["poll_after_seconds"]) == ("failed", None)
        street.ticks(12)
        assert (street.tasks, street.visit(BROWSER).state) == (0, "waking")

    def test_he_and_everybody_else_started_a_wake_each(self) -> None:
        """sigdba: it lists what runs, and then starts: whoever does so meanwhile is not seen."""
        scene = Scene().is_asleep()
        left = 20

        def another_comes_meanwhile(call: Call) -> Fault | None:
            nonlocal left
            if call.name == "claim" and left:
                left -= 1
                scene.visit(PROGRAM)
            return None

        scene.ports.faults.judge = another_comes_meanwhile
        scene.visit(PROGRAM)
        assert (left, len(scene.calls("claim")), scene.escorts_sent) == (0, 21, 1)

    def test_an_escort_that_came_twice_started_it_twice(self) -> None:
        """Asynchronous invocations of Lambda can be delivered twice."""
        street = Street()
        street.falls_asleep()
        street.ports.faults.calls.clear()
        for _ in range(2):
            street.wake({"services": ["web"], "escort": True})
        assert [call.value for call in street.ports.faults.calls if call.name == "set_desired_count"] == [1]

    def test_he_met_one_task_where_three_had_been(self) -> None:
        """Both: a wake always asks for one."""
        street = Street(tasks=3)
        street.falls_asleep()
        assert street.tasks == 0
        street.visit(BROWSER)
        street.escorts_run()
        assert street.tasks == 3

    def test_a_count_that_somebody_raised_while_it_woke_was_set_back(self) -> None:
        street = Street()
        street.falls_asleep()
        street.visit(BROWSER)
        street.wake({"services": ["web"]})
        street.world.set_desired_count(*street.web.name, 4)
        street.escorts_run()
        street.ticks(2)
        assert (street.tasks, street.remembered.restore) == (4, 4)


class TestHisRequest:
    @pytest.mark.parametrize("recorded", ["browser_navigates", "several_values", "undecoded"])
    def test_lost_its_query_on_the_way(self, recorded: str) -> None:
        """matgou: its redirect has the path alone."""
        event = an_event(recorded)
        location = Scene().is_draining().visit(event).header("Location") or ""
        path, _, query = location.partition("?")
        parameters = event["multiValueQueryStringParameters"]
        assert path == event["path"]
        assert query == "&".join(f"{name}={value}" for name, values in parameters.items() for value in values)

    @pytest.mark.parametrize("stands", ["draining", "awake"])
    def test_became_another_one_without_a_body(self, stands: str) -> None:
        """matgou: a 302 turns a POST into a GET."""
        scene = Scene()
        getattr(scene, f"is_{stands}")()
        assert scene.visit(POST).code == 307

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize("stands", ["asleep", "waking", "draining", "awake"])
    def test_was_answered_with_an_error_since_it_was_no_get(self, stands: str, method: str) -> None:
        """sigdba: its path for all other methods is broken."""
        scene = Scene()
        getattr(scene, f"is_{stands}")()
        answered = scene.visit(an_event("curl_posts_json", httpMethod=method))
        assert answered.code == (503 if stands in ("asleep", "waking") else 307)
        assert scene.escorts_sent == (1 if stands == "asleep" else 0)

    def test_was_held_until_his_client_gave_up(self) -> None:
        """matgou: it is held for 90 seconds, while a load balancer's connections idle out after 60."""
        scene = Scene(hold=timedelta(seconds=50)).is_waking(usual=55 * SECOND)
        began = scene.now
        assert scene.visit(PROGRAM).code == 503
        assert scene.now - began <= 50 * SECOND

    def test_was_answered_with_a_page_that_his_program_took_for_the_answer(self) -> None:
        """sigdba: everybody gets HTML with the status 200."""
        answered = Scene().is_asleep().visit(PROGRAM)
        assert (answered.code, answered.is_page, answered.header("Retry-After")) == (503, False, "10")
        assert Scene().is_asleep().visit(BROWSER).code == 503


def test_the_street_shows_what_a_visitor_of_those_projects_would_have_met() -> None:
    """Disarmed before it runs, stopped before it is armed: then nobody answers him."""
    street = Street()
    street.world.set_desired_count(*street.web.name, 0)
    street.world.advance(10 * MINUTE)
    assert street.visit(BROWSER) == NOBODY_BEHIND_THE_LOAD_BALANCER
