"""The benchmark reports visits of a sleeping service that are worse than is expected."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.crowd import Crowd
from benchmarks.first_answer import FirstAnswers
from benchmarks.page_answer import PageAnswer
from benchmarks.visits import Visits, missed_by_visits, too_slow_visits

CROWD = Crowd(
    clients=1000,
    answers={"200": 1000, "307": 10, "503": 1000},
    served=1000,
    update_service=1,
    target_health=12,
    most_target_health=1,
    seconds=30.0,
)
EXPECTED = Visits(
    page=PageAnswer(first=300.0, warm=(30.0,) * 40, page_bytes=11_000),
    crowd=CROWD,
    first_answers=FirstAnswers((2.0,) * 50, wakes=10),
)


def missed(visits: Visits) -> list[str]:
    return list(missed_by_visits(visits))


def too_slow(visits: Visits) -> list[str]:
    return list(too_slow_visits(visits))


def test_visits_as_expected_miss_nothing() -> None:
    assert missed(EXPECTED) + too_slow(EXPECTED) == []


def test_a_slow_page_is_missed() -> None:
    [sentence] = too_slow(replace(EXPECTED, page=replace(EXPECTED.page, warm=(30.1,) * 40)))
    assert "The page took 30.1 ms; at most 30 ms are expected" in sentence


def test_one_slow_page_in_a_hundred_is_not_missed() -> None:
    assert too_slow(replace(EXPECTED, page=replace(EXPECTED.page, warm=(29.0,) * 99 + (90.0,)))) == []


def test_clients_that_wait_long_after_the_service_is_ready_are_missed() -> None:
    [sentence] = too_slow(replace(EXPECTED, first_answers=FirstAnswers((1.0,) * 40 + (2.5,) * 10, wakes=10)))
    assert "it took 2.50 s; at most 2 s are expected" in sentence


def test_a_service_started_twice_is_missed() -> None:
    [sentence] = missed(replace(EXPECTED, crowd=replace(CROWD, update_service=2)))
    assert "2 calls of UpdateService" in sentence


def test_two_calls_of_describe_target_health_within_a_second_are_missed() -> None:
    [sentence] = missed(replace(EXPECTED, crowd=replace(CROWD, most_target_health=2)))
    assert "2 calls of DescribeTargetHealth" in sentence


def test_an_answer_that_no_client_understands_is_missed() -> None:
    [sentence] = missed(
        replace(EXPECTED, crowd=replace(CROWD, answers={"200": 999, "502": 1, "503 without Retry-After": 1}))
    )
    assert "answered 502, 503 without Retry-After" in sentence


def test_a_client_that_never_reached_the_application_is_missed() -> None:
    [sentence] = missed(replace(EXPECTED, crowd=replace(CROWD, served=999)))
    assert "answered only 999 of the crowd of 1,000" in sentence
