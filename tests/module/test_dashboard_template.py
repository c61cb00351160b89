"""The dashboard's template, rendered by Terraform alone and evaluated over the world of ``local_aws``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from local_aws.dashboard import draw
from simulator.world import Timings
from tests.module.rendered import (
    EIGHT,
    INSTANCE,
    MINUTE,
    NAMESPACE,
    PANEL,
    WEB,
    WORDS,
    WORKER,
    Life,
    render,
    title_of,
)


@pytest.fixture(scope="module", params=["every_tick", "off"])
def state_metrics(request: pytest.FixtureRequest) -> str:
    setting: str = request.param
    return setting


@pytest.fixture(scope="module")
def body(state_metrics: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(tmp_path_factory.mktemp("template"), state_metrics)


def expected(web_desired: int, web_requests: int) -> Mapping[str, float]:
    return {
        title_of("web", "state"): float(web_desired > 0),
        title_of("web", "desired"): web_desired,
        title_of("web", "requests"): web_requests,
        title_of("web", "running"): web_desired,
        title_of("worker", "state"): 1,
        title_of("worker", "desired"): 1,
        title_of("worker", "running"): 1,
    }


def first_rows(life: Life, body: str) -> Mapping[str, float | None]:
    """Return what each graph of the first rows shows for the newest minute, by its title."""
    graphs = life.graphs(body)
    titles = expected(0, 0)
    assert all(len(graphs[title].lines) == 1 for title in titles)
    return {title: graphs[title].lines[0].newest for title in titles}


def test_every_graph_shows_the_observed_value_while_asleep_awake_and_asleep_again(body: str) -> None:
    life = Life()
    life.go_on(10)
    assert first_rows(life, body) == expected(web_desired=0, web_requests=0)
    life.go_on(15, web=2)
    assert first_rows(life, body) == expected(web_desired=2, web_requests=5)
    life.go_on(15, web=0)
    assert first_rows(life, body) == expected(web_desired=0, web_requests=0)


def test_a_graph_below_the_header_shows_when_all_services_were_held(body: str) -> None:
    life = Life()
    life.go_on(10)
    assert life.graphs(body)[WORDS["held_all"]].lines[0].newest == 0
    for _ in range(5):
        life.world.metrics.put(NAMESPACE, "HeldAll", {"Instance": INSTANCE}, life.world.now, 1)
        life.go_on(1)
    assert life.graphs(body)[WORDS["held_all"]].lines[0].newest == 1
    life.go_on(5)
    held = life.graphs(body)[WORDS["held_all"]].lines[0]
    assert held.newest == 0
    assert sum(value or 0 for value in held.points.values()) == 5


def test_the_state_does_not_change_when_ticks_are_missing(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick")
    life = Life()
    life.go_on(10, web=1)
    life.world.advance(10 * MINUTE)
    assert first_rows(life, body)[title_of("web", "state")] == 1


def test_running_tasks_that_late_metrics_leave_unknown_are_a_gap_and_not_zero(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick")
    life = Life(Timings(jitter=0, metric_delay=6 * MINUTE))
    life.go_on(30, web=1)
    running = life.graphs(body)[title_of("web", "running")].lines[0]
    assert running.newest is None
    assert all(running.points[at] == 1 for at in running.points if at > EIGHT + 3 * MINUTE)


def test_repeat_is_used_for_the_service_status_only(body: str, state_metrics: str) -> None:
    repeated = []
    for widget in json.loads(body)["widgets"]:
        rows = widget["properties"].get("metrics", [])
        names = {row[-1].get("id"): row[1] for row in rows if isinstance(row[0], str)}
        expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
        repeated += [names[part.split(",")[0].split("(")[-1]] for part in expressions if "REPEAT" in part]
    assert repeated == (["ServiceStatus"] * 2 if state_metrics == "every_tick" else [])


def test_the_dashboard_needs_no_state_metric_if_the_functions_publish_none(body: str, state_metrics: str) -> None:
    rows: list[Any] = [row for widget in json.loads(body)["widgets"] for row in widget["properties"].get("metrics", [])]
    of_ours = {row[1] for row in rows if row[0] == NAMESPACE}
    when_they_happen = {"WakeDuration", "WakeCount", "FailedWakeCount", "HeldAll"}
    every_minute = {"ServiceStatus", "ServiceDesiredCount"} if state_metrics == "every_tick" else set()
    assert of_ours == when_they_happen | every_minute


def test_requests_are_read_by_load_balancer_and_target_group_together(body: str) -> None:
    rows: list[Any] = [row for widget in json.loads(body)["widgets"] for row in widget["properties"].get("metrics", [])]
    [requests] = [row for row in rows if "RequestCount" in row]
    assert requests[2:6] == [
        "LoadBalancer",
        "app/front/1234567890abcdef",
        "TargetGroup",
        "targetgroup/web-blue/fedcba0987654321",
    ]


def test_the_control_panel_calls_its_function_again_on_every_refresh_and_change_of_size(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick", services=(), panel={"function_arn": PANEL, "height": 4})
    [panel] = [widget for widget in json.loads(body)["widgets"] if widget["type"] == "custom"]
    assert panel == {
        "type": "custom",
        "x": 0,
        "y": 9,
        "width": 24,
        "height": 4,
        "properties": {
            "title": WORDS["panel"],
            "endpoint": PANEL,
            "updateOn": {"refresh": True, "resize": True, "timeRange": False},
            "params": {},
        },
    }


def test_a_service_without_history_has_only_the_first_row(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick", services=(WEB, {**WORKER, "history": False}))
    titles = [widget["properties"].get("title", "") for widget in json.loads(body)["widgets"]]
    of = {
        key: [title.removeprefix(f"{key}: ") for title in titles if title.startswith(f"{key}:")]
        for key in ("web", "worker")
    }
    assert of == {
        "web": [
            WORDS[graph]
            for graph in ("state", "desired", "requests", "running", "wake_time", "wakes", "asleep", "saved")
        ],
        "worker": [WORDS[graph] for graph in ("state", "desired", "running")],
    }


def test_widgets_do_not_overlap_and_leave_no_gap(body: str) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(body)["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        taken |= cells
    assert taken == {(x, y) for x in range(24) for y in range(33)}


def test_the_dashboard_can_be_drawn(tmp_path: Path, state_metrics: str) -> None:
    web, worker = {**WEB, "y": 13}, {**WORKER, "y": 25}
    body = render(tmp_path, state_metrics, services=(web, worker), panel={"function_arn": PANEL, "height": 4})
    life = Life()
    life.go_on(30, web=1)
    life.wake(1, 2, 3, 4, 5, 6)
    life.go_on(3)
    draw("staging", body, life.world.metrics, life.world.now, tmp_path / "dashboard.png")
    height, width, _ = imread(tmp_path / "dashboard.png").shape
    assert width == 1660
    assert height == pytest.approx((37 * 0.46 + 0.82) * 120, abs=1)
