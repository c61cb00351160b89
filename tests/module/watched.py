"""What a person observes of a service minute by minute, and what its applied dashboard shows for the same minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from local_aws import LocalAws
from local_aws.dashboard import widget_values
from tests.module.applied import MINUTE, Subject, client
from tests.module.rendered import title_of

STATE, DESIRED, REQUESTS, RUNNING = (
    title_of("web", graph, "fr") for graph in ("state", "desired", "requests", "running")
)

NOW: Final = (STATE, DESIRED, REQUESTS, RUNNING)
"""The widgets that show a minute. The widgets of the second row show four weeks (``test_dashboard_history.py``)."""

Widgets = Mapping[str, float | None]
"""One minute: a value for each of these widgets, by its title."""


def watch(service: Subject, requests_a_minute: Sequence[int]) -> dict[datetime, Widgets]:
    """Send these numbers of requests in the next minutes. Return what was observed, by the start of the minute.

    Raise ``AssertionError`` if a request is not served, or if the service changes while it is watched.
    """
    aws = service.aws
    aws.advance(aws.now().replace(second=0, microsecond=0) + MINUTE - aws.now())
    observed: dict[datetime, Widgets] = {}
    for count in requests_a_minute:
        minute = aws.now()
        statuses = [service.request() for _ in range(count)]
        assert statuses == [200] * count
        seen = counts(service)
        aws.advance(MINUTE)
        assert counts(service) == seen, "the service changed while it was watched"
        desired, running = seen
        observed[minute] = {
            STATE: float(desired > 0),
            DESIRED: float(desired),
            REQUESTS: float(count),
            RUNNING: float(running),
        }
    return observed


def counts(service: Subject) -> tuple[int, int]:
    """Return the desired and the running count of one DescribeServices call."""
    described = service.describe()
    return described["desiredCount"], described["runningCount"]


def shown(aws: LocalAws, dashboard: str, minutes: Sequence[datetime]) -> dict[datetime, Widgets]:
    """Return what the dashboard, as stored in CloudWatch, shows now for these minutes."""
    body = client(aws, "cloudwatch").get_dashboard(DashboardName=dashboard)["DashboardBody"]
    widgets = widget_values(body, aws.world.metrics, aws.now())
    lines = {widget.title: line for widget in widgets if widget.title in NOW for line in widget.lines}
    assert len(lines) == sum(len(widget.lines) for widget in widgets if widget.title in NOW), "more than one line"
    return {minute: {title: line.points.get(minute) for title, line in lines.items()} for minute in minutes}


def newest(aws: LocalAws, dashboard: str) -> Widgets:
    """Return what each widget shows now at its right edge."""
    body = client(aws, "cloudwatch").get_dashboard(DashboardName=dashboard)["DashboardBody"]
    widgets = widget_values(body, aws.world.metrics, aws.now())
    return {one.title: one.lines[0].newest for one in widgets if one.title in NOW}
