"""The dashboard as a PNG, from the body that was applied and the metrics that were published."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from local_aws import LocalAws
from local_aws.dashboard import draw
from scripts.demo.service_client import ServiceClient
from scripts.stamps import PROJECT

FOLDER: Final = PROJECT / "out" / "demo"


def draw_dashboard(aws: LocalAws, client: ServiceClient) -> Path:
    """Draw the dashboard as the console would show it now. Return the file's path, relative to the project."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = client.subject.dashboard_name
    file = FOLDER / f"{name}.png"
    body = client.dashboard_body()
    # Only the drawing holds the lock: the request for the body, above, needs it too.
    with aws.lock:
        draw(name, body, aws.world.metrics, aws.now(), file)
    return file.relative_to(PROJECT)
