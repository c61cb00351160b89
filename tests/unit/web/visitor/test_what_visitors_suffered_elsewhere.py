"""Two older projects have the same purpose. No defect that was found in their code may occur here.

They are ``matgou/terraform-aws-scaleto0`` and the autostop of ``sigdba/sig-shared-sceptre``. Each test is named after
what happened to a visitor or a service there, and says which project has the defect.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from simulator.ports.faults import Call, Fault
from simulator.world import NoCapacity
from tests.unit.listener import WAKE_RULE
from tests.unit.web.visitor.load_balancer import NO_HEALTHY_TARGET, THE_APPLICATION, LoadBalancedService
from tests.unit.web.visitor.scene import MINUTE, SECOND, Scene, an_event

BROWSER, PROGRAM, POST = an_event("browser_navigates"), an_event("curl"), an_event("curl_posts_json")


class TestIdleness:
    @pytest.mark.parametrize("missing", [(REQUEST_COUNT, HEALTHY_HOST_COUNT), (HEALTHY_HOST_COUNT,)])
    def test_a_service_was_stopped_while_in_use_because_datapoints_were_missing(self, missing: tuple[str, ...]) -> None:
        """sigdba: missing datapoints count as idle. matgou: its alarm also stops on INSUFFICIENT_DATA."""
        service = LoadBalancedService()
        service.ticks(3)
        for metric_name in missing:
            service.world.withhold_metric(metric_name)
        for _ in range(60):
            assert service.arrives(BROWSER) == THE_APPLICATION
            service.tick_whatever_fails()
            assert service.tasks == 1

    def test_a_young_service_was_stopped_before_its_first_datapoint(self) -> None:
        """matgou: the first state of an alarm is INSUFFICIENT_DATA."""
        service = LoadBalancedService()
        for metric_name in (REQUEST_COUNT, HEALTHY_HOST_COUNT):
            service.world.withhold_metric(metric_name)
        for _ in range(30):
            service.tick_whatever_fails()
        assert (service.tasks, service.is_armed) == (1, False)

    @pytest.mark.parametrize("seconds_before", [1, 20, 50, 90, 110])
    def test_a_request_just_before_the_stop_was_not_observed(self, seconds_before: int) -> None:
        """sigdba: nothing is checked between the decision and the stop. Metrics show the request minutes later."""
        undisturbed = LoadBalancedService()
        undisturbed.falls_asleep()
        stopped = undisturbed.saved_state.since
        service = LoadBalancedService()
        while service.world.now < stopped - timedelta(seconds=seconds_before):
            if service.world.now.second == 0:
                service.tick()
            service.world.advance(SECOND)
        answered = service.visit(PROGRAM)
        assert answered.code in (200, 307)
        for _ in range(240):
            if service.world.now.second == 0:
                service.tick()
            service.world.advance(SECOND)
            assert service.tasks == 1

    def test_a_visitor_that_returned_between_the_rule_and_the_stop_was_cut_off(self) -> None:
        """sigdba: its rule is swapped first, and the stop follows even if a request arrives meanwhile."""
        service = LoadBalancedService()
        service.drains()
        assert service.visit(BROWSER).code == 307
        assert service.visit(BROWSER) == THE_APPLICATION
        service.ticks(5)
        assert service.tasks == 1


class TestTheStop:
    def test_the_load_balancer_had_no_target_for_a_request(self) -> None:
        """matgou: the desired count becomes 0 before the rule changes. In between, requests find no target."""
        service = LoadBalancedService()
        armed_at_the_stop: list[bool] = []

        def note(call: Call) -> Fault | None:
            if (call.name, call.value) == ("set_desired_count", 0):
                armed_at_the_stop.append(service.is_armed)
            return None

        service.ports.faults.fault_of_call = note
        service.falls_asleep()
        assert armed_at_the_stop == [True]

    def test_every_second_of_a_stop_and_a_wake_has_a_target_that_answers(self) -> None:
        service = LoadBalancedService()
        service.drains()
        while service.world.now.second:
            service.world.advance(SECOND)
        while service.saved_state.phase is not Phase.ASLEEP:
            service.tick()
            for _ in range(60):
                service.world.advance(SECOND)
                [group] = service.web.target_group_arns
                assert service.is_armed or service.world.target_health(group)
        assert service.visit(BROWSER).header("Retry-After")
        service.watchers_run()
        assert service.visit(BROWSER) == THE_APPLICATION

    def test_a_service_was_stopped_while_its_rule_could_not_be_armed(self) -> None:
        service = LoadBalancedService()
        service.ports.faults.fail("set_conditions", subject=WAKE_RULE)
        for _ in range(30):
            service.tick_whatever_fails()
        assert (service.tasks, service.visit(BROWSER)) == (1, THE_APPLICATION)

    def test_a_download_was_cut_because_tasks_were_stopped_one_by_one(self) -> None:
        """sigdba: StopTask ends a task at once. A lower count lets ECS drain its connections first."""
        service = LoadBalancedService()
        service.drains()
        service.ports.faults.calls.clear()
        service.falls_asleep()
        changes = {"write", "set_conditions", "set_desired_count", "record_activity", "publish"}
        notifies = {"notify", "record_notified"}
        reads = {"read_all", "describe", "read_scalable_targets", "gateways", "read_rules", "read_metrics", "protected"}
        reads |= {"load_balancers", "read_hold_all"}
        assert {call.name for call in service.ports.faults.calls} <= changes | reads | notifies


class TestTheWake:
    def test_a_visitor_was_sent_to_a_task_that_ran_but_was_not_healthy_yet(self) -> None:
        """matgou: the rule is swapped as soon as runningCount is above zero."""
        service = LoadBalancedService()
        service.falls_asleep()
        service.world.set_passes_health_checks(*service.web.name, False)
        service.wake({"service": "web"})
        seconds_running = 0
        for second in range(120):
            if second % 60 == 0:
                service.tick()
            service.world.advance(SECOND)
            seconds_running += service.world.describe_service(*service.web.name).running
            assert service.visit(PROGRAM).code == 503
        assert seconds_running > 10
        service.world.set_passes_health_checks(*service.web.name, True)
        service.watchers_run()
        assert service.arrives(BROWSER) == THE_APPLICATION

    def test_a_visitor_was_redirected_after_ninety_seconds_though_nothing_was_ready(self) -> None:
        """matgou: the rule is then swapped even if nothing is ready."""
        service = LoadBalancedService()
        service.falls_asleep()
        service.world.set_start_fault(*service.web.name, NoCapacity())
        for _ in range(30):
            answered = service.visit(PROGRAM)
            assert (answered.code, answered.is_problem, service.is_armed) == (503, True, True)
            service.world.advance(10 * SECOND)

    def test_a_visitor_waited_on_the_page_forever(self) -> None:
        """sigdba: a wake that is stuck has no time limit, and no cause is shown."""
        service = LoadBalancedService()
        service.falls_asleep()
        service.world.set_start_fault(*service.web.name, NoCapacity())
        assert service.visit(BROWSER).state == "waking"
        service.watchers_run()
        service.ticks(2)
        answered = service.visit(BROWSER)
        assert answered.state == "failed"
        assert "unable to place a task" in answered.body
        assert "http-equiv" not in answered.body
        poll = service.visit(an_event("page_polls")).json_body()
        assert (poll["state"], poll["poll_after_seconds"]) == ("failed", None)
        service.ticks(12)
        assert (service.tasks, service.visit(BROWSER).state) == (0, "waking")

    def test_each_visitor_started_a_wake(self) -> None:
        """sigdba: it lists what runs, and then starts a task. It does not notice another start meanwhile."""
        scene = Scene().is_asleep()
        left = 20

        def another_request_arrives(call: Call) -> Fault | None:
            nonlocal left
            if call.name == "take_lease" and left:
                left -= 1
                scene.visit(PROGRAM)
            return None

        scene.ports.faults.fault_of_call = another_request_arrives
        scene.visit(PROGRAM)
        assert (left, len(scene.calls("take_lease")), scene.watchers_started) == (0, 21, 1)

    def test_a_watcher_that_was_delivered_twice_started_the_service_twice(self) -> None:
        """Asynchronous invocations of Lambda can be delivered twice."""
        service = LoadBalancedService()
        service.falls_asleep()
        service.ports.faults.calls.clear()
        for _ in range(2):
            service.wake({"services": ["web"], "watcher": True})
        assert [call.value for call in service.ports.faults.calls if call.name == "set_desired_count"] == [1]

    def test_a_visitor_found_one_task_instead_of_three(self) -> None:
        """Both projects: a wake always requests one task."""
        service = LoadBalancedService(tasks=3)
        service.falls_asleep()
        assert service.tasks == 0
        service.visit(BROWSER)
        service.watchers_run()
        assert service.tasks == 3

    def test_a_count_that_was_raised_by_hand_during_a_wake_was_set_back(self) -> None:
        service = LoadBalancedService()
        service.falls_asleep()
        service.visit(BROWSER)
        service.wake({"services": ["web"]})
        service.world.set_desired_count(*service.web.name, 4)
        service.watchers_run()
        service.ticks(2)
        assert (service.tasks, service.saved_state.restore) == (4, 4)


class TestTheRequest:
    @pytest.mark.parametrize("recorded", ["browser_navigates", "several_values", "undecoded"])
    def test_lost_its_query_in_the_redirect(self, recorded: str) -> None:
        """matgou: its redirect has only the path."""
        event = an_event(recorded)
        location = Scene().is_draining().visit(event).header("Location") or ""
        path, _, query = location.partition("?")
        parameters = event["multiValueQueryStringParameters"]
        assert path == event["path"]
        assert query == "&".join(f"{name}={value}" for name, values in parameters.items() for value in values)

    @pytest.mark.parametrize("initial", ["draining", "awake"])
    def test_became_a_get_request_without_a_body(self, initial: str) -> None:
        """matgou: a 302 turns a POST into a GET."""
        scene = Scene()
        getattr(scene, f"is_{initial}")()
        assert scene.visit(POST).code == 307

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize("initial", ["asleep", "waking", "draining", "awake"])
    def test_was_answered_with_an_error_because_it_was_not_a_get_request(self, initial: str, method: str) -> None:
        """sigdba: its code for all other methods fails."""
        scene = Scene()
        getattr(scene, f"is_{initial}")()
        answered = scene.visit(an_event("curl_posts_json", httpMethod=method))
        assert answered.code == (503 if initial in ("asleep", "waking") else 307)
        assert scene.watchers_started == (1 if initial == "asleep" else 0)

    def test_waited_until_its_client_timed_out(self) -> None:
        """matgou: it waits for 90 seconds, but a load balancer closes an idle connection after 60."""
        scene = Scene(wait=timedelta(seconds=50)).is_waking(usual=55 * SECOND)
        began = scene.now
        assert scene.visit(PROGRAM).code == 503
        assert scene.now - began <= 50 * SECOND

    def test_was_answered_with_a_page_that_a_program_took_for_the_answer(self) -> None:
        """sigdba: every client gets HTML with the status 200."""
        answered = Scene().is_asleep().visit(PROGRAM)
        assert (answered.code, answered.is_page, answered.header("Retry-After")) == (503, False, "10")
        assert Scene().is_asleep().visit(BROWSER).code == 503


def test_the_load_balancer_shows_what_a_visitor_got_in_those_projects() -> None:
    """No target answers if a service is disarmed before it runs, or stopped before it is armed."""
    service = LoadBalancedService()
    service.world.set_desired_count(*service.web.name, 0)
    service.world.advance(10 * MINUTE)
    assert service.visit(BROWSER) == NO_HEALTHY_TARGET
