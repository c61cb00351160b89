"""Every block of HCL in the documentation is validated by the real Terraform, in the surroundings it refers to."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import tftest

from tests.docs.pages import ROOT, Block, blocks

SURROUNDINGS = Path(__file__).parent / "surroundings"
MODULE = 'module "scale_to_zero" {{\n  source = "git::https://example.com/module.git"\n  name   = "staging"\n\n{}}}\n'


@pytest.mark.parametrize("block", blocks("hcl"), ids=lambda block: block.place)
def test_terraform_accepts(block: Block, tmp_path: Path) -> None:
    shutil.copytree(SURROUNDINGS, tmp_path, dirs_exist_ok=True)
    text = MODULE.format(block.text) if block.text.startswith("services = ") else block.text
    text = re.sub(r'source = "git::[^"]+"', f'source = "{copy_of_the_module(tmp_path)}"', text)
    (tmp_path / "block.tf").write_text(text, encoding="utf-8")
    terraform = tftest.TerraformTest(str(tmp_path))
    terraform.setup(cleanup_on_exit=False)
    assert terraform.execute_command("validate").retcode == 0


def copy_of_the_module(folder: Path) -> str:
    """Terraform only takes a relative path for a module beside the configuration."""
    target = folder / "module_under_documentation"
    target.mkdir()
    for file in ROOT.glob("*.tf"):
        shutil.copy(file, target)
    shutil.copytree(ROOT / "templates", target / "templates")
    shutil.copytree(ROOT / "lambda_src" / "dist", target / "lambda_src" / "dist")
    return f"./{target.name}"
