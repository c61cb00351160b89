"""The real Terraform plans the blocks of HCL in the documentation, together with the resources they refer to."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hcl2
import pytest

from scripts.generate_docs import blocks as hcl_blocks
from scripts.generate_docs import unquoted
from scripts.object_attributes import Attribute, attributes_of
from scripts.terraform_working_copy import copy_module
from tests.docs.pages import Block, blocks
from tests.module.terraform_runs import TEST_FOLDER, init, run_tests

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

  module {
    source = "./%s"
  }
}
"""
ROOT = """terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
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


COMMUNITY_MODULES = "terraform-aws-modules/"
PLANNED = [block for block in blocks("hcl") if f'"{COMMUNITY_MODULES}' not in block.text]
"""The blocks that need nothing from Terraform's registry, which cannot be reached from everywhere."""

REFUSED = 'services = {\n  web = { cluster_name = "c", service_name = "web", mode = "sleepy" }\n}\n'
REFUSED_BLOCK = "refused"
"""The key of a block with a value that the module refuses, beside the places of the documentation's blocks."""


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[str]]:
    """Plan the blocks. Return the errors of each by its place; a block that Terraform accepts has none."""
    texts = {block.place: block.text for block in PLANNED} | {REFUSED_BLOCK: REFUSED}
    return planned(texts, tmp_path_factory.mktemp("blocks"))


@pytest.mark.parametrize("block", PLANNED, ids=lambda block: block.place)
def test_terraform_accepts(block: Block, errors: Mapping[str, Sequence[str]]) -> None:
    assert errors[block.place] == []


def test_a_value_that_the_module_refuses_is_noticed(errors: Mapping[str, Sequence[str]]) -> None:
    assert len(errors[REFUSED_BLOCK]) == 1
    assert "Set mode to act, dry_run or off in: web." in errors[REFUSED_BLOCK][0]


def planned(texts: Mapping[str, str], folder: Path) -> Mapping[str, Sequence[str]]:
    """Plan blocks as readers would, with Terraform's mocked AWS. Return the errors of each by its key.

    One run of Terraform plans all of them, because it takes several seconds to read what the provider knows. Each block
    is a configuration of its own, with a test file of its own. Raise ``TerraformWarned`` on a warning.
    """
    (folder / TEST_FOLDER).mkdir()
    (folder / "main.tf").write_text(ROOT, encoding="utf-8")
    module = copy_of_the_module(folder)
    files = {f"{TEST_FOLDER}/block_{number}.tftest.hcl": key for number, key in enumerate(texts)}
    for file, key in files.items():
        configuration = Path(file).name.removesuffix(".tftest.hcl")
        shutil.copytree(SURROUNDINGS, folder / configuration)
        text = re.sub(r'source = "git::[^"]+"', f'source = "../{module}"', whole(texts[key]))
        (folder / configuration / "block.tf").write_text(text, encoding="utf-8")
        (folder / file).write_text(PLAN % configuration, encoding="utf-8")
    init(folder)
    events = [json.loads(line) for line in run_tests(folder, "-json").stdout.splitlines()]
    finished = {event["@testfile"]: event["test_run"]["status"] for event in events if is_end_of_a_run(event)}
    assert finished.keys() == files.keys()
    errors: dict[str, list[str]] = {key: [] for key in texts}
    for event in events:
        if event["type"] == "diagnostic":
            errors[files[event["@testfile"]]].append(f"{event['@message']}\n{event['diagnostic']['detail']}")
    assert {files[file] for file, status in finished.items() if status != "pass"} == {
        key for key in texts if errors[key]
    }
    return errors


def is_end_of_a_run(event: Mapping[str, Any]) -> bool:
    return event["type"] == "test_run" and event["test_run"].get("progress") in (None, "complete")


INPUTS = {name: attributes_of(unquoted(block["type"])[2:-1]) for name, block in hcl_blocks("variables.tf", "variable")}


@pytest.mark.parametrize("block", blocks("hcl"), ids=lambda block: block.place)
def test_the_module_has_every_attribute_that_is_set(block: Block) -> None:
    """Terraform silently drops an attribute that an object type does not have."""
    modules = hcl2.loads(whole(block.text)).get("module", [])
    for arguments in (body for module in modules for body in module.values()):
        if unquoted(arguments["source"]).startswith(COMMUNITY_MODULES):
            continue
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
    """Copy the module into a folder, and return the name of the copy."""
    target = folder / "module_under_documentation"
    target.mkdir()
    copy_module(target)
    return target.name
