from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Hold
from simulator.account import a_service
from tests.service_states import has_failed
from tests.unit.web.api.scene import HOUR, MINUTE, SECOND, Scene


def test_the_answer_has_everything_that_is_known_of_a_sleeping_service() -> None:
    scene = Scene(a_service("web", hourly_cost=0.5))
    scene.is_asleep(
        for_=90 * MINUTE, last_activity=scene.now - 2 * HOUR, usual_wake=timedelta(seconds=47.6), sleep_requested=None
    )
    answered = scene.get("/services/web")
    assert answered.code == 200
    assert answered.headers["content-type"] == "application/json"
    assert answered.json_body() == {
        "service": "web",
        "cluster_name": "city-guided-cluster",
        "service_name": "web",
        "mode": "act",
        "phase": "asleep",
        "failed": False,
        "since": "2026-03-02T08:30:00Z",
        "last_activity": "2026-03-02T08:00:00Z",
        "hold": None,
        "sleep_requested": False,
        "usual_wake_seconds": 48,
        "expected_seconds": None,
        "asleep_today_seconds": 5400,
        "saved_usd": 0.75,
        "trouble": None,
        "explanation": None,
    }


def test_the_answer_has_only_the_configuration_of_a_service_that_was_never_observed() -> None:
    body = Scene(a_service("web", mode=Mode.DRY_RUN)).get("/services/web").json_body()
    known = {name: value for name, value in body.items() if value not in (None, False)}
    assert known == {
        "service": "web",
        "cluster_name": "city-guided-cluster",
        "service_name": "web",
        "mode": "dry_run",
    }


def test_a_waking_service_shows_how_much_longer_it_usually_takes() -> None:
    scene = Scene()
    scene.is_waking(for_=10 * SECOND, usual_wake=40 * SECOND)
    assert scene.get("/services/web").json_body()["expected_seconds"] == 30
    scene.passes(MINUTE)
    assert scene.get("/services/web").json_body()["expected_seconds"] == 0


def test_a_failed_wake_shows_its_cause() -> None:
    scene = Scene()
    scene.is_waking(wake=has_failed("CannotPullContainerError: no such image \ud83d"))
    body = scene.get("/services/web").json_body()
    assert (body["phase"], body["failed"]) == ("waking", True)
    assert body["trouble"].startswith("CannotPullContainerError")


UNWATCHED = "web stays awake: nothing watches Cloud Map registry srv-1"


@pytest.mark.parametrize("needs_attention", [True, False])
def test_the_explanation_is_in_the_answer_and_also_in_the_trouble_field_if_it_needs_attention(
    *, needs_attention: bool
) -> None:
    scene = Scene()
    scene.is_awake()
    scene.is_explained("unwatched_traffic_source", UNWATCHED, needs_attention=needs_attention)
    for body in (scene.get("/services/web").json_body(), scene.post("/services/web/wake").json_body()):
        assert body["trouble"] == (UNWATCHED if needs_attention else None)
        assert body["explanation"] == {
            "reason": "unwatched_traffic_source",
            "sentence": UNWATCHED,
            "since": "2026-03-02T10:00:00Z",
            "needs_attention": needs_attention,
        }


def test_an_explanation_of_another_phase_or_of_a_service_in_mode_off_is_not_in_the_answer() -> None:
    scene = Scene()
    scene.is_awake()
    scene.is_explained("unwatched_traffic_source", UNWATCHED)
    scene.is_asleep()
    assert scene.get("/services/web").json_body()["explanation"] is None
    off = Scene(a_service("web", mode=Mode.OFF))
    off.is_awake()
    off.is_explained("unwatched_traffic_source", UNWATCHED)
    body = off.get("/services/web").json_body()
    assert (body["explanation"], body["trouble"]) == (None, None)


def test_the_answer_explains_a_service_that_ecs_does_not_know_though_it_has_no_service_state() -> None:
    scene = Scene()
    scene.is_explained("service_missing", "ECS knows no such service")
    body = scene.get("/services/web").json_body()
    assert (body["phase"], body["trouble"]) == (None, "ECS knows no such service")


def test_a_service_state_that_cannot_be_read_is_shown_in_the_trouble_field(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.is_asleep()
    stored = scene.ports.table.read_all()
    unreadable = replace(stored, states=dict.fromkeys(stored.states, Unknown("it was written by a newer version")))
    monkeypatch.setattr(scene.ports.table, "read_services", lambda _keys: unreadable)
    body = scene.get("/services/web").json_body()
    assert (body["phase"], body["trouble"]) == (None, "it was written by a newer version")


def test_a_hold_is_shown_while_it_lasts() -> None:
    scene = Scene()
    scene.is_awake(hold=Hold(scene.now + HOUR, "demo"))
    assert scene.get("/services/web").json_body()["hold"] == {"until": "2026-03-02T11:00:00Z", "reason": "demo"}
    scene.passes(HOUR)
    assert scene.get("/services/web").json_body()["hold"] is None


def test_the_list_has_the_answer_of_each_service_in_the_order_of_keys() -> None:
    scene = Scene(a_service("web"), a_service("api"))
    scene.is_asleep("web")
    body = scene.get("/services").json_body()
    assert body == {
        "services": [scene.get("/services/api").json_body(), scene.get("/services/web").json_body()],
        "next": None,
        "unreadable": [],
        "hold_all": None,
    }


def test_an_item_that_cannot_be_read_is_named_in_the_list() -> None:
    scene = Scene()
    scene.table.unreadable.append("config#shop is of a newer version; apply the module again")
    body = scene.get("/services").json_body()
    assert body["unreadable"] == ["config#shop is of a newer version; apply the module again"]
    missing = scene.get("/services/shop")
    assert missing.code == 404
    assert "1 unreadable item of the table" in missing.json_body()["detail"]


def test_a_get_reads_the_table_once_and_changes_nothing() -> None:
    scene = Scene()
    scene.is_asleep()
    scene.get("/services")
    scene.get("/services/web")
    assert [call.name for call in scene.faults.calls] == ["read_all", "read_services"]
    assert scene.functions.payloads == []


def test_no_answer_may_be_cached() -> None:
    scene = Scene()
    for path in ("/services", "/services/web", "/services/shop", "/nothing"):
        assert scene.get(path).headers["cache-control"] == "no-store"
