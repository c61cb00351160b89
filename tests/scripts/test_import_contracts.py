"""``make check`` refuses an import between rooms that no contract allows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

PROJECT: Final = Path(__file__).parents[2]
LINTER: Final[dict[str, Any]] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
NEW: Final = "scale_to_zero/newcomer"

LAYERS: Final = "Each room imports only rooms below it"
WEB: Final = "api, panel, visitor and page do not import each other"
INIT: Final = "The __init__.py of a room imports nothing"
AWS: Final = "aws imports ports and model only"
SIMULATOR: Final = "The simulator needs neither AWS nor local_aws"
BOTO3: Final = "Nothing imports boto3, which slows the start, or the dependencies of botocore"
BOTOCORE: Final = "Only aws imports botocore and the types of AWS"

# For each contract, modules and what they must not import.
WRONG: Final = {
    LAYERS: [
        ("scale_to_zero/model/configured", "scale_to_zero.rules.holds"),
        ("scale_to_zero/rules/decide", "scale_to_zero.ports"),
        ("scale_to_zero/rules/decide", "scale_to_zero.aws.errors"),
        ("scale_to_zero/ports", "scale_to_zero.rules.decide"),
        ("scale_to_zero/actions/act", "scale_to_zero.tick.tick_report"),
        ("scale_to_zero/tick/run", "scale_to_zero.commands.wake"),
        ("scale_to_zero/commands/wake", "scale_to_zero.web.status"),
        ("scale_to_zero/web/status", "scale_to_zero.aws.errors"),
        ("scale_to_zero/aws/clients", "scale_to_zero.settings"),
        (NEW, "scale_to_zero.model.errors"),
    ],
    "web runs no tick": [("scale_to_zero/web/api/handler", "scale_to_zero.tick.observe")],
    AWS: [
        ("scale_to_zero/aws/ecs/facts", "scale_to_zero.rules.traffic"),
        ("scale_to_zero/aws/ecs/facts", "scale_to_zero.actions.act"),
        ("scale_to_zero/aws/ecs/facts", "scale_to_zero.tick.observe"),
    ],
    "The ports on AWS do not import each other": [
        ("scale_to_zero/aws/elb/target_groups", "scale_to_zero.aws.ecs.targets"),
        ("scale_to_zero/aws/newcomer", "scale_to_zero.aws.errors"),
    ],
    WEB: [
        ("scale_to_zero/web/visitor/answers", "scale_to_zero.web.page"),
        ("scale_to_zero/web/panel/rows", "scale_to_zero.web.api.routes"),
        ("scale_to_zero/web/status", "scale_to_zero.web.page"),
        ("scale_to_zero/web/newcomer", "scale_to_zero.web.status"),
    ],
    "There are no import cycles": [("scale_to_zero/rules/vetoes", "scale_to_zero.rules.draining")],
    INIT: [
        ("scale_to_zero/__init__", "scale_to_zero.aws"),
        ("scale_to_zero/rules/__init__", "scale_to_zero.rules.decide"),
        ("scale_to_zero/web/__init__", "scale_to_zero.web.page.rendering"),
    ],
    "settings imports nothing from the package": [("scale_to_zero/settings", "scale_to_zero.rules.holds")],
    BOTOCORE: [
        ("scale_to_zero/actions/act", "botocore.exceptions"),
        ("scale_to_zero/rules/traffic", "mypy_boto3_ecs.type_defs"),
    ],
    BOTO3: [("scale_to_zero/aws/clients", "boto3"), ("simulator/runs", "boto3"), ("scale_to_zero/tick/run", "urllib3")],
    "Only the handlers read the environment": [("scale_to_zero/settings", "os")],
    "The functions import nothing that is not in the zip": [("scale_to_zero/rules/traffic", "simulator.world.timings")],
    SIMULATOR: [
        ("simulator/runs", "local_aws.clock"),
        ("simulator/runs", "moto"),
        ("simulator/functions", "scale_to_zero.aws.errors"),
        ("simulator/functions", "scale_to_zero.handlers"),
        ("simulator/functions", "scale_to_zero.settings"),
    ],
    "The simulated AWS imports nothing from the functions": [("simulator/world/tasks", "scale_to_zero.model.observed")],
}


def test_each_contract_is_tried_and_none_has_an_exception() -> None:
    assert [contract["name"] for contract in LINTER["contracts"]] == list(WRONG)
    assert LINTER.keys() == {"root_packages", "include_external_packages", "contracts"}
    loosened = {"ignore_imports", "exhaustive_ignores", "allow_indirect_imports", "skip_descendants", "depth"}
    assert not [contract["name"] for contract in LINTER["contracts"] if loosened & contract.keys()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the packages, unchanged, into a separate folder."""
    for package in (PROJECT / "lambda_src" / "scale_to_zero", PROJECT / "simulator"):
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def violated(folder: Path) -> set[str]:
    """Return the contracts that the packages in a folder break."""
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {name for name in WRONG if f"{name} BROKEN" in ran.stdout}
    assert ran.returncode == bool(found), ran.stdout + ran.stderr
    return found


def test_the_packages_break_no_contract(copy: Path) -> None:
    assert violated(copy) == set()


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [(contract, module, imported) for contract, cases in WRONG.items() for module, imported in cases],
)
def test_a_wrong_import_is_refused(contract: str, module: str, imported: str, copy: Path) -> None:
    path = copy / f"{module}.py"
    assert path.exists() == ("newcomer" not in module)
    with path.open("a") as file:
        file.write(f"\nimport {imported}\n")
    assert contract in violated(copy)


@pytest.mark.parametrize(
    "source",
    [
        "if TYPE_CHECKING:\n    from scale_to_zero.ports import Ports\n",
        "def late():\n    from scale_to_zero.ports import Ports\n",
        "from .. import ports\n",
        "from ..ports import Ports\n",
    ],
)
def test_every_way_of_writing_an_import_is_refused(source: str, copy: Path) -> None:
    with (copy / "scale_to_zero/rules/decide.py").open("a") as file:
        file.write(f"\n{source}")
    assert LAYERS in violated(copy)


def test_an_import_through_another_module_is_refused(copy: Path) -> None:
    with (copy / "scale_to_zero/web/control.py").open("a") as file:
        file.write("\nimport scale_to_zero.commands.wake\n")
    assert "web runs no tick" in violated(copy)
