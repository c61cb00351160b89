"""The answers of a sleeping service to visitors over real HTTP."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.missing_programs import require
from tests.module.applied import MINUTE
from tests.module.site import DISARMED, HOME, Site

from .clients import CLIENTS, PATIENCE_SECONDS, Visit, by_curl, by_httpx, by_requests
from .conftest import MONITOR, OTHER_ORIGIN

HOSTILE = ["//evil.example/tours", "///evil.example", "/\\evil.example", "/.//evil.example", "/%5Cevil.example"]
ONE_MB = 1024 * 1024


def raw(site: Site, method: str, target: str, **headers: str) -> HTTPResponse:
    """Send a request exactly as given, without a client's normalisation, and follow no redirect."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_SECONDS)
    connection.request(method, target, headers={"Connection": "close", **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_the_first_visitor_is_answered_when_to_retry_and_later_visitors_wait(visited: Site) -> None:
    visited.put_to_sleep(HOME)
    visit = Visit(visited.url("/home"))
    began = visited.aws.now()
    first = by_httpx(visit)
    assert (first.status, first.headers["content-type"]) == (503, "application/problem+json")
    assert json.loads(first.body)["state"] == "waking"
    assert visited.aws.now() == began, "the usual wake time is not known yet, so no request waits"

    visited.aws.advance(2 * MINUTE)
    assert by_httpx(visit).status == 200

    visited.put_to_sleep(HOME)
    began = visited.aws.now()
    assert by_httpx(visit).status == 200
    assert timedelta(seconds=5) < visited.aws.now() - began < timedelta(seconds=20)


def test_a_visitor_of_a_draining_service_waits_at_most_two_seconds_without_a_cold_start(visited: Site) -> None:
    visited.wake("city")
    before = json.loads(by_curl(Visit(visited.url())).body)
    visited.let_drain("city")
    began = visited.aws.now()
    answer = by_curl(Visit(visited.url("/tours/again")))
    assert answer.status == 200
    assert visited.aws.now() - began <= timedelta(seconds=2)
    assert json.loads(answer.body)["task"] == before["task"]
    assert visited.wake_rule("city") == DISARMED
    visited.aws.advance(2 * MINUTE)
    assert visited.service("city").desired() == 1, "the idle window must begin again"


def test_a_path_that_resembles_a_host_redirects_to_no_other_host(visited: Site) -> None:
    visited.put_to_sleep("city")
    # So late that requests to the service that was just woken still go to the wake function.
    visited.propagate_rules_in(20)
    visited.wake("city")
    for target in HOSTILE:
        answer = raw(visited, "GET", target)
        assert answer.status == 307
        target_url = urlsplit(
            urljoin(visited.url(target.replace("\\", "/")), answer.headers["Location"].replace("\\", "/"))
        )
        assert (target_url.hostname, target_url.port) == ("127.0.0.1", visited.port)
        assert not answer.headers["Location"].startswith(("//", "/\\"))


def test_a_client_with_such_a_path_ends_at_the_application(visited: Site) -> None:
    visited.wake("city")
    visited.put_to_sleep("city")
    with ThreadPoolExecutor(len(CLIENTS)) as at_once:
        visit = Visit(f"http://127.0.0.1:{visited.port}//evil.example/tours?city=paris")
        answers = list(at_once.map(lambda client: client(visit), CLIENTS.values()))
    assert [answer.status for answer in answers] == [200] * len(CLIENTS)
    assert {json.loads(answer.body)["path"] for answer in answers} <= {"//evil.example/tours", "/evil.example/tours"}


def test_a_control_character_reaches_no_header(visited: Site) -> None:
    visited.put_to_sleep("city")
    visited.propagate_rules_in(20)
    visited.wake("city")
    answer = raw(visited, "GET", "/%0d%0aSet-Cookie:%20a=b?city=%0d%0aparis")
    assert answer.status == 307
    assert answer.headers["Location"] == "/%0d%0aSet-Cookie:%20a=b?city=%0d%0aparis"
    assert answer.headers["Set-Cookie"] is None


def test_a_monitor_neither_wakes_the_service_nor_keeps_it_awake(visited: Site) -> None:
    visited.wake("monitored")
    service, began = visited.service("monitored"), visited.aws.now()
    answers, counts = [], []
    for _ in range(120):
        answers.append(by_httpx(Visit(visited.url("/monitored/health"), headers={"User-Agent": MONITOR})))
        counts.append(service.desired())
        visited.aws.advance(MINUTE)
    assert {answer.status for answer in answers} == {200}
    changes = [after - before for before, after in pairwise(counts) if after != before]
    assert changes == [-1], "the service must fall asleep once"
    assert counts.index(0) <= 5
    phases = [json.loads(answer.body)["phase"] for answer in answers]
    assert (phases[0], set(phases[6:])) == ("awake", {"asleep"})
    assert visited.served("monitored", since=began) == 0
    person = by_requests(Visit(visited.url("/monitored/health")))
    assert person.status == 200, "any other client must wake the service"


def test_a_crawler_wakes_nothing_if_a_person_must_confirm(visited: Site) -> None:
    visited.put_to_sleep("shop")
    crawler = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)", "Accept": "text/html,*/*;q=0.8"}
    for visit in [
        Visit(visited.url("/shop"), headers=crawler),
        Visit(visited.url("/shop")),
        Visit(visited.url("/shop"), b'{"order": 1}', {"Content-Type": "application/json"}),
        Visit(visited.url("/shop"), b"ecs-scale-to-zero=wake", {"Origin": "https://evil.example"}),
    ]:
        answer = by_curl(visit)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
    visited.aws.advance(2 * MINUTE)
    assert visited.service("shop").desired() == 0


def test_head_is_answered_like_get_without_a_body(visited: Site) -> None:
    visited.wake("city")
    visited.put_to_sleep("city")
    answer = httpx.head(visited.url("/tours"), headers={"Accept": "text/html"}, timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.content) == (503, b"")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert int(answer.headers["retry-after"]) >= 1
    followed = subprocess.run(
        [require("curl"), "--silent", "--head", "--location", "--output", "-", visited.url("/tours")],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    statuses = [line.split()[1] for line in followed.stdout.splitlines() if line.startswith("HTTP/")]
    assert statuses[-1] == "200"


def test_a_preflight_of_an_allowed_origin_is_answered_and_wakes_nothing(visited: Site) -> None:
    visited.wake("city")
    visited.put_to_sleep("city")
    preflight = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-city"}
    allowed = httpx.options(visited.url("/tours"), headers={**preflight, "Origin": OTHER_ORIGIN})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == OTHER_ORIGIN
    assert allowed.headers["access-control-allow-methods"] == "PUT"
    assert allowed.headers["access-control-allow-headers"] == "x-city"
    visited.aws.advance(MINUTE)
    assert visited.service("city").desired() == 0


def test_a_page_of_an_allowed_origin_can_read_when_to_retry(visited: Site) -> None:
    visited.put_to_sleep("city")
    visited.propagate_rules_in(20)
    visited.wake("city")
    for origin, allowed in ((OTHER_ORIGIN, OTHER_ORIGIN), ("https://evil.example", None)):
        answer = raw(visited, "GET", "/tours", Origin=origin)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (307, allowed)


def test_headers_cookies_and_parameters_with_several_values_arrive_at_the_application(visited: Site) -> None:
    visited.wake("city")
    visited.put_to_sleep("city")
    began = visited.aws.now()
    sent = ["--header", "X-City: paris", "--header", "X-City: lyon", "--cookie", "session=1; theme=dark"]
    url = visited.url("/tours?city=paris&city=lyon&empty=&sign=a%26b%3D%C3%A9+")
    finished = subprocess.run(
        [require("curl"), "--silent", "--location", *sent, url],
        capture_output=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    received = json.loads(finished.stdout)
    assert visited.aws.now() > began, "the request must wait before it is sent to the application"
    assert received["query"] == "city=paris&city=lyon&empty=&sign=a%26b%3D%C3%A9+"
    assert received["headers"]["X-City"] == "paris, lyon"
    assert received["headers"]["Cookie"] == "session=1; theme=dark"


@pytest.mark.parametrize("size", [ONE_MB, ONE_MB + 1])
def test_up_to_1_mb_can_be_sent_to_a_sleeping_service(size: int, visited: Site) -> None:
    visited.wake("city")
    visited.put_to_sleep("city")
    answer = by_httpx(Visit(visited.url("/tours/photos"), b"x" * size, {"Content-Type": "text/plain"}))
    if size > ONE_MB:
        assert answer.status == 413, "ALB itself must refuse the request"
        assert visited.service("city").desired() == 0
    else:
        assert (answer.status, len(json.loads(answer.body)["body"])) == (200, size)


def test_alb_itself_refuses_a_websocket_to_a_sleeping_service(visited: Site) -> None:
    visited.put_to_sleep("city")
    upgrade = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer = raw(visited, "GET", "/tours/live", **upgrade)
    assert (answer.status, answer.headers["Server"]) == (400, "awselb/2.0")
    assert visited.service("city").desired() == 0
