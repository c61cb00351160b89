from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.account import a_service
from tests.unit.web.api.gateway import Answered
from tests.unit.web.api.scene import Scene

KEYS = [f"s-{number:03}" for number in range(205)]


def many_services() -> Scene:
    return Scene(*(a_service(key, groups=0) for key in reversed(KEYS)))


def keys_on(answered: Answered) -> list[str]:
    assert answered.code == 200
    return [one["service"] for one in answered.json_body()["services"]]


def pages(scene: Scene, query: str = "") -> list[list[str]]:
    """Return every page, following the link from each page to the next."""
    found = []
    link: str | None = f"/services?{query}"
    while link is not None:
        path, _, query = link.partition("?")
        answered = scene.get(path, query)
        found.append(keys_on(answered))
        link = answered.json_body()["next"]
        assert answered.headers.get("link") == (f'<{link}>; rel="next"' if link else None)
    return found


def test_every_service_is_on_one_page_of_a_hundred_services_unless_fewer_are_requested() -> None:
    assert pages(many_services()) == [KEYS[:100], KEYS[100:200], KEYS[200:]]
    assert pages(many_services(), "limit=90") == [KEYS[:90], KEYS[90:180], KEYS[180:]]


def test_a_full_last_page_does_not_link_to_an_empty_page() -> None:
    assert pages(many_services(), "limit=41") == [KEYS[start : start + 41] for start in range(0, 205, 41)]


def test_a_service_that_is_added_or_removed_between_two_pages_does_not_move_the_others() -> None:
    scene = many_services()
    first = scene.get("/services", "limit=2").json_body()
    assert [one["service"] for one in first["services"]] == ["s-000", "s-001"]
    del scene.table.services["s-001"]
    scene.table.services["a-new-one"] = a_service("a-new-one", groups=0)
    assert keys_on(scene.get("/services", first["next"].partition("?")[2])) == ["s-002", "s-003"]


def test_the_pages_are_in_the_order_of_keys_whatever_the_order_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = many_services()
    stored = scene.ports.table.read_all()
    backwards = replace(stored, services=tuple(reversed(stored.services)))
    monkeypatch.setattr(scene.ports.table, "read_all", lambda: backwards)
    assert pages(scene) == [KEYS[:100], KEYS[100:200], KEYS[200:]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=",
        "limit=ten",
        "limit=1.5",
        "limit=%D9%A3",
        "limit=" + "9" * 5000,
        "limit=1&limit=2",
        "next=",
        "next=%21",
        "next=-web",
        "next=web%0A",
        "next=" + "a" * 65,
        "next=%F0%9F%92%A9",
        "page=2",
        "&".join(f"limit={number}" for number in range(50)),
    ],
)
def test_a_query_that_is_not_understood_is_refused_with_what_is_allowed(query: str) -> None:
    answered = Scene().get("/services", query)
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert '"limit", a whole number from 1 to 100, and "next"' in answered.json_body()["detail"]


def test_a_url_that_is_signed_in_its_query_is_accepted() -> None:
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0af1&limit=1"
    assert keys_on(many_services().get("/services", signed)) == ["s-000"]
    assert many_services().get("/services/s-000", "X-Amz-Signature=0af1").code == 200


def test_other_paths_accept_no_query() -> None:
    scene = Scene()
    scene.is_asleep()
    for answered in (scene.get("/services/web", "limit=1"),):
        assert (answered.code, answered.problem) == (400, "bad-request")
