"""The dashboard's template, rendered by Terraform alone and evaluated over the world of ``local_aws``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from local_aws.dashboard import draw, widget_values
from local_aws.world import Timings, World

TEMPLATE = Path(__file__).parents[2] / "templates" / "dashboard.json.tftpl"
ELB = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER = f"{ELB}:loadbalancer/app/front/1234567890abcdef"
GROUP = f"{ELB}:targetgroup/web-blue/fedcba0987654321"
CLUSTER = "city-guided-cluster"
NAMESPACE = "CityGuided/ECS"
EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WORDS = {
    name: name
    for name in (
        ["header", "state", "active", "idle", "desired", "desired_from_running", "requests", "no_requests", "running"]
    )
}
SERVICES = [
    {
        "key": "web",
        "cluster_name": CLUSTER,
        "service_name": "web",
        "load_balancer_arn": LOAD_BALANCER,
        "target_group_arns": [GROUP],
    },
    {
        "key": "worker",
        "cluster_name": CLUSTER,
        "service_name": "worker",
        "load_balancer_arn": None,
        "target_group_arns": [],
    },
]


def render(folder: Path, state_metrics: str) -> str:
    """Let Terraform render the template; nothing of a provider is needed for that."""
    inputs = {
        "namespace": NAMESPACE,
        "region": "eu-west-3",
        "services": SERVICES,
        "state_metrics": state_metrics,
        "words": WORDS,
    }
    output = {"body": {"value": f'${{templatefile("{TEMPLATE}", jsondecode(file("inputs.json")))}}'}}
    (folder / "inputs.json").write_text(json.dumps(inputs), encoding="utf-8")
    (folder / "main.tf.json").write_text(json.dumps({"output": output}), encoding="utf-8")
    for command in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        subprocess.run(["terraform", *command], cwd=folder, check=True, capture_output=True, timeout=60)
    rendered = subprocess.run(
        ["terraform", "output", "-raw", "body"], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return rendered.stdout


@pytest.fixture(scope="module", params=["every_tick", "off"])
def state_metrics(request: pytest.FixtureRequest) -> str:
    setting: str = request.param
    return setting


@pytest.fixture(scope="module")
def body(state_metrics: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(tmp_path_factory.mktemp("template"), state_metrics)


class Life:
    """Two services; what the ticks publish of them every minute; five requests a minute while web is awake."""

    def __init__(self, timings: Timings | None = None) -> None:
        self.world = World(seed=1, start=EIGHT, timings=timings or Timings(jitter=0))
        self.desired = {"web": 0, "worker": 1}
        self.world.create_service(CLUSTER, "web", 0, [(LOAD_BALANCER, GROUP, 8080)])
        self.world.create_service(CLUSTER, "worker", 1, [])

    def go_on(self, minutes: int, **desired: int) -> None:
        self.desired |= desired
        for name, count in desired.items():
            self.world.set_desired_count(CLUSTER, name, count)
        for _ in range(minutes):
            for name, count in self.desired.items():
                self._publish(name, count)
            for _ in range(5):
                self.world.request(LOAD_BALANCER, GROUP)
            self.world.advance(MINUTE)

    def _publish(self, service: str, count: int) -> None:
        dimensions = {"Service": service, "Cluster": CLUSTER}
        status = {"Status": "active" if count else "idle"}
        put = self.world.metrics.put
        put(NAMESPACE, "ServiceStatus", dimensions, self.world.now, float(count > 0))
        put(NAMESPACE, "ServiceDesiredCount", dimensions | status, self.world.now, count)

    def shown(self, body: str) -> Mapping[str, float | None]:
        """What each graph, by its title, shows for the newest minute."""
        values = widget_values(body, self.world.metrics, self.world.now)
        assert all(len(one.lines) == 1 for one in values)
        return {one.title: one.lines[0].newest for one in values}


def expected(web_desired: int, web_requests: int) -> Mapping[str, float]:
    return {
        "web: state": float(web_desired > 0),
        "web: desired": web_desired,
        "web: requests": web_requests,
        "web: running": web_desired,
        "worker: state": 1,
        "worker: desired": 1,
        "worker: running": 1,
    }


def test_every_graph_shows_the_observed_value_while_asleep_awake_and_asleep_again(body: str) -> None:
    life = Life()
    life.go_on(10)
    assert life.shown(body) == expected(web_desired=0, web_requests=0)
    life.go_on(15, web=2)
    assert life.shown(body) == expected(web_desired=2, web_requests=5)
    life.go_on(15, web=0)
    assert life.shown(body) == expected(web_desired=0, web_requests=0)


def test_the_state_stays_what_it_was_when_ticks_are_missing(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick")
    life = Life()
    life.go_on(10, web=1)
    life.world.advance(10 * MINUTE)
    assert life.shown(body)["web: state"] == 1


def test_running_tasks_are_a_gap_and_no_false_zero_while_late_metrics_leave_them_unknown(tmp_path: Path) -> None:
    body = render(tmp_path, "every_tick")
    life = Life(Timings(jitter=0, metric_delay=6 * MINUTE))
    life.go_on(30, web=1)
    values = {one.title: one.lines[0] for one in widget_values(body, life.world.metrics, life.world.now)}
    running = values["web: running"]
    assert running.newest is None
    assert all(running.points[at] == 1 for at in running.points if at > EIGHT + 3 * MINUTE)


def test_repeat_is_used_for_the_service_status_only(body: str, state_metrics: str) -> None:
    repeated = []
    for widget in json.loads(body)["widgets"]:
        rows = widget["properties"].get("metrics", [])
        names = {row[-1]["id"]: row[1] for row in rows if isinstance(row[0], str)}
        expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
        repeated += [names[part.split(",")[0].split("(")[-1]] for part in expressions if "REPEAT" in part]
    assert repeated == (["ServiceStatus"] * 2 if state_metrics == "every_tick" else [])


def test_no_custom_metric_is_needed_where_the_functions_publish_none(body: str, state_metrics: str) -> None:
    assert (NAMESPACE in body) == (state_metrics == "every_tick")


def test_requests_are_read_by_load_balancer_and_target_group_together(body: str) -> None:
    rows: list[Any] = [row for widget in json.loads(body)["widgets"] for row in widget["properties"].get("metrics", [])]
    [requests] = [row for row in rows if "RequestCount" in row]
    assert requests[2:6] == [
        "LoadBalancer",
        "app/front/1234567890abcdef",
        "TargetGroup",
        "targetgroup/web-blue/fedcba0987654321",
    ]


def test_no_widget_lies_upon_another(body: str) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(body)["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        taken |= cells


def test_the_dashboard_can_be_drawn(body: str, tmp_path: Path) -> None:
    life = Life()
    life.go_on(30, web=1)
    draw("staging", body, life.world.metrics, life.world.now, tmp_path / "dashboard.png")
    assert imread(tmp_path / "dashboard.png").shape[1] == 1660
