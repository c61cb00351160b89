"""What Lambda runs: the committed zip, unpacked, with the memory that Terraform sets."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Final

import hcl2

from .stub_process import ROOT

ZIP: Final = ROOT / "lambda_src" / "dist" / "lambda.zip"
SOURCES: Final = ROOT / "lambda_src" / "scale_to_zero"
FUNCTION_MODULE: Final = "modules/function/main.tf"


class NotDeployable(Exception):
    """The zip does not exist, or differs from the sources. The message says how to fix it."""


def unpack(into: Path) -> None:
    """Unpack the zip as Lambda does: without compiled files, so that a cold start includes the time to compile.

    Raise ``NotDeployable`` if the zip is out of date, so that no figure of undeployed code is published.
    """
    if not ZIP.exists():
        raise NotDeployable("There is no lambda_src/dist/lambda.zip: run make zip.")
    with zipfile.ZipFile(ZIP) as zipped:
        zipped.extractall(into)
    sources = {path.relative_to(SOURCES.parent) for path in SOURCES.rglob("*.py")}
    packed = {path.relative_to(into) for path in into.rglob("*.py")}
    if sources != packed or any((into / name).read_bytes() != (SOURCES.parent / name).read_bytes() for name in sources):
        raise NotDeployable("lambda_src/dist/lambda.zip differs from lambda_src/scale_to_zero: run make zip.")


def memory_mb() -> int:
    """Return the memory of the scale-to-zero function, which Terraform sets for every function."""
    parsed: dict[str, Any] = hcl2.loads((ROOT / FUNCTION_MODULE).read_text())
    for block in parsed["resource"]:
        # Since version 8 python-hcl2 keeps the quotes of a block's labels.
        unquoted = {kind.strip('"'): named for kind, named in block.items()}
        for function in unquoted.get("aws_lambda_function", {}).values():
            return int(function["memory_size"])
    raise NotDeployable(f"{FUNCTION_MODULE} has no aws_lambda_function with a memory_size.")
