"""``make local``: the deployed example, left running for you to try until Ctrl-C, for some hours at most."""

from __future__ import annotations

import shlex
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console

from local_aws import LocalAws
from scripts.demo.commands import Clock, commands
from scripts.demo.deployment import staging
from scripts.demo.picture import draw_dashboard
from scripts.demo.service_client import ServiceClient, Subject
from scripts.demo.timeline import in_words

LONGEST: Final = timedelta(hours=8)
PICTURE_SECONDS: Final = 20.0
# The variables that a shell needs to reach this AWS and no other.
FOR_THE_SHELL: Final = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)
# The shell's own variables can lead to another AWS, or to a proxy.
WITHOUT_THE_SHELLS_OWN: Final = (
    'for name in $(env | grep -o "^AWS_[A-Za-z0-9_]*"); do unset "$name"; done',
    'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost"',
    'export no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"',
)
VERSION_2: Final = (
    "The commands below are for version 1 of the AWS CLI, which is in .venv/bin. With version 2, add "
    "--cli-binary-format raw-in-base64-out to lambda invoke with --payload '{}'."
)


def leave_running(console: Console, speed: int, start: datetime | None = None) -> None:
    """Apply the example, show how to use it, and let time pass. Ctrl-C raises ``KeyboardInterrupt``.

    ``start`` is the virtual time at which it begins; ``None`` means now.
    """
    now = datetime.now(UTC)
    start = now if start is None else start.astimezone(UTC)
    with LocalAws(start=start) as aws, aws.running(speed):
        clock = Clock(speed, virtual=start, real=now)
        with staging(aws, console) as (_, client):
            show_addresses(console, aws, client)
            show_commands(console, aws, client.subject, clock)
            console.print(f"\nThis runs for {in_words(LONGEST)}. Ctrl-C ends it earlier.", style="bold")
            keep_the_picture_new(aws, client)


def keep_the_picture_new(aws: LocalAws, client: ServiceClient) -> None:
    """Draw the dashboard at intervals until it is time to end."""
    ends = time.monotonic() + LONGEST.total_seconds()
    while time.monotonic() < ends:
        before = aws.now()
        time.sleep(PICTURE_SECONDS)
        if aws.now() == before:
            # The clock has stopped. Leaving its context raises the cause.
            return
        draw_dashboard(aws, client)


def show_addresses(console: Console, aws: LocalAws, client: ServiceClient) -> None:
    picture = draw_dashboard(aws, client)
    console.print("\nAddresses", style="bold")
    for name, address in (
        ("the service", client.url),
        ("the AWS APIs", aws.endpoint_url),
        (f"the dashboard, drawn every {PICTURE_SECONDS:.0f} s", str(picture)),
        ("the dashboard's address in a real account", client.subject.dashboard_url),
    ):
        console.print(f"  {name}: {address}", soft_wrap=True)


def show_commands(console: Console, aws: LocalAws, subject: Subject, clock: Clock) -> None:
    """Print the commands ready to paste into another terminal: not wrapped, not indented, no markup."""
    console.print("\nFirst, in another terminal", style="bold")
    console.print('export PATH="$PWD/.venv/bin:$PATH"', markup=False)
    for line in WITHOUT_THE_SHELLS_OWN:
        console.print(line, markup=False, soft_wrap=True)
    for variable in FOR_THE_SHELL:
        console.print(f"export {variable}={shlex.quote(aws.environment[variable])}", markup=False, soft_wrap=True)
    console.print(f"\n{VERSION_2}", markup=False, soft_wrap=True)
    for command in commands(subject, clock):
        only = " (version 2 of the AWS CLI only)" if command.only_version_2 else ""
        console.print(f"\n# {command.purpose}{only}", style="dim")
        console.print(command.text, markup=False, soft_wrap=True)
