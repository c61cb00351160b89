"""An AWS to try the module on: moto, real HTTP, functions run from their deployed zip, in virtual time.

    with LocalAws(seed=1, start=datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) as aws:
        subprocess.run(["terraform", "apply"], env=aws.child_environment())
        aws.advance(timedelta(hours=1))
        aws.invocations

A process that imports this package forgets the AWS settings of its caller, which moto would obey as it is imported.
It is bounded to what the module and its functions use; any other API call is answered with "not modelled".
"""

from __future__ import annotations

from .client_environment import forget_callers_settings

forget_callers_settings()

from simulator.world import Timings  # noqa: E402

from .lambda_runtime import Invocation, InvocationType  # noqa: E402 - importing moto reads what was just forgotten
from .server import LocalAws  # noqa: E402

__all__ = ["Invocation", "InvocationType", "LocalAws", "Timings"]
