"""The real Terraform plans every block of HCL in the documentation, together with the resources it refers to."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

from scripts.generate_docs import blocks as hcl_blocks
from scripts.generate_docs import unquoted
from scripts.object_attributes import Attribute, attributes_of
from scripts.terraform_working_copy import copy_module
from tests.docs.pages import Block, blocks
from tests.module.terraform_runs import init, run_tests

SURROUNDINGS = Path(__file__).parent / "surroundings"
PLAN = """mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-3" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef" }
  }

  mock_data "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef" }
  }

  mock_data "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/01234567/89abcdef" }
  }
}

run "plan" {
  command = plan
}
"""
MODULE = 'module "scale_to_zero" {{\n  source = "git::https://example.com/module.git"\n  name   = "staging"\n\n{}}}\n'
SERVICES = """services = {{
  web = {{
    cluster_name      = "city-guided-cluster"
    service_name      = "city-guided-service"
    load_balancer_arn = data.aws_lb.this.arn
    target_group_arns = [data.aws_lb_target_group.web.arn]
{}  }}
}}
"""


@pytest.mark.parametrize("block", blocks("hcl"), ids=lambda block: block.place)
def test_terraform_accepts(block: Block, tmp_path: Path) -> None:
    planned = plan(block.text, tmp_path)
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_a_value_that_the_module_refuses_is_noticed(tmp_path: Path) -> None:
    block = 'services = {\n  web = { cluster_name = "c", service_name = "web", mode = "sleepy" }\n}\n'
    planned = plan(block, tmp_path)
    assert planned.returncode != 0
    assert "Set mode to act, dry_run or off in: web." in planned.stderr


def plan(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Plan a block as a reader would, with Terraform's mocked AWS. Raise ``TerraformWarned`` on a warning."""
    shutil.copytree(SURROUNDINGS, folder, dirs_exist_ok=True)
    text = re.sub(r'source = "git::[^"]+"', f'source = "{copy_of_the_module(folder)}"', whole(block))
    (folder / "block.tf").write_text(text, encoding="utf-8")
    (folder / "plan.tftest.hcl").write_text(PLAN, encoding="utf-8")
    init(folder)
    return run_tests(folder)


INPUTS = {name: attributes_of(unquoted(block["type"])[2:-1]) for name, block in hcl_blocks("variables.tf", "variable")}


@pytest.mark.parametrize("block", blocks("hcl"), ids=lambda block: block.place)
def test_the_module_has_every_attribute_that_is_set(block: Block) -> None:
    """Terraform silently drops an attribute that an object type does not have."""
    modules = hcl2.loads(whole(block.text)).get("module", [])
    for arguments in (body for module in modules for body in module.values()):
        for name, attributes in INPUTS.items():
            assert list(unknown_attributes(name, arguments.get(name), attributes)) == []


def test_an_attribute_that_the_module_does_not_have_is_noticed() -> None:
    text = "wake_on_request = {\n  rules = { https = { rule = data.aws_lb.this.arn, priority = 1 } }\n  hold = 5\n}\n"
    [[arguments]] = [module.values() for module in hcl2.loads(whole(text))["module"]]
    assert list(unknown_attributes("services", arguments["services"], INPUTS["services"])) == [
        "services.web.wake_on_request.rules.https.rule",
        "services.web.wake_on_request.hold",
    ]


def unknown_attributes(place: str, value: object, attributes: Mapping[str, Attribute]) -> Iterator[str]:
    """Yield the places of attributes that a value has and its type does not. The keys of a map of objects are names."""
    if not attributes or not isinstance(value, Mapping):
        return
    within: dict[str, Any] = {key: held for key, held in value.items() if key != "__comments__"}
    if within and not within.keys() & attributes.keys() and all(isinstance(one, Mapping) for one in within.values()):
        for key, held in within.items():
            yield from unknown_attributes(f"{place}.{key}", held, attributes)
        return
    for key, held in within.items():
        if key not in attributes:
            yield f"{place}.{key}"
        else:
            yield from unknown_attributes(f"{place}.{key}", held, attributes[key].attributes)


def whole(text: str) -> str:
    """Return a whole configuration for a block that shows only some lines of the module or of a service."""
    if text.startswith("wake_on_request = "):
        text = SERVICES.format(text)
    elif text.startswith("waiting_page = "):
        text += SERVICES.format("")
    return MODULE.format(text) if text.startswith(("services = ", "waiting_page = ")) else text


def copy_of_the_module(folder: Path) -> str:
    """Copy the module beside the configuration, and return its relative path, which Terraform requires."""
    target = folder / "module_under_documentation"
    target.mkdir()
    copy_module(target)
    return f"./{target.name}"
