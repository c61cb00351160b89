"""The walks of CONTRIBUTING.md are correct: their files run in that order, down to AWS and back up once."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import pytest

from scale_to_zero import handlers
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.settings import Settings
from simulator.account import wake_target_group
from tests.docs.pages import ROOT
from tests.simulation.module_instance import NAMESPACE, ModuleInstance
from tests.simulation.shop_instance import SHOP, ShopInstance
from tests.unit.listener import LISTENER, a_listener
from tests.unit.web.visitor.scene import an_event

CONTRIBUTING: Final = ROOT / "CONTRIBUTING.md"
PACKAGE: Final = ROOT / "lambda_src" / "scale_to_zero"
IN_PLACE_OF_AWS: Final = {
    "aws/ecs/services.py": ROOT / "simulator" / "ports" / "services.py",
    "aws/table/dynamodb.py": ROOT / "simulator" / "ports" / "table.py",
}
"""The files that run here in place of a port on AWS. ``tests/contract`` checks that both behave in the same way."""
TYPES: Final = ("ports.py", "model/")
"""Files of types. They are on a walk, but their code does not have to run."""
FLOORS: Final = (("ports.py", "aws/", "model/"), ("rules/",), ("actions/",), ("tick/", "web/"), ("handlers.py",))
MOST_TICKS: Final = 30
"""A service must be stopped within this many ticks."""
IDLE_SERVICE, VISITOR = "A tick over an idle service", "A visitor at a sleeping service"


def walk(title: str) -> list[str]:
    """Return the files of a walk, in its order."""
    section = CONTRIBUTING.read_text(encoding="utf-8").partition(f"### {title}\n")[2].partition("\n#")[0]
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section, re.MULTILINE)


def floor_of(file: str) -> int:
    (floor,) = (number for number, parts in enumerate(FLOORS) if file.startswith(parts))
    return floor


def files_run_by(function: Callable[[], object]) -> list[Path]:
    """Return the files whose functions begin, or continue after a call, in that order."""
    seen: list[str] = []

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        caller = frame.f_back
        if event == "call":
            seen.append(frame.f_code.co_filename)
        elif event == "return" and caller is not None:
            seen.append(caller.f_code.co_filename)

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return [Path(file) for file in seen]


def must_be_in(files: list[str], run: Iterable[Path]) -> None:
    left = iter(run)
    for file in files:
        if not file.startswith(TYPES):
            path = IN_PLACE_OF_AWS.get(file, PACKAGE / file)
            assert path in left, f"{file} does not run after the file before it"


class InAMinute:
    """The context of a run that AWS Lambda ends in one minute."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleInstance], None]:
    """Return a function that gives the handlers a simulated instance in place of AWS."""

    def wire(instance: ModuleInstance) -> None:
        settings = Settings(
            instance="test",
            table_name="table",
            metric_namespace=NAMESPACE,
            scale_up_function="scale-up",
            scale_to_zero_function="scale-to-zero",
            longest_hold=timedelta(days=7),
            publish_state_metrics=True,
            language="en",
        )
        monkeypatch.setattr(handlers, "_settings", lambda: settings)
        monkeypatch.setattr(handlers, "_ports", instance.ports.gathered)
        monkeypatch.setattr(handlers, "_ports_for_visitors", instance.ports.gathered)
        monkeypatch.setattr(handlers, "_now", lambda: instance.world.now)

    return wire


@pytest.mark.parametrize("title", [IDLE_SERVICE, VISITOR])
def test_a_walk_goes_down_to_aws_and_back_up_once(title: str) -> None:
    files = walk(title)
    floors = [floor_of(file) for file in files]
    lowest = floors.index(0)
    assert floors[0] == len(FLOORS) - 1, "the walk must begin where AWS Lambda enters"
    assert any(file.startswith("aws/") for file in files)
    assert floors[: lowest + 1] == sorted(floors[: lowest + 1], reverse=True)
    assert floors[lowest:] == sorted(floors[lowest:])
    assert all((PACKAGE / file).is_file() for file in files)


def test_the_tick_that_stops_an_idle_service_takes_its_walk(wired: Callable[[ModuleInstance], None]) -> None:
    instance = ModuleInstance(SHOP)
    instance.ports.listeners.put(LISTENER, *a_listener().values())
    wired(instance)

    def tick() -> None:
        handlers.scale_to_zero({"source": "aws.events"}, InAMinute())

    traces: list[list[Path]] = []
    while instance.desired(SHOP) > 0:
        assert len(traces) < MOST_TICKS, "no tick stopped the service"
        traces.append(files_run_by(tick))
        instance.world.advance(MINUTE)
    must_be_in(walk(IDLE_SERVICE), traces[-1])


def test_a_visitor_at_a_sleeping_service_takes_its_walk(wired: Callable[[ModuleInstance], None]) -> None:
    instance = ShopInstance()
    arn = wake_target_group(SHOP)
    instance.ports.table.wake_target_groups[arn] = SHOP.key
    wired(instance)
    event = an_event("browser_navigates", requestContext={"elb": {"targetGroupArn": arn}})
    must_be_in(walk(VISITOR), files_run_by(lambda: handlers.wake(event, InAMinute())))
