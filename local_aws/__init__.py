"""An AWS on this machine to try the module on: moto, real HTTP, functions from their deployed zip, in virtual time.

    with LocalAws(seed=1, start=datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) as aws:
        subprocess.run(["terraform", "apply"], env=aws.child_environment())
        aws.advance(timedelta(hours=1))
        aws.invocations

A process that imports this package removes its inherited AWS settings, because moto would read them when it is
imported. Only the API calls that the module and its functions use are modelled; any other call gets the error
"not modelled".
"""

from __future__ import annotations

from .client_environment import remove_inherited_settings

remove_inherited_settings()

from simulator.world import Timings  # noqa: E402

from .lambda_runtime import Invocation, InvocationType  # noqa: E402 - importing moto reads the settings removed above
from .server import LocalAws  # noqa: E402

__all__ = ["Invocation", "InvocationType", "LocalAws", "Timings"]
