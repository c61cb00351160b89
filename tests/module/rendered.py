"""The dashboard's template as Terraform alone renders it, and the life of two services for it to show."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from local_aws.dashboard import WidgetValues, widget_values
from simulator.world import Timings, World

TEMPLATES: Final = Path(__file__).parents[2] / "templates"
TEMPLATE: Final = TEMPLATES / "dashboard.json.tftpl"
WORDS_FOLDER: Final = TEMPLATES / "dashboard_words"
ELB: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER: Final = f"{ELB}:loadbalancer/app/front/1234567890abcdef"
GROUP: Final = f"{ELB}:targetgroup/web-blue/fedcba0987654321"
PANEL: Final = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"
FUNCTION: Final = "staging-scale-to-zero"
CLUSTER: Final = "city-guided-cluster"
NAMESPACE: Final = "CityGuided/ECS"
INSTANCE: Final = "staging"
EIGHT: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
PARTS: Final = ("accepted", "created", "pulled", "started", "healthy", "disarmed")
HOURLY_COST: Final = 0.6
OWN_COST_A_TICK: Final = 0.0001
WEB: Final[Mapping[str, Any]] = {
    "key": "web",
    "cluster_name": CLUSTER,
    "service_name": "web",
    "load_balancer_arn": LOAD_BALANCER,
    "target_group_arns": [GROUP],
    "awake_count": 2,
    "hourly_cost": HOURLY_COST,
    "y": 9,
    "history": True,
    "saves": True,
}
WORKER: Final[Mapping[str, Any]] = {
    "key": "worker",
    "cluster_name": CLUSTER,
    "service_name": "worker",
    "load_balancer_arn": None,
    "target_group_arns": [],
    "awake_count": None,
    "hourly_cost": None,
    "y": 21,
    "history": True,
    "saves": False,
}


@cache
def words_in(language: str) -> Mapping[str, Any]:
    """Return the dashboard's words, from the file that Terraform reads."""
    words: Mapping[str, Any] = json.loads((WORDS_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return words


WORDS: Final = words_in("en")


def title_of(service: str, graph: str, language: str = "en") -> str:
    """Return the title of one of a service's graphs, by the graph's key in the words."""
    return f"{service}: {words_in(language)[graph]}"


def render(
    folder: Path, state_metrics: str, services: tuple[Mapping[str, Any], ...] = (WEB, WORKER), **more: Any
) -> str:
    """Let Terraform render the template. This needs no provider."""
    inputs = {
        "namespace": NAMESPACE,
        "instance": INSTANCE,
        "region": "eu-west-3",
        "header_height": 6,
        "held_height": 3,
        "panel": None,
        "services": services,
        "state_metrics": state_metrics,
        "scale_to_zero_function": FUNCTION,
        "own_cost_a_tick": OWN_COST_A_TICK,
        "header": "The header that Terraform makes from its words.",
        "words": WORDS,
        **more,
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


class Life:
    """Two services, with the metrics that ticks publish every minute, and five requests a minute while web is awake.

    ``ran``: for each minute with a tick, how many tasks of web ran at its end.
    """

    def __init__(self, timings: Timings | None = None) -> None:
        self.world = World(seed=1, start=EIGHT, timings=timings or Timings(jitter=0))
        self.desired = {"web": 0, "worker": 1}
        self.ran: list[int] = []
        self.world.create_service(CLUSTER, "web", 0, [(LOAD_BALANCER, GROUP, 8080)])
        self.world.create_service(CLUSTER, "worker", 1, [])

    def go_on(self, minutes: int, *, ticks: bool = True, **desired: int) -> None:
        """Let minutes pass with these desired counts. Without ``ticks`` the module is not installed yet."""
        self.desired |= desired
        for name, count in desired.items():
            self.world.set_desired_count(CLUSTER, name, count)
        for _ in range(minutes):
            if ticks:
                self._tick()
            for _ in range(5):
                self.world.request(LOAD_BALANCER, GROUP)
            self.world.advance(MINUTE)
            if ticks:
                self.ran.append(self.world.describe_service(CLUSTER, "web").running)

    def wake(self, *parts: float) -> None:
        """Publish a wake of web that has just ended. ``parts``: how many seconds each part of it took."""
        of_web = {"Service": "web", "Cluster": CLUSTER}
        put = self.world.metrics.put
        put(NAMESPACE, "WakeCount", of_web, self.world.now, 1)
        put(NAMESPACE, "WakeDuration", of_web, self.world.now, sum(parts))
        for name, took in zip(PARTS, parts, strict=True):
            put(NAMESPACE, "WakeDuration", of_web | {"Part": name}, self.world.now, took)

    def fail_to_wake(self) -> None:
        """Publish a failed wake of web."""
        self.world.metrics.put(NAMESPACE, "FailedWakeCount", {"Service": "web", "Cluster": CLUSTER}, self.world.now, 1)

    def _tick(self) -> None:
        put = self.world.metrics.put
        put("AWS/Lambda", "Invocations", {"FunctionName": FUNCTION}, self.world.now, 1)
        for name, count in self.desired.items():
            dimensions = {"Service": name, "Cluster": CLUSTER}
            status = {"Status": "active" if count else "idle"}
            put(NAMESPACE, "ServiceStatus", dimensions, self.world.now, float(count > 0))
            put(NAMESPACE, "ServiceDesiredCount", dimensions | status, self.world.now, count)

    def graphs(self, body: str) -> Mapping[str, WidgetValues]:
        """Return every graph as it is now, by its title."""
        values = {one.title: one for one in widget_values(body, self.world.metrics, self.world.now)}
        assert len(values) == len(widget_values(body, self.world.metrics, self.world.now))
        return values
