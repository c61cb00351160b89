"""What Terraform warns of when it validates, plans, applies or destroys: this module gives it no reason to."""

from __future__ import annotations

import json
import re
from typing import Final

WARNING: Final = re.compile(r"^\W*Warning: ", re.MULTILINE)


class TerraformWarned(AssertionError):
    """A run of Terraform warned, whatever else it did; the message is what it said from there on."""


def without_warnings(said: str) -> str:
    """What a run of Terraform said, its standard output, as text or with ``-json``. Raises ``TerraformWarned``.

    Not for ``terraform init``, nor for the error output: these warn of how Terraform is set up on this machine.
    """
    if warning := WARNING.search(said):
        raise TerraformWarned(said[warning.start() :].strip())
    for event in (json.loads(line) for line in said.splitlines() if line.startswith('{"@')):
        if event.get("diagnostic", {}).get("severity") == "warning":
            raise TerraformWarned(f"{event['@message']}\n{event['diagnostic'].get('detail', '')}".strip())
    return said
