"""The control panel as a PNG: ``python -m scripts.control_panel_picture FILE``.

The services of a staging environment on a Monday morning, as the dashboard shows them in Paris.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from playwright.sync_api import sync_playwright

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.service_state import Explanation, Hold, Phase, ServiceState, TimeAsleep, Wake
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.web.panel import show_panel
from scripts.chromium import ARGUMENTS, NO_CHROMIUM, chromium
from scripts.cloudwatch_frame import CloudWatchFrame, Settings
from scripts.stamps import PROJECT

ARN: Final = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"
CLUSTER: Final = "city-guided-cluster"
NOW: Final = datetime(2026, 3, 2, 9, 26, 40, tzinfo=UTC)
SIZE: Final = {"width": 1352, "height": 400}
CAUSE: Final = (
    "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
    "public.ecr.aws/city-guided/search:stabel: not found"
)
FAILED: Final = f"search did not wake by its deadline: {CAUSE}; it still waits for a running task"


class NoPicture(Exception):
    """The picture cannot be taken. The message is one sentence that says why."""


def at(time: str) -> datetime:
    """Return an instant of that Monday from a time such as ``07:58``, in UTC."""
    hours, minutes = time.split(":")
    return NOW.replace(hour=int(hours), minute=int(minutes), second=0)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def slept(today: float, hours: float) -> TimeAsleep:
    """Return the time asleep: ``today`` in minutes, in sleeps that are over; ``hours`` in task hours in total."""
    return TimeAsleep(date(NOW.year, NOW.month, NOW.day), minutes(today), timedelta(hours=hours))


def staging() -> Stored:
    """Return the content of the table."""
    friday = NOW - timedelta(days=2, hours=14, minutes=7)
    fixtures: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (
            "api",
            {"hourly_cost": 0.0494},
            {
                "phase": Phase.AWAKE,
                "since": at("06:31"),
                "last_activity": at("09:24"),
                "usual_wake": minutes(0.8),
                "time_asleep": slept(391, 1890),
            },
        ),
        (
            "backoffice",
            {"hourly_cost": 0.0247},
            {
                "phase": Phase.AWAKE,
                "since": at("07:00"),
                "last_activity": at("09:11"),
                "usual_wake": minutes(1.2),
                "hold": Hold(at("18:00"), "office"),
                "time_asleep": slept(420, 2211),
            },
        ),
        (
            "batch",
            {"mode": Mode.DRY_RUN},
            {"phase": Phase.AWAKE, "since": friday, "last_activity": at("09:25")},
        ),
        (
            "booking",
            {"hourly_cost": 0.0988},
            {
                "phase": Phase.WAKING,
                "since": at("09:26"),
                "last_activity": at("08:40"),
                "usual_wake": minutes(1.25),
                "time_asleep": slept(502, 1402),
            },
        ),
        (
            "guide",
            {"hourly_cost": 0.0247},
            {
                "phase": Phase.DRAINING,
                "since": at("09:25"),
                "last_activity": at("09:20"),
                "usual_wake": minutes(0.7),
                "time_asleep": slept(438, 1650),
            },
        ),
        (
            "maps",
            {"hourly_cost": 0.0494},
            {
                "phase": Phase.ASLEEP,
                "since": friday,
                "last_activity": friday - minutes(9),
                "usual_wake": minutes(2.5),
                "restore": 2,
                "time_asleep": slept(0, 2388),
            },
        ),
        (
            "search",
            {"hourly_cost": 0.0494},
            {
                "phase": Phase.WAKING,
                "since": at("09:14"),
                "wake": Wake(NOW, failed=True, cause=CAUSE),
                "usual_wake": minutes(1),
                "time_asleep": slept(554, 1720),
            },
        ),
        (
            "web",
            {"hourly_cost": 0.0247},
            {
                "phase": Phase.ASLEEP,
                "since": at("09:02"),
                "last_activity": at("08:53"),
                "usual_wake": minutes(0.6),
                "time_asleep": slept(433, 1533),
            },
        ),
    ]
    services = tuple(Service(key, ServiceName(CLUSTER, f"{key}-service"), **more) for key, more, _ in fixtures)
    states = {s.name: ServiceState(s.name, **state) for s, (_, _, state) in zip(services, fixtures, strict=True)}
    search = ServiceName(CLUSTER, "search-service")
    failed = Explanation("wake_failed", FAILED, True, since=at("09:20"), logged=at("09:20"), phase=Phase.WAKING)
    return Stored(services, states, explanations={search: failed})


def ports_at(stored: Stored, now: datetime) -> Ports:
    """Return only the ports that the panel needs while no button is pressed."""
    return cast(Ports, SimpleNamespace(table=SimpleNamespace(read_all=lambda: stored), clock=lambda: now))


def take_picture(file: Path, settings: Settings, language: str = "en") -> None:
    """Show the panel in a dashboard and save a picture of it. Raise ``NoPicture`` without Chromium."""
    program = chromium()
    if program is None:
        raise NoPicture(NO_CHROMIUM)
    ports = ports_at(staging(), NOW)

    def panel(event: object) -> str:
        return show_panel(ports, event, function_arn=ARN, language=language)

    with CloudWatchFrame({ARN: panel}, ARN, settings) as frame, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, device_scale_factor=2)  # type: ignore[arg-type]
        page.goto(frame.url)
        page.locator("table").wait_for()
        page.screenshot(path=file, full_page=True, animations="disabled")
        browser.close()


if __name__ == "__main__":
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs" / "images" / "control-panel.png"
    take_picture(picture, Settings(title="staging: control panel", offset="+01:00"))
