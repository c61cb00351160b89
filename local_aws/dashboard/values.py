"""The values in each graph of a dashboard at an instant: the metrics in its body, through CloudWatch's metric math."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_aws import metric_math
from local_aws.dashboard.body import Dashboard, MetricWidget, Row, read
from local_aws.dashboard.check import DashboardRefused
from local_aws.metric_math import Points
from simulator.world.metrics import MINUTE, Metric, MetricStore, periods_between


@dataclass(frozen=True)
class Line:
    """One visible line of a graph. ``points``: the values by the start of their period.

    ``newest``: the value of the newest period that is shown, ``None`` if that period has none.
    """

    label: str
    points: Points
    newest: float | None
    row: Row


@dataclass(frozen=True)
class WidgetValues:
    """The lines of one metric widget, in the order of its body.

    ``start`` and ``end``: the time range that is drawn.
    """

    widget: MetricWidget
    lines: tuple[Line, ...]
    start: datetime
    end: datetime

    @property
    def title(self) -> str:
        """The widget's title."""
        return self.widget.title

    @property
    def newest(self) -> Mapping[str, float | None]:
        """The value of each line for the newest period, by the line's label; ``None`` is a gap."""
        return {line.label: line.newest for line in self.lines}


def widget_values(body: str, store: MetricStore, at: datetime) -> list[WidgetValues]:
    """Evaluate every metric widget of a dashboard body as the console shows it at ``at``.

    Raises ``DashboardRefused`` for a wrong body, ``ExpressionRefused`` for a wrong expression.
    """
    dashboard = read(body)
    return [graph_values(dashboard, graph, store, at) for graph in graphs(dashboard)]


def graphs(dashboard: Dashboard) -> list[MetricWidget]:
    """Return the metric widgets of a dashboard, in the order of its body."""
    return [widget for widget in dashboard.widgets if isinstance(widget, MetricWidget)]


def graph_values(dashboard: Dashboard, graph: MetricWidget, store: MetricStore, at: datetime) -> WidgetValues:
    """Evaluate one metric widget.

    Without live data "only data points with an aggregation period of at least one minute in the past are shown"
    (CloudWatch User Guide, "Using live data"). Raises ``ExpressionRefused``.
    """
    if not dashboard.keeps_periods:
        raise DashboardRefused(
            ["/periodOverride: set it to inherit, because how 'auto' adapts periods is not modelled."]
        )
    start = at - (graph.time_range or dashboard.time_range)
    period = _period_of_the_whole(start) if graph.whole_range else _only_period(graph)
    end = at if graph.live_data or graph.whole_range else _last_period_end(at - MINUTE, period)
    metrics = {
        row.identifier: store.datapoints(*_named(row.source), start, end, period, row.statistic, at)
        for row in graph.rows
        if isinstance(row.source, Metric)
    }
    expressions = {row.identifier: row.source for row in graph.rows if not isinstance(row.source, Metric)}
    shown = periods_between(start, end, period)
    results = {**metrics, **metric_math.evaluate(expressions, metrics, shown)}
    lines = tuple(
        Line(row.label, results[row.identifier], _newest(results[row.identifier], shown), row)
        for row in graph.rows
        if row.visible
    )
    return WidgetValues(graph, lines, start, at)


def _newest(points: Points, shown: Sequence[datetime]) -> float | None:
    return points.get(shown[-1]) if shown else None


def _period_of_the_whole(start: datetime) -> timedelta:
    """Return a period that begins in the minute of ``start`` and ends decades later.

    There is one because CloudWatch counts periods from 1970.
    """
    return start.replace(second=0, microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)


def _only_period(graph: MetricWidget) -> timedelta:
    # An expression has the period of its metrics.
    periods = {row.period for row in graph.rows if isinstance(row.source, Metric)} or {MINUTE}
    if len(periods) > 1:
        raise DashboardRefused([f"The widget '{graph.title}' must use one period for all its metrics."])
    return periods.pop()


def _last_period_end(instant: datetime, period: timedelta) -> datetime:
    return periods_between(instant, instant + period, period)[0]


def _named(metric: Metric) -> tuple[str, str, Mapping[str, str]]:
    return metric.namespace, metric.name, dict(metric.dimensions)
