"""Which answer each visitor gets in each phase, and what its request does."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Mode, WaitingPage
from scale_to_zero.model.service_state import Backoff, Lease, Phase, Stop
from scale_to_zero.rules.rule_positions import DISARMED_HOST
from scale_to_zero.web.visitor.kinds import STATUS_TYPE
from simulator.ports.faults import Fault
from tests.service_states import a_wake
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import EVENTS, HOUR, MINUTE, OUR_OWN_PAGE, SECOND, START, Answered, Scene, an_event

BROWSERS: Final = ["browser_navigates", "browser_asks_for_head", "crawler"]
PROGRAMS: Final = [
    "curl",
    "curl_posts_json",
    "curl_uploads_a_picture",
    "options",
    "browser_posts_a_form",
    "fetch_from_another_origin",
    "preflight_of_an_unknown_origin",
]
FRENCH: Final = "browser_navigates"
EVERY_RECORDED: Final = sorted(file.stem for file in EVENTS.glob("*.json"))
TOKEN_CHARACTERS: Final = string.ascii_letters + string.digits + "!#$%&'*+.^_`|~-"
"""The characters of header names and methods (RFC 9110, 5.6.2)."""
NO_TOKEN_CHARACTERS: Final = '\r\n\t"/:;<>@[\\]{}()=?é'


class TestABrowser:
    @pytest.mark.parametrize("recorded", BROWSERS)
    def test_wakes_a_sleeping_service_and_is_shown_the_page(self, recorded: str) -> None:
        scene = Scene().is_asleep(usual_wake=timedelta(seconds=40))
        answered = scene.visit(an_event(recorded))
        assert (answered.code, answered.header("Content-Type")) == (503, "text/html; charset=utf-8")
        assert scene.calls("start_watcher") == [("web",)]
        assert (answered.header("Retry-After"), answered.header("Cache-Control")) == ("40", "no-store")

    def test_sees_the_progress_of_a_wake(self) -> None:
        scene = Scene().is_waking(for_=15 * SECOND, usual=40 * SECOND)
        answered = scene.visit(an_event(FRENCH))
        assert (answered.code, answered.state) == (503, "waking")
        assert "Lancé il y a 15\N{NO-BREAK SPACE}s" in answered.body
        assert answered.header("Retry-After") == "25"
        assert scene.watchers_started == 0

    def test_a_head_request_gets_the_same_without_the_body(self) -> None:
        scene = Scene().is_waking()
        head = scene.visit(an_event("browser_asks_for_head"))
        whole = scene.visit(an_event("browser_asks_for_head", httpMethod="GET"))
        assert (head.code, head.body) == (whole.code, "")
        without_nonces = [{name for name, _ in answered.headers} for answered in (head, whole)]
        assert without_nonces[0] == without_nonces[1]

    def test_gets_the_page_in_its_language_unless_one_is_fixed(self) -> None:
        scene = Scene().is_asleep()
        assert scene.visit(an_event(FRENCH)).header("Content-Language") == "fr"
        assert scene.visit(an_event("crawler")).header("Content-Language") == "en"
        scene.ports.table.waiting_page = WaitingPage(language="en")
        assert scene.visit(an_event(FRENCH)).header("Content-Language") == "en"

    def test_gets_the_page_with_the_configured_status(self) -> None:
        assert Scene(page_status=202).is_asleep().visit(an_event(FRENCH)).code == 202
        assert Scene(page_status=202).is_asleep().visit(an_event("curl")).code == 503

    def test_gets_a_page_that_may_run_only_its_own_script(self) -> None:
        scene = Scene().is_asleep()
        first, second = scene.visit(an_event(FRENCH)), scene.visit(an_event(FRENCH))
        policies = [answered.header("Content-Security-Policy") or "" for answered in (first, second)]
        nonces = [policy.partition("script-src 'nonce-")[2].partition("'")[0] for policy in policies]
        assert nonces[0] != nonces[1]
        assert all(len(nonce) >= 16 for nonce in nonces)
        assert f'<script nonce="{nonces[0]}">' in first.body
        assert all(policy.startswith("default-src 'none'") for policy in policies)

    def test_of_an_awake_service_waits_on_the_page_until_the_load_balancer_uses_the_new_rule(self) -> None:
        scene = Scene().is_awake(for_=5 * SECOND)
        answered = scene.visit(an_event(FRENCH))
        assert (answered.code, answered.state, answered.header("Retry-After")) == (503, "ready", "2")
        assert scene.now == START


class TestAProgram:
    @settings(max_examples=len(PROGRAMS))
    @given(recorded=st.sampled_from(PROGRAMS))
    def test_wakes_a_sleeping_service_and_gets_the_time_to_retry(self, recorded: str) -> None:
        scene = Scene(cors_origins=(OUR_OWN_PAGE,)).is_asleep()
        answered = scene.visit(an_event(recorded))
        assert (answered.code, answered.is_problem, answered.header("Retry-After")) == (503, True, "10")
        assert scene.watchers_started == 1
        assert scene.now == START

    def test_gets_the_progress_of_a_wake_as_a_problem(self) -> None:
        scene = Scene().is_waking(for_=15 * SECOND, usual=100 * SECOND)
        assert scene.visit(an_event("curl")).json_body() == {
            "type": "urn:ecs-scale-to-zero:waking",
            "title": "The service is not ready",
            "status": 503,
            "detail": "It was asleep and is starting now; repeat the request later.",
            "service": "web",
            "state": "waking",
            "elapsed_seconds": 15,
            "usual_seconds": 100,
            "cause": "",
            "retry_after": 60,
        }

    def test_does_not_retry_every_second_if_the_wake_takes_longer_than_usual(self) -> None:
        scene = Scene().is_waking(for_=50 * SECOND, usual=40 * SECOND)
        assert scene.visit(an_event("curl")).header("Retry-After") == "10"

    def test_that_posts_to_a_draining_service_is_redirected_with_its_method_and_body(self) -> None:
        answered = Scene().is_draining().visit(an_event("curl_posts_json"))
        assert (answered.code, answered.header("Location"), answered.body) == (307, "/api/tours", "")


class TestWhileTheServiceDrains:
    @pytest.mark.parametrize("recorded", ["browser_navigates", "curl", "curl_uploads_a_picture", "crawler"])
    def test_a_visitor_disarms_the_wake_rules_and_is_redirected_at_once(self, recorded: str) -> None:
        scene = Scene().is_draining()
        event = an_event(recorded)
        answered = scene.visit(event)
        assert answered.code == 307
        assert (answered.header("Location") or "").startswith(event["path"])
        assert (scene.state.phase, scene.state.since, scene.state.requested_at) == (Phase.AWAKE, scene.now, scene.now)
        assert (scene.is_armed, scene.watchers_started, scene.now) == (False, 0, START)

    def test_the_service_state_is_awake_before_a_rule_is_disarmed(self) -> None:
        """Otherwise a tick between the two would arm the rule again."""
        scene = Scene().is_draining()
        scene.visit(an_event("curl"))
        calls = [call.name for call in scene.ports.faults.calls]
        assert calls.index("write") < calls.index("set_conditions")

    def test_the_redirect_has_the_query(self) -> None:
        answered = Scene().is_draining().visit(an_event("several_values"))
        assert answered.header("Location") == "/search?tag=a&tag=b%26c&empty=&sp%20ace=1+2"

    def test_a_poll_does_not_make_the_service_awake_again(self) -> None:
        scene = Scene().is_draining()
        scene.visit(an_event("page_polls"))
        assert (scene.state.phase, scene.is_armed) == (Phase.DRAINING, True)

    def test_a_visitor_whose_write_loses_against_another_visitor_is_also_redirected(self) -> None:
        scene = Scene().is_draining()
        scene.ports.faults.fault_of_call = lambda call: (
            scene.becomes_awake() if call.name == "write" and not scene.calls("set_conditions") else None
        )
        assert scene.visit(an_event("curl")).code == 307

    def test_a_visitor_whose_write_loses_against_the_tick_that_stops_the_service_wakes_it(self) -> None:
        scene = Scene().is_draining()

        def stopped_meanwhile(call: object) -> Fault | None:
            if getattr(call, "name", "") == "write" and scene.state.phase is Phase.DRAINING:
                scene.is_asleep(for_=timedelta(0), stop=Stop(scene.now + MINUTE))
            return None

        scene.ports.faults.fault_of_call = stopped_meanwhile
        answered = scene.visit(an_event("browser_navigates"))
        assert (answered.code, answered.state, scene.watchers_started) == (503, "waking", 1)

    def test_a_path_that_is_too_long_is_not_sent_back(self) -> None:
        """A load balancer sends headers of at most 32 KB, and would answer 502."""
        answered = Scene().is_draining().visit(an_event("curl", path="/" + '"' * 15_000))
        assert (answered.code, answered.header("Retry-After"), answered.state) == (503, "2", "ready")

    def test_a_visitor_is_redirected_though_the_wake_rules_cannot_be_disarmed_and_a_later_visitor_disarms_them(
        self,
    ) -> None:
        scene = Scene().is_draining()
        scene.ports.faults.fail("set_conditions", times=1)
        assert scene.visit(an_event("curl")).code == 307
        assert scene.is_armed
        scene.passes(12 * SECOND)
        assert scene.visit(an_event("curl")).code == 307
        assert not scene.is_armed

    def test_the_next_visitors_are_also_redirected_though_routing_was_first_restored_long_ago(self) -> None:
        """The record of an earlier disarming must not count for this one."""
        scene = Scene().is_draining(routing_restored_at=HOUR)
        scene.ports.faults.fail("set_conditions", times=1)
        scene.visit(an_event("curl"))
        scene.ports.faults.calls.clear()
        answered = [scene.visit(an_event("curl")) for _ in range(3)]
        assert [one.code for one in answered] == [307, 307, 307]
        assert scene.calls("set_conditions") == []


class TestThePagesPolling:
    @pytest.mark.parametrize("poll_after", [10, 30, 600])
    def test_neither_begins_nor_prolongs_a_wake(self, poll_after: int) -> None:
        scene = Scene().is_asleep()
        scene.passes(poll_after * SECOND)
        before = scene.state
        answered = scene.visit(an_event("page_polls"))
        assert (answered.code, answered.header("Content-Type")) == (200, STATUS_TYPE)
        assert (answered.state, answered.json_body()["poll_after_seconds"]) == ("asleep", None)
        assert {call.name for call in scene.ports.faults.calls} == {"service_of", "read"}
        assert scene.state == before

    def test_sends_no_second_watcher_if_the_first_watcher_died(self) -> None:
        scene = Scene().is_waking()
        scene.passes(MINUTE)
        scene.visit(an_event("page_polls"))
        assert scene.watchers_started == 0
        scene.visit(an_event("browser_navigates"))
        assert scene.watchers_started == 1

    def test_does_not_cancel_a_request_to_sleep_as_a_visitor_does(self) -> None:
        """The next visitor cancels the request at once, even if a watcher is under way."""
        scene = Scene().is_waking(sleep_requested=START)
        scene.visit(an_event("page_polls"))
        polled = scene.state
        scene.visit(an_event("browser_navigates"))
        assert polled.sleep_requested == START
        assert (scene.state.sleep_requested, scene.state.requested_at) == (None, scene.now)

    def test_a_visitor_that_must_not_wake_the_service_cancels_no_request_to_sleep(self) -> None:
        scene = Scene(ask_before_waking=True).is_waking(sleep_requested=START)
        scene.visit(an_event("browser_navigates"))
        assert scene.state.sleep_requested == START

    def test_shows_a_wake_that_was_requested_and_has_not_begun(self) -> None:
        scene = Scene().is_asleep()
        scene.visit(an_event("browser_navigates"))
        scene.passes(3 * SECOND)
        answered = scene.visit(an_event("page_polls"))
        assert (answered.state, answered.json_body()["poll_after_seconds"]) == ("waking", 2)

    def test_shows_readiness_from_the_service_state_before_routing_is_restored(self) -> None:
        scene = Scene().is_waking()
        scene.is_ready_but_still_armed()
        assert scene.is_armed
        assert scene.visit(an_event("page_polls")).state == "ready"

    def test_stops_when_the_wake_has_failed(self) -> None:
        scene = Scene().is_waking(for_=6 * MINUTE)
        scene.fails()
        answered = scene.visit(an_event("page_polls"))
        assert (answered.state, answered.json_body()["poll_after_seconds"]) == ("failed", None)
        assert answered.json_body()["cause"] == "CannotPullContainerError"

    def test_stops_after_the_deadline_though_no_tick_has_marked_it_as_failed(self) -> None:
        scene = Scene().is_waking(for_=5 * MINUTE + 80 * SECOND)
        assert scene.visit(an_event("page_polls")).state == "waking"
        scene.passes(20 * SECOND)
        assert scene.visit(an_event("page_polls")).state == "failed"

    def test_stops_an_hour_after_the_wake_began_though_its_deadline_is_years_ahead(self) -> None:
        """An earlier version recorded such deadlines if the health-check grace period was endless."""
        scene = Scene().is_waking(for_=60 * MINUTE)
        scene.is_waking(for_=60 * MINUTE, wake=a_wake(scene.now + timedelta(days=20_000)))
        assert scene.visit(an_event("page_polls")).state == "waking"
        scene.passes(100 * SECOND)
        assert scene.visit(an_event("page_polls")).state == "failed"

    def test_is_less_frequent_the_longer_the_wake_takes(self) -> None:
        polls = [Scene().is_waking(for_=s * SECOND).visit(an_event("page_polls")).json_body() for s in (0, 59, 60, 200)]
        assert [poll["poll_after_seconds"] for poll in polls] == [2, 2, 5, 5]


class TestTheButton:
    def scene(self) -> Scene:
        return Scene(ask_before_waking=True)

    @settings(max_examples=20)
    @given(recorded=st.sampled_from([*BROWSERS, *PROGRAMS, "button_from_another_site", "page_polls"]))
    def test_a_visitor_that_does_not_press_the_button_wakes_nothing(self, recorded: str) -> None:
        scene = self.scene().is_asleep()
        answered = scene.visit(an_event(recorded))
        assert scene.watchers_started == 0
        assert scene.calls("take_lease") == []
        assert answered.code == (200 if recorded == "page_polls" else 503)
        if recorded != "browser_asks_for_head":
            assert answered.state == "needs_confirmation"

    @pytest.mark.parametrize("recorded", ["button", "button_over_http"])
    def test_wakes_the_service_and_shows_the_page(self, recorded: str) -> None:
        scene = self.scene().is_asleep()
        answered = scene.visit(an_event(recorded))
        assert (answered.is_page, answered.state, scene.watchers_started) == (True, "waking", 1)

    def test_is_on_the_page(self) -> None:
        page = self.scene().is_asleep().visit(an_event("browser_navigates")).body
        assert '<form id="wake" method="post"><input type="hidden" name="ecs-scale-to-zero" value="wake">' in page

    def test_a_visitor_that_does_not_press_the_button_does_not_wake_a_service_whose_state_was_lost(self) -> None:
        scene = self.scene().is_without_state()
        assert scene.visit(an_event("curl")).state == "needs_confirmation"
        assert scene.watchers_started == 0

    def test_leads_to_its_page_if_the_service_is_awake_by_now(self) -> None:
        answered = self.scene().is_awake(for_=SECOND).visit(an_event("button"))
        assert (answered.code, answered.header("Location")) == (303, "/tours/louvre?lang=fr")

    def test_makes_a_draining_service_awake_again_and_leads_to_its_page(self) -> None:
        scene = self.scene().is_draining()
        answered = scene.visit(an_event("button"))
        assert (answered.code, scene.state.phase) == (303, Phase.AWAKE)

    def test_need_not_be_pressed_while_the_service_drains(self) -> None:
        """The service runs, and any visitor keeps it awake."""
        scene = self.scene().is_draining()
        assert scene.visit(an_event("curl")).code == 307
        assert scene.state.phase is Phase.AWAKE

    def test_replaces_a_dead_watcher_only_when_the_button_is_pressed(self) -> None:
        scene = self.scene().is_waking()
        scene.passes(MINUTE)
        scene.visit(an_event("browser_navigates"))
        assert scene.watchers_started == 0
        scene.visit(an_event("button"))
        assert scene.watchers_started == 1


class TestAFailedWake:
    def test_is_shown_to_a_browser_with_its_cause(self) -> None:
        scene = Scene().is_waking(for_=6 * MINUTE)
        scene.fails()
        answered = scene.visit(an_event("browser_navigates"))
        assert (answered.code, answered.state, answered.header("Retry-After")) == (503, "failed", "30")
        assert '<p id="cause">CannotPullContainerError</p>' in answered.body

    def test_is_reported_to_a_program_with_its_cause(self) -> None:
        scene = Scene().is_waking(for_=6 * MINUTE)
        scene.fails()
        body = scene.visit(an_event("curl")).json_body()
        assert (body["type"], body["cause"]) == ("urn:ecs-scale-to-zero:failed", "CannotPullContainerError")

    def test_is_requested_again_so_that_it_is_not_abandoned_but_not_by_every_visitor(self) -> None:
        scene = Scene().is_waking(for_=6 * MINUTE)
        scene.fails()
        for _ in range(3):
            scene.visit(an_event("curl"))
        assert scene.watchers_started == 1
        scene.passes(16 * SECOND)
        scene.visit(an_event("curl"))
        assert scene.watchers_started == 2

    @pytest.mark.parametrize("recorded", ["browser_navigates", "button", "curl", "page_polls"])
    def test_that_was_abandoned_does_not_begin_again_with_a_request_during_the_backoff(self, recorded: str) -> None:
        scene = Scene().is_asleep(backoff=Backoff(START + 90 * SECOND, "no capacity"), failures=3)
        answered = scene.visit(an_event(recorded))
        assert (answered.state, scene.watchers_started) == ("backoff", 0)
        assert "no capacity" in answered.body
        if recorded != "page_polls":
            assert (answered.code, answered.header("Retry-After")) == (503, "90")

    def test_that_was_abandoned_is_shown_with_its_cause_on_a_page_that_polls_much_later(self) -> None:
        scene = Scene().is_asleep(backoff=Backoff(START + 90 * SECOND, "no capacity"), failures=3)
        scene.passes(10 * MINUTE)
        answered = scene.visit(an_event("page_polls"))
        assert (answered.state, answered.json_body()["cause"]) == ("backoff", "no capacity")
        assert answered.json_body()["poll_after_seconds"] is None
        assert scene.watchers_started == 0

    def test_that_was_abandoned_requires_the_button_again_after_the_backoff(self) -> None:
        scene = Scene(ask_before_waking=True).is_asleep(backoff=Backoff(START + 90 * SECOND, "no capacity"))
        scene.passes(90 * SECOND)
        assert scene.visit(an_event("browser_navigates")).state == "needs_confirmation"

    def test_that_was_abandoned_begins_again_after_the_backoff(self) -> None:
        scene = Scene().is_asleep(backoff=Backoff(START + 90 * SECOND), failures=3)
        scene.passes(90 * SECOND)
        assert scene.visit(an_event("browser_navigates")).state == "waking"
        assert scene.watchers_started == 1


class TestOneOfManyVisitors:
    def test_sends_the_watcher(self) -> None:
        scene = Scene().is_asleep()
        answered = [scene.visit(an_event("curl")) for _ in range(20)]
        assert {one.code for one in answered} == {503}
        assert scene.watchers_started == 1

    def test_sends_another_watcher_if_the_first_one_did_not_begin(self) -> None:
        scene = Scene().is_asleep()
        for _ in range(31):
            scene.visit(an_event("curl"))
            scene.passes(SECOND)
        assert scene.watchers_started == 3

    def test_sends_no_watcher_while_another_one_watches_the_wake(self) -> None:
        scene = Scene().is_waking()
        scene.visit(an_event("curl"))
        assert scene.calls("take_lease") == []

    def test_sends_no_second_watcher_while_a_wake_waits_for_the_end_of_a_stop(self) -> None:
        scene = Scene().is_asleep(for_=SECOND, stop=Stop(START + MINUTE, START))
        assert scene.visit(an_event("curl")).state == "waking"
        scene.visit(an_event("curl"))
        assert scene.watchers_started == 1


class TestAWatcherThatCannotBeSent:
    @pytest.mark.parametrize("call", ["take_lease", "start_watcher"])
    def test_is_reported_at_once_rather_than_shown_as_a_wake(self, call: str, caplog: pytest.LogCaptureFixture) -> None:
        scene = Scene().is_asleep()
        scene.ports.faults.fail(call)
        answered = scene.visit(an_event("browser_navigates"))
        assert (answered.code, answered.state, answered.header("Retry-After")) == (503, "unavailable", "5")
        assert "was refused" in caplog.text

    def test_is_sent_by_the_visitor_that_retries_in_time(self) -> None:
        scene = Scene().is_asleep()
        scene.ports.faults.fail("start_watcher", times=1)
        scene.visit(an_event("curl"))
        scene.visit(an_event("curl"))
        assert scene.watchers_started == 1
        scene.passes(5 * SECOND)
        assert scene.visit(an_event("curl")).state == "waking"
        assert scene.watchers_started == 2

    def test_changes_nothing_for_a_wake_that_is_already_under_way(self) -> None:
        scene = Scene().is_waking()
        scene.passes(MINUTE)
        scene.ports.faults.fail("start_watcher")
        assert scene.visit(an_event("curl")).state == "waking"


class TestAnotherOriginsPage:
    def scene(self) -> Scene:
        return Scene(cors_origins=(OUR_OWN_PAGE,))

    def test_gets_an_answer_to_its_preflight_which_wakes_nothing(self) -> None:
        scene = self.scene().is_asleep()
        answered = scene.visit(an_event("preflight"))
        assert (answered.code, answered.body) == (204, "")
        assert answered.header("Access-Control-Allow-Origin") == OUR_OWN_PAGE
        assert answered.header("Access-Control-Allow-Methods") == "PUT"
        assert answered.header("Access-Control-Allow-Headers") == "authorization,content-type"
        assert answered.header("Vary") == "Origin"
        assert [call.name for call in scene.ports.faults.calls] == ["service_of"]

    @settings(max_examples=10)
    @given(
        before=st.text(TOKEN_CHARACTERS, max_size=10),
        other=st.characters(exclude_characters=f"{TOKEN_CHARACTERS}, "),
        after=st.text(TOKEN_CHARACTERS, max_size=10),
    )
    def test_gets_back_only_lists_of_names(self, before: str, other: str, after: str) -> None:
        for hostile in ("x" * 1001, *(f"{before}{character}{after}" for character in (*NO_TOKEN_CHARACTERS, other))):
            headers = {"access-control-request-headers": hostile, "access-control-request-method": hostile}
            answered = self.scene().is_asleep().visit(an_event("preflight", headers=headers))
            assert answered.code == 204
            assert answered.header("Access-Control-Allow-Headers") is None
            assert answered.header("Access-Control-Allow-Methods") is None

    def test_of_an_unknown_origin_is_allowed_nothing(self) -> None:
        answered = self.scene().is_asleep().visit(an_event("preflight_of_an_unknown_origin"))
        assert not [name for name, _ in answered.headers if name.lower().startswith("access-control-")]

    @pytest.mark.parametrize("phase", ["asleep", "waking", "draining", "awake"])
    def test_may_read_every_answer_and_its_retry_after_header(self, phase: str) -> None:
        scene = self.scene()
        getattr(scene, f"is_{phase}")()
        answered = scene.visit(an_event("fetch_from_another_origin"))
        assert answered.code in (307, 503)
        assert answered.header("Access-Control-Allow-Origin") == OUR_OWN_PAGE
        assert answered.header("Access-Control-Allow-Credentials") == "true"
        assert answered.header("Access-Control-Expose-Headers") == "Retry-After"
        assert "Origin" in (answered.header("Vary") or "")

    def test_may_read_that_something_failed(self) -> None:
        scene = self.scene().is_asleep()
        scene.ports.faults.fail("read")
        answered = scene.visit(an_event("fetch_from_another_origin"))
        assert (answered.code, answered.header("Access-Control-Allow-Origin")) == (503, OUR_OWN_PAGE)


class TestAVisitorOfNoService:
    def must_be_refused(self, scene: Scene, answered: Answered) -> None:
        assert (answered.code, answered.json_body()["title"]) == (404, "There is no such service")
        assert (scene.watchers_started, scene.calls("read")) == (0, [])

    def test_at_an_unknown_target_group(self) -> None:
        scene = Scene().is_asleep()
        scene.ports.table.wake_target_groups.clear()
        self.must_be_refused(scene, scene.visit(an_event("curl")))

    def test_of_a_service_that_requests_no_longer_wake(self) -> None:
        scene = Scene().is_asleep()
        scene.ports.table.services["web"] = replace(scene.service, wake_on_request=None)
        self.must_be_refused(scene, scene.visit(an_event("browser_navigates")))

    @settings(max_examples=30)
    @given(
        recorded=st.sampled_from(["disarmed_host", "browser_navigates", "button"]),
        host=st.sampled_from([DISARMED_HOST, DISARMED_HOST.upper(), DISARMED_HOST.title()]),
        dot=st.sampled_from(["", "."]),
        port=st.sampled_from(["", ":"]) | st.integers(1, 65535).map(":{}".format),
    )
    def test_that_requests_the_host_of_a_disarmed_rule_on_purpose(
        self, recorded: str, host: str, dot: str, port: str
    ) -> None:
        scene = Scene().is_asleep()
        self.must_be_refused(scene, scene.visit(an_event(recorded, headers={"host": f"{host}{dot}{port}"})))

    @pytest.mark.parametrize("event", [None, {}, {"Records": []}])
    def test_an_event_that_is_not_a_visit(self, event: object) -> None:
        scene = Scene().is_asleep()
        self.must_be_refused(scene, scene.visit(event))


class TestAServiceWithoutServiceState:
    def test_is_unknown_to_the_pages_polling(self) -> None:
        answered = Scene().is_without_state().visit(an_event("page_polls"))
        assert (answered.code, answered.state) == (200, "unavailable")

    def test_is_woken_by_a_visitor(self) -> None:
        scene = Scene().is_without_state()
        assert scene.visit(an_event("browser_navigates")).state == "waking"
        assert scene.watchers_started == 1

    @pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
    def test_that_must_not_be_woken_has_its_rules_disarmed(self, mode: Mode) -> None:
        scene = Scene(mode).is_without_state()
        answered = scene.visit(an_event("curl"))
        assert (answered.code, scene.is_armed, scene.watchers_started) == (307, False, 0)

    def test_that_must_not_be_woken_redirects_no_visitor_forever(self) -> None:
        """Its rules cannot be disarmed. It is not known for how long, because there is no service state."""
        scene = Scene(Mode.OFF).is_without_state()
        scene.ports.faults.fail("set_conditions")
        codes = [scene.visit(an_event("curl")).code for _ in range(3)]
        assert codes == [503, 503, 503]


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
@pytest.mark.parametrize("recorded", ["browser_navigates", "curl", "button"])
def test_a_service_that_must_not_be_woken_is_not_woken(mode: Mode, recorded: str) -> None:
    scene = Scene(mode).is_asleep()
    scene.visit(an_event(recorded))
    assert (scene.watchers_started, scene.is_armed) == (0, False)


@settings(max_examples=60)
@given(
    phase=st.sampled_from(["asleep", "waking", "draining", "awake", "without_state"]),
    recorded=st.sampled_from(EVERY_RECORDED),
    mode=st.sampled_from(Mode),
    confirm=st.booleans(),
)
def test_every_503_says_when_to_retry_and_nothing_is_cached(
    phase: str, recorded: str, mode: Mode, confirm: bool
) -> None:
    scene = Scene(mode, ask_before_waking=confirm, uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,))
    getattr(scene, f"is_{phase}")()
    answered = scene.visit(an_event(recorded))
    assert answered.header("Cache-Control") == "no-store"
    assert answered.header("X-Content-Type-Options") == "nosniff"
    if answered.code == 503:
        assert int(answered.header("Retry-After") or "") >= 1


def test_a_watcher_that_was_sent_is_expected_for_a_quarter_of_a_minute() -> None:
    scene = Scene().is_asleep()
    scene.visit(an_event("curl"))
    assert scene.ports.table.leases[scene.service.name, Lease.START_WATCHER] == START + 15 * SECOND
