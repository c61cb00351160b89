"""The second row of a service: its wakes, how long it slept, and what that saved; evaluated like the first row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.world import Timings
from tests.module.rendered import (
    EIGHT,
    HOURLY_COST,
    MINUTE,
    OWN_COST_A_TICK,
    PARTS,
    WEB,
    WORDS,
    Life,
    render,
    title_of,
)

AWAKE_COUNT = 2
DAY = timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PROMPT = Timings(jitter=0, metric_delay=MINUTE)
"""The metrics of a minute can be read as soon as it is over, so the graphs can be compared with all observations."""


@pytest.fixture(scope="module", params=["every_tick", "off"])
def state_metrics(request: pytest.FixtureRequest) -> str:
    setting: str = request.param
    return setting


@pytest.fixture(scope="module")
def body(state_metrics: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(tmp_path_factory.mktemp("template"), state_metrics)


def newest(life: Life, body: str, title: str) -> Mapping[str, float | None]:
    return life.graphs(body)[title].newest


def widget(body: str, title: str) -> Any:
    [found] = [one for one in json.loads(body)["widgets"] if one["properties"].get("title") == title]
    return found


def test_wake_times_are_percentiles_of_all_wakes_in_total_and_by_part(body: str) -> None:
    life = Life(PROMPT)
    for number in range(10):
        life.wake(1, 2, 3 * (number + 1), 4, 5, 6)
        life.go_on(5)
    assert newest(life, body, title_of("web", "wake_time")) == {
        f"{WORDS['wake_whole']} p50": 18 + 3 * 5,
        f"{WORDS['wake_whole']} p90": 18 + 3 * 9,
        **dict(zip([WORDS["wake_parts"][part] for part in PARTS], [1, 2, 27, 4, 5, 6], strict=True)),
    }


def test_wakes_are_counted_by_day_with_today_so_far_and_zero_for_days_without_wakes(body: str) -> None:
    life = Life(PROMPT)
    life.wake(1, 1, 1, 1, 1, 1)
    life.wake(1, 1, 1, 1, 1, 1)
    life.world.advance(2 * DAY)
    life.wake(1, 1, 1, 1, 1, 1)
    life.fail_to_wake()
    life.world.advance(5 * MINUTE)
    lines = {line.label: line.points for line in life.graphs(body)[title_of("web", "wakes")].lines}
    days = [MONDAY - DAY, MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]
    assert [lines[WORDS["wakes_done"]][day] for day in days] == [0, 2, 0, 1]
    assert [lines[WORDS["wakes_failed"]][day] for day in days] == [0, 0, 0, 1]
    assert newest(life, body, title_of("web", "wakes")) == {WORDS["wakes_done"]: 1, WORDS["wakes_failed"]: 1}


def test_the_share_asleep_is_as_observed_while_asleep_awake_and_asleep_again(body: str, state_metrics: str) -> None:
    life = Life(PROMPT)
    label = WORDS["asleep_percent" if state_metrics == "every_tick" else "asleep_percent_about"]
    life.go_on(60)
    assert newest(life, body, title_of("web", "asleep")) == {label: 100}
    life.go_on(60, web=2)
    life.go_on(180, web=0)
    slept = 240 if state_metrics == "every_tick" else sum(ran == 0 for ran in life.ran)
    assert newest(life, body, title_of("web", "asleep"))[label] == pytest.approx(100 * slept / 300)


def test_a_day_without_ticks_has_no_share_asleep(body: str) -> None:
    life = Life(PROMPT)
    life.go_on(60, ticks=False, web=2)
    life.world.advance_to(MONDAY + DAY)
    life.go_on(60, web=0)
    assert life.graphs(body)[title_of("web", "asleep")].lines[0].points.keys() == {MONDAY + DAY}


def test_without_state_metrics_tasks_beyond_the_awake_count_make_the_share_asleep_smaller_but_never_negative(
    tmp_path: Path,
) -> None:
    body = render(tmp_path, "off")
    life = Life(PROMPT)
    life.go_on(100, web=3)
    assert newest(life, body, title_of("web", "asleep")) == {WORDS["asleep_percent_about"]: 0}
    life.go_on(100, web=0)
    shown = newest(life, body, title_of("web", "asleep"))[WORDS["asleep_percent_about"]]
    assert shown is not None
    assert shown == pytest.approx(100 * (1 - sum(life.ran) / AWAKE_COUNT / 200))
    assert 0 < shown < 100 * sum(ran == 0 for ran in life.ran) / 200


def saved(life: Life) -> float:
    """Return the savings by what ECS showed each minute: the cost of the tasks that did not run, less our own cost."""
    return sum((AWAKE_COUNT - ran) * HOURLY_COST / 60 - OWN_COST_A_TICK for ran in life.ran)


def test_the_sum_saved_is_as_observed_while_asleep_awake_and_asleep_again(body: str) -> None:
    life = Life(PROMPT)
    sums = []
    for count in (0, 2, 0):
        life.go_on(90, web=count)
        sums.append(newest(life, body, title_of("web", "saved"))[WORDS["saved_so_far"]])
        assert sums[-1] == pytest.approx(saved(life))
    asleep_for_long_enough = 90 * (AWAKE_COUNT * HOURLY_COST / 60 - OWN_COST_A_TICK)
    assert sums[0] == pytest.approx(asleep_for_long_enough)


def test_an_awake_service_still_pays_its_share_of_the_modules_cost(body: str) -> None:
    life = Life(PROMPT)
    life.go_on(5, ticks=False, web=2)
    life.go_on(120)
    assert set(life.ran) == {AWAKE_COUNT}
    assert newest(life, body, title_of("web", "saved"))[WORDS["saved_so_far"]] == pytest.approx(-120 * OWN_COST_A_TICK)


def test_time_before_the_first_tick_saves_nothing_with_or_without_tasks(body: str) -> None:
    life = Life(PROMPT)
    life.go_on(120, ticks=False, web=0)
    life.go_on(120, ticks=False, web=2)
    assert newest(life, body, title_of("web", "saved"))[WORDS["saved_so_far"]] == 0


def test_tasks_beyond_the_awake_count_are_not_counted_as_a_loss(body: str) -> None:
    life = Life(PROMPT)
    life.go_on(4, ticks=False, web=4)
    life.world.advance_to(EIGHT + timedelta(hours=1))
    life.go_on(60)
    assert set(life.ran) == {4}
    assert newest(life, body, title_of("web", "saved"))[WORDS["saved_so_far"]] == pytest.approx(-60 * OWN_COST_A_TICK)


def test_a_service_without_awake_count_would_run_one_task(tmp_path: Path) -> None:
    body = render(tmp_path, "off", services=({**WEB, "awake_count": None},))
    life = Life(PROMPT)
    life.go_on(60, web=0)
    expected = 60 * (HOURLY_COST / 60 - OWN_COST_A_TICK)
    assert newest(life, body, title_of("web", "saved"))[WORDS["saved_so_far"]] == pytest.approx(expected)
    assert newest(life, body, title_of("web", "asleep")) == {WORDS["asleep_percent_about"]: 100}


def test_money_saved_is_read_from_awss_own_free_metrics(body: str) -> None:
    rows = widget(body, title_of("web", "saved"))["properties"]["metrics"]
    assert [row[0] for row in rows if len(row) > 1] == ["AWS/ECS", "AWS/Lambda"]
    assert widget(body, title_of("web", "saved"))["properties"]["yAxis"]["left"]["label"] == "USD"


def test_without_costs_the_share_asleep_is_shown_instead(body: str) -> None:
    assert [widget(body, title_of(key, "asleep"))["width"] for key in ("web", "worker")] == [6, 12]
    assert title_of("worker", "saved") not in body


def test_a_second_row_always_shows_four_weeks(body: str) -> None:
    titles = [title_of("web", graph) for graph in ("wake_time", "wakes", "asleep", "saved")]
    titles += [title_of("worker", graph) for graph in ("wake_time", "wakes")]
    assert {widget(body, title)["properties"]["start"] for title in titles} == {"-P4W"}
    assert json.loads(body)["start"] == "-PT3H"
