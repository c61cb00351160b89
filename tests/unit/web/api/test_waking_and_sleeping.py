from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Hold, Phase, Stop
from simulator.account import a_service
from tests.unit.web.api.scene import HOUR, MINUTE, SECOND, Scene


class TestWaking:
    def test_a_wake_begins_and_the_answer_says_where_and_when_to_poll(self) -> None:
        scene = Scene()
        scene.is_asleep(usual_wake=40 * SECOND)
        answered = scene.post("/services/web/wake")
        assert answered.code == 202
        assert (answered.headers["location"], answered.headers["retry-after"]) == ("/services/web", "40")
        body = answered.json_body()
        assert (body["phase"], body["expected_seconds"], body["message"]) == ("waking", 40, "web is waking")
        assert scene.functions.payloads == [{"service": "web"}]
        assert scene.get(answered.headers["location"]).json_body().items() <= body.items()

    @pytest.mark.parametrize(
        ("usual", "seconds"), [(None, "5"), (300 * SECOND, "60"), (10 * SECOND, "5"), (11 * SECOND, "1")]
    )
    def test_a_client_polls_when_the_wake_should_be_over_within_a_minute_or_soon_if_this_is_unknown(
        self, usual: object, seconds: str
    ) -> None:
        scene = Scene()
        scene.is_waking(for_=10 * SECOND, usual_wake=usual)
        assert scene.post("/services/web/wake").headers["retry-after"] == seconds

    def test_the_wake_of_an_awake_service_is_done_at_once_and_its_idle_window_begins_again(self) -> None:
        scene = Scene()
        scene.is_awake()
        answered = scene.post("/services/web/wake")
        assert answered.code == 200
        assert "location" not in answered.headers
        assert scene.functions.payloads == [{"service": "web"}], "the function is still called"

    def test_a_service_that_is_being_stopped_wakes_after_the_stop(self) -> None:
        scene = Scene()
        scene.is_asleep(stop=Stop(scene.now + MINUTE))
        answered = scene.post("/services/web/wake")
        assert (answered.code, answered.json_body()["phase"]) == (202, "asleep")

    @pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
    @pytest.mark.parametrize("initial", ["is_awake", "is_asleep"])
    def test_the_wake_of_a_service_that_the_module_must_not_change_is_refused(self, mode: Mode, initial: str) -> None:
        scene = Scene(a_service("web", mode=mode))
        getattr(scene, initial)()
        before = scene.state()
        answered = scene.post("/services/web/wake")
        assert (answered.code, answered.problem) == (409, "service-skipped")
        assert answered.json_body()["detail"] == "web is skipped"
        assert scene.state() == before

    @pytest.mark.parametrize("known", [True, False])
    def test_the_wake_of_a_service_that_is_left_to_auto_scaling_is_refused(self, known: bool) -> None:
        scene = Scene()
        scene.functions.skipped.add("web")
        if known:
            scene.is_asleep()
        answered = scene.post("/services/web/wake")
        assert (answered.code, answered.problem) == (409, "service-skipped")


class TestSleeping:
    def test_a_sleep_begins_and_the_answer_says_where_to_poll(self) -> None:
        scene = Scene()
        scene.is_awake()
        answered = scene.post("/services/web/sleep")
        assert (answered.code, answered.headers["location"]) == (202, "/services/web")
        body = answered.json_body()
        assert (body["phase"], body["sleep_requested"], body["message"]) == ("draining", True, "web drains")
        assert scene.functions.payloads == [{"service": "web", "action": "sleep", "force": False}]

    def test_the_sleep_of_a_sleeping_service_is_done_at_once(self) -> None:
        scene = Scene()
        scene.is_asleep()
        assert scene.post("/services/web/sleep").code == 200

    def test_a_sleep_is_refused_under_a_hold_in_the_functions_own_words_unless_it_is_forced(self) -> None:
        scene = Scene()
        scene.is_awake(hold=Hold(scene.now + HOUR))
        for body in (None, {}, {"force": False}):
            refused = scene.post("/services/web/sleep", body)
            assert (refused.code, refused.problem) == (409, "sleep-refused")
            assert refused.json_body()["detail"] == 'web is held awake; retry with "force": true'
        assert scene.state().phase is Phase.AWAKE
        forced = scene.post("/services/web/sleep", {"force": True})
        assert (forced.code, forced.json_body()["phase"], forced.json_body()["hold"]) == (202, "draining", None)


class TestHolding:
    def test_a_sleeping_service_is_held_and_woken(self) -> None:
        scene = Scene()
        scene.is_asleep()
        answered = scene.put("/services/web/hold", {"minutes": 120, "reason": "démo 🎉"})
        assert answered.code == 200
        body = answered.json_body()
        assert (body["phase"], body["hold"]) == ("waking", {"until": "2026-03-02T12:00:00Z", "reason": "démo 🎉"})
        assert scene.functions.payloads == [{"service": "web", "hold_minutes": 120, "reason": "démo 🎉"}]

    def test_the_answer_has_the_hold_that_ends_later(self) -> None:
        scene = Scene()
        scene.is_awake()
        scene.put("/services/web/hold", {"minutes": 120, "reason": "demo"})
        answered = scene.put("/services/web/hold", {"minutes": 60})
        assert answered.json_body()["hold"] == {"until": "2026-03-02T12:00:00Z", "reason": "demo"}

    @pytest.mark.parametrize("minutes", [1, 10080, 120.0])
    def test_minutes_are_a_whole_number_however_json_writes_them(self, minutes: float) -> None:
        scene = Scene()
        scene.is_awake()
        assert scene.put("/services/web/hold", {"minutes": minutes}).code == 200
        assert scene.functions.payloads == [{"service": "web", "hold_minutes": minutes, "reason": ""}]
        assert isinstance(scene.functions.payloads[0]["hold_minutes"], int)

    def test_the_hold_of_a_service_that_the_module_must_not_change_is_refused(self) -> None:
        scene = Scene(a_service("web", mode=Mode.DRY_RUN))
        answered = scene.put("/services/web/hold", {"minutes": 120})
        assert (answered.code, answered.problem) == (409, "service-skipped")

    def test_a_hold_is_lifted_and_lifting_it_again_is_not_an_error(self) -> None:
        scene = Scene()
        scene.is_awake(hold=Hold(scene.now + HOUR))
        for _ in range(2):
            answered = scene.delete("/services/web/hold")
            assert (answered.code, answered.json_body()["hold"]) == (200, None)
        assert scene.functions.payloads == [{"service": "web", "release": True}] * 2
