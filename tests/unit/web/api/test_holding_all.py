"""One call holds all services, and one call releases all of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.errors import CallFailed, Refused
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Hold, HoldAll
from simulator.account import a_service
from tests.unit.web.api.gateway import an_event
from tests.unit.web.api.scene import HOUR, JSON, LONGEST_HOLD, MINUTE, SECOND, START, Scene

UNTIL = "2026-03-02T12:00:00Z"
HELD = {"until": UNTIL, "reason": "incident 42"}
HOLD_ALL = {"hold_all_until": UNTIL, "reason": "incident 42"}


def all_held(*services: str) -> Scene:
    scene = Scene(*(a_service(key) for key in services or ("web",)))
    scene.table.hold_all = HoldAll(START - MINUTE, START + 2 * HOUR, "incident 42")
    return scene


class TestTheCalls:
    def test_all_are_held_until_an_instant(self) -> None:
        scene = Scene()
        answered = scene.put("/hold", HOLD_ALL)
        assert (answered.code, answered.headers["cache-control"]) == (200, "no-store")
        assert answered.json_body() == {"hold_all": HELD, "message": "all services are held awake"}
        assert scene.functions.payloads == [{"hold_all_until": "2026-03-02T12:00:00+00:00", "reason": "incident 42"}]
        assert scene.get("/services").json_body()["hold_all"] == HELD

    def test_an_instant_of_another_zone_is_returned_in_utc(self) -> None:
        assert Scene().put("/hold", {"hold_all_until": "2026-03-02T13:00:00+01:00"}).json_body()["hold_all"] == {
            "until": UNTIL,
            "reason": "",
        }

    @pytest.mark.parametrize("body", [{"hold_all_until": None}, {"hold_all_until": None, "reason": "it is over"}])
    def test_null_releases_all(self, body: object) -> None:
        scene = all_held()
        answered = scene.put("/hold", body)
        assert answered.json_body() == {"hold_all": None, "message": "all services are released"}
        assert scene.functions.payloads == [{"hold_all_until": None}]
        assert scene.get("/services").json_body()["hold_all"] is None

    def test_a_delete_releases_all_however_often_it_is_sent(self) -> None:
        scene = all_held()
        for _ in range(2):
            answered = scene.delete("/hold")
            assert (answered.code, answered.json_body()["hold_all"]) == (200, None)

    def test_holding_and_releasing_all_read_no_table(self) -> None:
        scene = Scene()
        scene.faults.fail("read_all")
        assert scene.put("/hold", HOLD_ALL).code == 200
        assert scene.delete("/hold").code == 200


class TestTheAnswers:
    def test_each_service_shows_its_own_hold_or_the_hold_of_all_whichever_ends_later(self) -> None:
        scene = all_held("longer", "none", "shorter", "unseen")
        scene.is_awake("longer", hold=Hold(START + 3 * HOUR, "demo"))
        scene.is_awake("none")
        scene.is_awake("shorter", hold=Hold(START + HOUR, "demo"))
        body = scene.get("/services").json_body()
        assert body["hold_all"] == HELD
        assert {one["service"]: one["hold"] for one in body["services"]} == {
            "longer": {"until": "2026-03-02T13:00:00Z", "reason": "demo"},
            "none": HELD,
            "shorter": HELD,
            "unseen": HELD,
        }
        assert scene.get("/services/none").json_body()["hold"] == HELD

    def test_a_service_whose_mode_is_not_act_or_that_was_stopped_since_then_is_not_held(self) -> None:
        scene = Scene(a_service("dry-run", mode=Mode.DRY_RUN), a_service("stopped"))
        scene.table.hold_all = HoldAll(START - HOUR, START + HOUR)
        scene.is_awake("dry-run")
        scene.is_asleep("stopped", for_=MINUTE, stopped=None)
        assert {one["hold"] for one in scene.get("/services").json_body()["services"]} == {None}

    def test_a_hold_of_all_that_is_over_is_not_shown(self) -> None:
        scene = all_held()
        scene.is_awake()
        scene.passes(2 * HOUR)
        body = scene.get("/services").json_body()
        assert (body["hold_all"], body["services"][0]["hold"]) == (None, None)

    def test_a_hold_of_all_that_cannot_be_read_is_listed_as_unreadable(self) -> None:
        scene = Scene()
        scene.table.hold_all = Unknown("the item hold_all cannot be read")
        body = scene.get("/services").json_body()
        assert (body["hold_all"], body["unreadable"]) == (None, ["the item hold_all cannot be read"])

    def test_the_answer_to_a_call_for_one_service_also_shows_the_hold_of_all(self) -> None:
        scene = all_held()
        scene.is_awake(hold=Hold(START + HOUR, "demo"))
        assert scene.delete("/services/web/hold").json_body()["hold"] == HELD
        assert scene.put("/services/web/hold", {"minutes": 1}).json_body()["hold"] == HELD
        assert scene.post("/services/web/wake").json_body()["hold"] == HELD


class TestWhatIsRefused:
    @settings(max_examples=60)
    @example(body={})
    @example(body={"reason": "incident 42"})
    @example(body={"hold_all_until": UNTIL, "service": "web"})
    @example(body={"hold_all_until": UNTIL, "reason": None})
    @example(body={"hold_all_until": UNTIL, "reason": "a" * 201})
    @example(body={"hold_all_until": UNTIL.removesuffix("Z")})
    @example(body={"hold_all_until": (START - SECOND).isoformat()})
    @example(body={"hold_all_until": (START + LONGEST_HOLD + SECOND).isoformat()})
    @example(body=[UNTIL])
    @given(
        body=st.fixed_dictionaries({"hold_all_until": st.text() | st.integers() | st.booleans() | st.just([])})
        | st.text()
        | st.lists(st.none(), max_size=1)
        | st.integers()
    )
    def test_a_body_that_is_not_understood_is_refused_with_what_is_allowed(self, body: object) -> None:
        scene = Scene()
        answered = scene.call(an_event("PUT", "/hold", headers={"Content-Type": JSON}, body=json.dumps(body).encode()))
        assert (answered.code, answered.problem) == (400, "bad-request")
        assert 'allowed is {"hold_all_until": INSTANT, "reason": "TEXT"}' in answered.json_body()["detail"]
        assert scene.functions.payloads == []

    def test_no_body_another_type_and_too_large_a_body_are_refused(self) -> None:
        scene = Scene()
        assert scene.put("/hold", None).problem == "bad-request"
        as_text = an_event("PUT", "/hold", headers={"Content-Type": "text/plain"}, body=json.dumps(HOLD_ALL).encode())
        assert scene.call(as_text).problem == "not-json"
        assert scene.put("/hold", {"hold_all_until": " " * 4096}).problem == "body-too-large"
        assert scene.call(an_event("DELETE", "/hold", query="until=now")).problem == "bad-request"
        assert scene.functions.payloads == []

    def test_a_refusal_or_a_failure_of_the_function_is_answered_in_its_own_words(self) -> None:
        scene = Scene()
        scene.functions.fails = Refused("PayloadRefused", "it is too late.")
        assert (scene.put("/hold", HOLD_ALL).code, scene.put("/hold", HOLD_ALL).json_body()["detail"]) == (
            400,
            "it is too late.",
        )
        scene.functions.fails = CallFailed("throttled")
        assert (scene.delete("/hold").code, scene.delete("/hold").headers["retry-after"]) == (503, "5")

    def test_a_function_of_an_older_version_is_reported(self) -> None:
        scene = Scene()
        scene.functions.scale_up = lambda payload: {"services": dict(payload)}  # type: ignore[method-assign]
        assert "run terraform apply" in scene.put("/hold", HOLD_ALL).json_body()["detail"]
