"""``make check`` refuses an import that leads out of its room the wrong way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parents[2]
CONTRACTS: Final = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# By contract: a module, and an import that it must not have.
WRONG: Final = {
    "Each room imports only rooms below it": [
        ("scale_to_zero/model/configured", "scale_to_zero.rules.holds"),
        ("scale_to_zero/rules/decide", "scale_to_zero.ports"),
        ("scale_to_zero/rules/decide", "scale_to_zero.aws.errors"),
        ("scale_to_zero/ports", "scale_to_zero.rules.decide"),
        ("scale_to_zero/actions/act", "scale_to_zero.tick.course"),
        ("scale_to_zero/tick/run", "scale_to_zero.commands.wake"),
        ("scale_to_zero/commands/wake", "scale_to_zero.web.status"),
        ("scale_to_zero/web/status", "scale_to_zero.aws.errors"),
        ("scale_to_zero/aws/clients", "scale_to_zero.settings"),
        ("scale_to_zero/newcomer", "scale_to_zero.model.errors"),
    ],
    "web acts by itself, and never runs a tick": [("scale_to_zero/web/api/desk", "scale_to_zero.tick.look")],
    "aws imports ports and model only": [("scale_to_zero/aws/ecs/facts", "scale_to_zero.rules.traffic")],
    "api, panel, visitor and page do not know each other": [
        ("scale_to_zero/web/visitor/answers", "scale_to_zero.web.page"),
        ("scale_to_zero/web/panel/table", "scale_to_zero.web.api.routes"),
        ("scale_to_zero/web/status", "scale_to_zero.web.page"),
    ],
    "No module imports, even by way of others, what imports it": [
        ("scale_to_zero/rules/vetoes", "scale_to_zero.rules.draining"),
    ],
    "Only aws imports botocore": [("scale_to_zero/actions/act", "botocore.exceptions")],
    "Nothing imports boto3, which slows the start": [("scale_to_zero/aws/clients", "boto3")],
    "Only the handlers read the environment": [("scale_to_zero/settings", "os")],
    "The simulator needs neither AWS nor local_aws": [
        ("simulator/runs", "local_aws.clock"),
        ("simulator/functions", "scale_to_zero.handlers"),
    ],
    "The simulated AWS knows nothing of the functions that run on it": [
        ("simulator/world/tasks", "scale_to_zero.model.observed"),
    ],
}


def test_each_contract_is_tried_and_none_has_an_exception() -> None:
    assert [contract["name"] for contract in CONTRACTS] == list(WRONG)
    assert not [contract["name"] for contract in CONTRACTS if any("ignore" in option for option in contract)]


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [(contract, module, imported) for contract, cases in WRONG.items() for module, imported in cases],
)
def test_a_wrong_import_is_refused(contract: str, module: str, imported: str, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "lambda_src" / "scale_to_zero", tmp_path / "scale_to_zero")
    shutil.copytree(PROJECT / "simulator", tmp_path / "simulator")
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    with (tmp_path / f"{module}.py").open("a") as file:
        file.write(f"\nimport {imported}\n")
    lint_imports = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run(
        [lint_imports, "--no-logo", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"{contract} BROKEN" in ran.stdout
