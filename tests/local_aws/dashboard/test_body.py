from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws.dashboard import DashboardRefused
from local_aws.dashboard.body import CustomWidget, MetricWidget, TextWidget, View, read
from simulator.world.metrics import Metric
from simulator.world.statistics import Statistic

FUNCTION = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"
METRIC = ["AWS/ECS", "CPUUtilization", "ServiceName", "web"]


def graph(*rows: Any, **properties: Any) -> dict[str, Any]:
    position = {"x": 0, "y": 0, "width": 6, "height": 6}
    return {"type": "metric", **position, "properties": {"metrics": list(rows), "region": "eu-west-3", **properties}}


def text(**properties: Any) -> dict[str, Any]:
    return {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": properties}


def custom(**properties: Any) -> dict[str, Any]:
    return {"type": "custom", "x": 0, "y": 0, "width": 24, "height": 8, "properties": properties}


def body(*widgets: Any, **more: Any) -> str:
    return json.dumps({"widgets": list(widgets), **more})


def faults(written: str) -> tuple[str, ...]:
    with pytest.raises(DashboardRefused) as refused:
        read(written)
    return refused.value.faults


def only_graph(written: str) -> MetricWidget:
    [widget] = read(written).widgets
    assert isinstance(widget, MetricWidget)
    return widget


def test_settings_that_a_graph_leaves_out_have_cloudwatchs_defaults() -> None:
    widget = only_graph(body(graph(METRIC)))
    [row] = widget.rows
    assert row.statistic == Statistic.AVERAGE
    assert row.period == timedelta(minutes=5)
    assert row.visible
    assert (widget.view, widget.stacked, widget.legend) == (View.TIME_SERIES, False, "bottom")
    assert widget.zone.utcoffset(None) == timedelta(0)
    assert not read(body()).keeps_periods


def test_a_metrics_own_statistic_and_period_win_over_the_graphs() -> None:
    own = [*METRIC, {"stat": "Maximum", "period": 120}]
    first, second = only_graph(body(graph(METRIC, own, stat="Sum", period=60))).rows
    assert (first.statistic, first.period) == (Statistic.SUM, timedelta(minutes=1))
    assert (second.statistic, second.period) == (Statistic.MAXIMUM, timedelta(minutes=2))


def test_a_dot_repeats_the_previous_metric_even_across_an_expression() -> None:
    rows = only_graph(body(graph(METRIC, [{"expression": "FILL(m, 0)"}], [".", "MemoryUtilization", ".", "."]))).rows
    assert rows[2].source == Metric.of("AWS/ECS", "MemoryUtilization", {"ServiceName": "web"})


@pytest.mark.parametrize(
    ("start", "length"),
    [
        ("-PT30M", timedelta(minutes=30)),
        ("-PT3H", timedelta(hours=3)),
        ("-P2D", timedelta(days=2)),
        ("-P1W", timedelta(weeks=1)),
    ],
)
def test_a_relative_start_is_read(start: str, length: timedelta) -> None:
    assert read(body(start=start)).time_range == length


def test_without_a_start_three_hours_are_shown() -> None:
    assert read(body()).time_range == timedelta(hours=3)


def test_a_time_zone_is_read_with_its_sign_and_minutes() -> None:
    assert only_graph(body(graph(METRIC, timezone="-0330"))).zone.utcoffset(None) == timedelta(hours=-3, minutes=-30)


def test_an_annotation_that_is_not_visible_is_not_drawn() -> None:
    annotations = {"horizontal": [{"value": 1, "label": "one"}, {"value": 2, "visible": False}]}
    assert [one.label for one in only_graph(body(graph(METRIC, annotations=annotations))).annotations] == ["one"]


def test_a_graphs_own_start_is_its_own_time_range() -> None:
    assert only_graph(body(graph(METRIC, start="-P4W"), start="-PT3H")).time_range == timedelta(weeks=4)
    assert only_graph(body(graph(METRIC), start="-PT3H")).time_range is None


def test_bars_can_show_the_whole_time_range() -> None:
    widget = only_graph(body(graph(METRIC, view="bar", setPeriodToTimeRange=True)))
    assert (widget.view, widget.whole_range) == (View.BAR, True)
    assert not only_graph(body(graph(METRIC, view="bar"))).whole_range


@pytest.mark.parametrize("stat", ["p0", "p50", "p99.9", "p100"])
def test_percentiles_are_statistics(stat: str) -> None:
    assert [row.statistic for row in only_graph(body(graph([*METRIC, {"stat": stat}]))).rows] == [stat]


def test_a_custom_widget_names_its_function() -> None:
    [widget] = read(
        body(custom(title="Control", endpoint=FUNCTION, params={"rows": 10}, updateOn={"refresh": True}))
    ).widgets
    assert isinstance(widget, CustomWidget)
    assert (widget.title, widget.endpoint) == ("Control", FUNCTION)


def test_a_text_keeps_its_markdown() -> None:
    assert read(body(text(markdown="# Title", background="transparent"))).widgets == (
        TextWidget(read(body(text(markdown=""))).widgets[0].position, "# Title", transparent=True),
    )


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{", "The dashboard body is not JSON"),
        ("[]", "/: [] is not of type 'object'"),
        ("{}", "/: 'widgets' is a required property"),
        (body(colour="red"), "'colour' was unexpected"),
        (body(start="3h"), "/start: '3h' does not match"),
        (body({**text(markdown=""), "type": "log"}), "/widgets/0/type: 'log' is not one of"),
        (body({**text(markdown=""), "z": 1}), "/widgets/0: Additional properties are not allowed ('z' was unexpected)"),
        (body({**text(markdown=""), "x": 24}), "/widgets/0/x: 24 is greater than the maximum of 23"),
        (body({**text(markdown=""), "x": 1}), "/widgets/0: the widget ends right of the grid's 24 columns."),
        (body({**text(markdown=""), "height": 1001}), "/widgets/0/height: 1001 is greater than the maximum of 1000"),
        (body(text()), "/widgets/0/properties: 'markdown' is a required property"),
        (body(text(markdown="", title="t")), "('title' was unexpected)"),
        (body(graph(METRIC, colour="red")), "/widgets/0/properties: Additional properties are not allowed"),
        (body(graph(METRIC, period=90)), "/widgets/0/properties/period: 90 is not a multiple of 60"),
        (body(graph(METRIC, stat="p101")), "/widgets/0/properties/stat: 'p101' does not match"),
        (body(graph(METRIC, stat="tm90")), "/widgets/0/properties/stat: 'tm90' does not match"),
        (body(graph(METRIC, start="28 days")), "/widgets/0/properties/start: '28 days' does not match"),
        (body(graph(METRIC, view="bar", setPeriodToTimeRange=1)), "setPeriodToTimeRange: 1 is not of type 'boolean'"),
        (body(custom(title="t")), "/widgets/0/properties: 'endpoint' is a required property"),
        (body(custom(endpoint="staging-panel")), "/widgets/0/properties/endpoint: 'staging-panel' does not match"),
        (body(custom(endpoint=FUNCTION, markdown="")), "('markdown' was unexpected)"),
        (body(custom(endpoint=FUNCTION, updateOn={"load": True})), "('load' was unexpected)"),
        (body(graph(METRIC, view="pie")), "/widgets/0/properties/view: 'pie' is not one of"),
        (body(graph(METRIC, timezone="Europe/Paris")), "/widgets/0/properties/timezone: 'Europe/Paris' does not"),
        (body(graph(METRIC, yAxis={"left": {"unit": "%"}})), "('unit' was unexpected)"),
        (body(graph(METRIC, annotations={"horizontal": [{"label": "x"}]})), "'value' is a required property"),
        (body(graph([*METRIC, {"color": "green"}])), "/widgets/0/properties/metrics/0/4/color: 'green' does not match"),
        (body(graph([*METRIC, {"id": "M1"}])), "/widgets/0/properties/metrics/0/4/id: 'M1' does not match"),
        (body(graph([*METRIC, {"id": "m"}], [*METRIC, {"id": "m"}])), "metrics/1: the id 'm' is taken."),
        (body(graph(["AWS/ECS"])), "metrics/0: a metric is a namespace, a name, and pairs"),
        (body(graph(METRIC[:3])), "metrics/0: a metric is a namespace, a name, and pairs"),
        (body(graph([".", "CPUUtilization"])), "metrics/0: '.' repeats what the metric before has"),
        (body(graph(METRIC, [*METRIC, ".", "."])), "metrics/1: '.' repeats what the metric before has"),
        (body(graph([*METRIC, {"expression": "m"}])), "metrics/0: an expression must stand alone."),
        (body(graph([{"id": "m"}, *METRIC])), "metrics/0: rendering properties must be one object at the end."),
    ],
)
def test_a_fault_is_refused_with_its_position(written: str, fault: str) -> None:
    [message] = faults(written)
    assert fault in message


def test_every_fault_is_reported_at_once() -> None:
    assert len(faults(body(text(), graph(METRIC, period=1, stat="mean")))) >= 3


def test_five_hundred_widgets_are_accepted_and_one_more_is_refused() -> None:
    assert len(read(body(*[text(markdown="")] * 500)).widgets) == 500
    assert faults(body(*[text(markdown="")] * 501)) == ("/widgets: maxItems is 500 there.",)


def test_five_hundred_metrics_of_a_graph_are_accepted_and_one_more_is_refused() -> None:
    assert len(only_graph(body(graph(*[METRIC] * 500))).rows) == 500
    assert faults(body(graph(*[METRIC] * 501))) == ("/widgets/0/properties/metrics: maxItems is 500 there.",)


def test_2500_metrics_and_expressions_of_a_dashboard_are_accepted_and_one_more_is_refused() -> None:
    full = graph(*[[*METRIC, {"visible": False}]] * 499, [{"expression": "FILL(m, 0)"}])
    assert len(read(body(*[full] * 5)).widgets) == 5
    [message] = faults(body(*[full] * 5, graph(METRIC)))
    assert message == "/widgets: the dashboard has 2501 metrics and expressions, and 2500 are allowed."
