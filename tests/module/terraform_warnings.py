"""Warnings of Terraform when it validates, plans, applies or destroys: there must be none."""

from __future__ import annotations

import json
import re
from typing import Final

WARNING: Final = re.compile(r"^\W*Warning: ", re.MULTILINE)


class TerraformWarned(AssertionError):
    """A run of Terraform warned. The message is the output from the warning on."""


def without_warnings(output: str) -> str:
    """Return the standard output of a run of Terraform, as text or with ``-json``. Raise ``TerraformWarned``.

    This is not for ``terraform init``, nor for the error output: they warn of how Terraform is set up on this machine.
    """
    if warning := WARNING.search(output):
        raise TerraformWarned(output[warning.start() :].strip())
    for event in (json.loads(line) for line in output.splitlines() if line.startswith('{"@')):
        if event.get("diagnostic", {}).get("severity") == "warning":
            raise TerraformWarned(f"{event['@message']}\n{event['diagnostic'].get('detail', '')}".strip())
    return output
