"""Every block of HCL in the documentation is validated by the real Terraform, in the surroundings it refers to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
import tftest

from scripts.generate_docs import blocks as hcl_blocks
from scripts.generate_docs import unquoted
from scripts.object_attributes import Attribute, attributes_of
from scripts.terraform_working_copy import copy_module
from tests.docs.pages import Block, blocks
from tests.module.terraform_warnings import without_warnings

SURROUNDINGS = Path(__file__).parent / "surroundings"
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
    shutil.copytree(SURROUNDINGS, tmp_path, dirs_exist_ok=True)
    text = re.sub(r'source = "git::[^"]+"', f'source = "{copy_of_the_module(tmp_path)}"', whole(block.text))
    (tmp_path / "block.tf").write_text(text, encoding="utf-8")
    terraform = tftest.TerraformTest(str(tmp_path))
    terraform.setup(cleanup_on_exit=False)
    validated = terraform.execute_command("validate", "-no-color")
    assert validated.retcode == 0
    without_warnings(validated.out)


INPUTS = {name: attributes_of(unquoted(block["type"])[2:-1]) for name, block in hcl_blocks("variables.tf", "variable")}


@pytest.mark.parametrize("block", blocks("hcl"), ids=lambda block: block.place)
def test_the_module_has_every_attribute_that_is_set(block: Block) -> None:
    """Terraform drops silently what an object type does not have."""
    modules = hcl2.loads(whole(block.text)).get("module", [])
    for arguments in (body for module in modules for body in module.values()):
        for name, attributes in INPUTS.items():
            assert list(unknown_attributes(name, arguments.get(name), attributes)) == []


def test_an_attribute_that_the_module_has_not_is_noticed() -> None:
    text = "wake_on_request = {\n  rules = { https = { rule = data.aws_lb.this.arn, priority = 1 } }\n  hold = 5\n}\n"
    [[arguments]] = [module.values() for module in hcl2.loads(whole(text))["module"]]
    assert list(unknown_attributes("services", arguments["services"], INPUTS["services"])) == [
        "services.web.wake_on_request.rules.https.rule",
        "services.web.wake_on_request.hold",
    ]


def unknown_attributes(place: str, value: object, attributes: Mapping[str, Attribute]) -> Iterator[str]:
    """Where a value has an attribute that its type has not. A map's keys are names, and what they hold is an object."""
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
    """A block that shows only what one adds to the module or to a service, with what is around it."""
    if text.startswith("wake_on_request = "):
        text = SERVICES.format(text)
    elif text.startswith("waiting_page = "):
        text += SERVICES.format("")
    return MODULE.format(text) if text.startswith(("services = ", "waiting_page = ")) else text


def copy_of_the_module(folder: Path) -> str:
    """Terraform only takes a relative path for a module beside the configuration."""
    target = folder / "module_under_documentation"
    target.mkdir()
    copy_module(target)
    return f"./{target.name}"
