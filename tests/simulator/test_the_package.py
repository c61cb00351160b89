"""The simulator can be imported and runs without moto and boto3, and does not change the state of its process."""

from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

import simulator.world

PROJECT: Final = Path(__file__).parents[2]
FORBIDDEN: Final = (
    "moto",
    "boto3",
    "botocore",
    "flask",
    "werkzeug",
    "requests",
    "time_machine",
    "local_aws",
    "tests",
    "pytest",
)
SETTINGS: Final = {
    "AWS_PROFILE": "staging",
    "AWS_ACCESS_KEY_ID": "another-key",
    "NO_PROXY": "example.com",
    "TZ": "Europe/Paris",
}

SCRIPT: Final = """
import importlib, json, locale, logging, os, pkgutil, random, signal, socket, sys, threading
from datetime import timedelta

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"the simulator imports {name}")

def no_socket(*arguments, **named):
    raise AssertionError("the simulator opens a socket")

sys.meta_path.insert(0, Refuse())
socket.socket = no_socket

def state():
    logger = logging.getLogger("scale_to_zero")
    return {
        "environment": dict(os.environ),
        "handlers of signals": {str(one): str(signal.getsignal(one)) for one in signal.valid_signals()},
        "logging": [logger.level, logger.propagate, len(logger.handlers)],
        "root logging": [logging.root.level, len(logging.root.handlers)],
        "locale": locale.setlocale(locale.LC_ALL),
        "random": random.getstate()[1][:5],
        "folder": os.getcwd(),
        "threads": threading.active_count(),
    }

before = state()
import simulator
modules = [module.name for module in pkgutil.walk_packages(simulator.__path__, "simulator.")]
for name in modules:
    importlib.import_module(name)

from simulator.account import a_service, woken_by_requests
from simulator.http import by_program
from simulator.simulation import Simulation

service = woken_by_requests(a_service("web"))
with Simulation(seed=1) as sim:
    sim.add_service(service)
    sim.advance(timedelta(minutes=20))
    sim.after(timedelta(0), lambda: sim.load_balancer.send(service, by_program(service)))
    sim.advance(timedelta(minutes=5))
    counts = [change.after for change in sim.record.changes[service.name]]
after = state()
changed = {key: [str(before[key]), str(after[key])] for key in before if before[key] != after[key]}
print(json.dumps({"modules": modules, "counts": counts, "changed": changed, "imported": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "lambda_src")])
    finished = subprocess.run(
        [sys.executable, "-c", f"FORBIDDEN = {FORBIDDEN!r}\n{SCRIPT}"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **SETTINGS},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    facts = json.loads(finished.stdout)
    assert isinstance(facts, dict)
    return facts


def test_every_module_can_be_imported_without_moto_and_boto3(facts: dict[str, Any]) -> None:
    assert {"simulator.world.world", "simulator.ports.in_memory", "simulator.simulation"} <= set(facts["modules"])
    assert not [name for name in facts["imported"] if name.partition(".")[0] in FORBIDDEN]


def test_a_service_sleeps_and_wakes_without_moto_and_boto3(facts: dict[str, Any]) -> None:
    assert facts["counts"] == [0, 1]


def test_the_state_of_the_process_is_not_changed(facts: dict[str, Any]) -> None:
    assert facts["changed"] == {}


@pytest.mark.parametrize("package", [simulator, simulator.world])
def test_the_example_in_the_documentation_runs(package: ModuleType) -> None:
    result = doctest.testmod(package)
    assert result.attempted > 0
    assert result.failed == 0
