"""``python -m scripts.demo`` plays the scenario; ``python -m scripts.demo local`` leaves everything running."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from local_aws import LocalAws
from scripts.demo.deployment import DeploymentFailed, staging, step
from scripts.demo.failure import DemoFailed
from scripts.demo.left_running import leave_running
from scripts.demo.picture import draw_dashboard
from scripts.demo.scenario import Scenario
from scripts.demo.timeline import Timeline, in_words
from scripts.terraform_provider import TerraformUnavailable

SEED: Final = 1
# Early enough on a Monday for all steps before the office hours of examples/staging begin, and for an hour of sleep
# that saves more than the module costs.
START: Final = datetime(2026, 1, 5, 4, 50, tzinfo=UTC)
INTERRUPTED: Final = 130
# Terraform waits until the service's tasks are gone, which takes virtual minutes.
SPEED_WHILE_DESTROYING: Final = 60.0


def play_scenario(console: Console) -> None:
    """Apply, play a morning in accelerated time, draw the dashboard, and destroy."""
    began = time.monotonic()
    with LocalAws(seed=SEED, start=START) as aws, staging(aws, console) as (deployment, client):
        timeline = Timeline(console)
        Scenario(aws, client, timeline).play()
        timeline.heading("The dashboard")
        timeline.note("dashboard_url", client.subject.dashboard_url)
        timeline.note("dashboard drawn as", str(draw_dashboard(aws, client)))
        timeline.heading("Uninstalling")
        with aws.running(SPEED_WHILE_DESTROYING), step(console, "terraform destroy"):
            deployment.destroy()
        ticks = sum(run.function_name == client.subject.scale_to_zero_function_name for run in aws.invocations)
        console.print(
            f"The demo played {in_words(aws.now() - START)} of virtual time in {time.monotonic() - began:.0f} s. "
            f"Runs of {client.subject.scale_to_zero_function_name}: {ticks}."
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    parser.add_argument("part", nargs="?", choices=["scenario", "local"], default="scenario")
    parser.add_argument("--speed", type=int, default=1, help="virtual seconds per real second (part local)")
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        help="the virtual time at which it begins, such as 2026-01-05T06:00:00+00:00 (part local; default: now)",
    )
    options = parser.parse_args(arguments)
    if options.speed < 1:
        parser.error(f"--speed is {options.speed}, but must be 1 or more")
    if options.start is not None and options.start.tzinfo is None:
        parser.error("--start has no time zone; add one, such as +00:00")
    # SIGTERM is handled like Ctrl-C, so that everything started is ended. A shell can set both to be ignored.
    for request_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request_to_end, signal.default_int_handler)
    logging.getLogger("python_terraform").setLevel(logging.CRITICAL)
    console = Console(highlight=False)
    try:
        if options.part == "local":
            leave_running(console, options.speed, options.start)
        else:
            play_scenario(console)
    except (DemoFailed, DeploymentFailed, TerraformUnavailable) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Ended by an interrupt.", file=sys.stderr)
        # An interrupt cuts the scenario short, but it is the normal end of `make local`.
        return 0 if options.part == "local" else INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
