from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from local_aws.dashboard import DashboardRefused, WidgetValues, draw, widget_values
from local_aws.dashboard.markdown import MarkdownRefused, lay_out
from local_aws.metric_math import ExpressionRefused
from simulator.world.metrics import MetricStore

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ELEVEN = EIGHT + timedelta(hours=3)
STATUS = ("CityGuided/ECS", "ServiceStatus", {"Service": "web"})
STATUS_ROW: list[Any] = ["CityGuided/ECS", "ServiceStatus", "Service", "web"]
REQUESTS = ("AWS/ApplicationELB", "RequestCount", {"TargetGroup": "web"})
REQUESTS_ROW: list[Any] = ["AWS/ApplicationELB", "RequestCount", "TargetGroup", "web"]
GREEN = "#00ff00"
POSITION = {"x": 0, "y": 0, "width": 24, "height": 6}
FUNCTION = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"


def graph(*rows: Any, **properties: Any) -> dict[str, Any]:
    common = {"region": "eu-west-3", "period": 60, "stat": "Sum", "title": "Graph"}
    return {"type": "metric", **POSITION, "properties": {**common, "metrics": list(rows), **properties}}


def text(markdown: str, **properties: Any) -> dict[str, Any]:
    return {"type": "text", **POSITION, "properties": {"markdown": markdown, **properties}}


def body(*widgets: Any, **more: Any) -> str:
    return json.dumps({"periodOverride": "inherit", "widgets": list(widgets), **more})


def active_in_the_second_hour() -> MetricStore:
    store = MetricStore()
    for minute in range(180):
        store.put(*STATUS, EIGHT + timedelta(minutes=minute), float(60 <= minute < 120))
    return store


def only(written: str, store: MetricStore, at: datetime = ELEVEN) -> WidgetValues:
    [values] = widget_values(written, store, at)
    return values


def test_a_graph_shows_its_visible_lines_by_label_with_their_newest_value() -> None:
    store = active_in_the_second_hour()
    hidden = [*STATUS_ROW, {"id": "status", "visible": False}]
    written = body(graph([{"expression": "IF(status > 0, 2, 1)", "label": "One more"}], hidden, title="State"))
    assert (only(written, store).title, only(written, store).newest) == ("State", {"One more": 1.0})
    assert only(written, store, EIGHT + timedelta(minutes=90)).newest == {"One more": 2.0}


def test_a_minute_is_shown_one_minute_after_its_end() -> None:
    store = MetricStore(custom_delay=timedelta(0))
    store.put(*STATUS, EIGHT, 1)
    written = body(graph(STATUS_ROW))
    assert not only(written, store, EIGHT + timedelta(seconds=119)).lines[0].points
    assert only(written, store, EIGHT + timedelta(seconds=120)).lines[0].points == {EIGHT: 1}


def test_live_data_shows_a_minute_at_once() -> None:
    store = MetricStore(custom_delay=timedelta(0))
    store.put(*STATUS, EIGHT, 1)
    assert only(body(graph(STATUS_ROW, liveData=True)), store, EIGHT + timedelta(seconds=1)).newest == {
        "ServiceStatus": 1
    }


def test_a_metric_two_minutes_late_is_not_filled_with_a_false_zero_at_the_right_edge() -> None:
    store = MetricStore()
    written = body(graph([{"expression": "FILL(r, 0)", "id": "e"}], [*REQUESTS_ROW, {"id": "r", "visible": False}]))
    for minute in range(120):
        store.put(*REQUESTS, EIGHT + timedelta(minutes=minute), 5)
    for second in range(0, 120, 7):
        assert only(written, store, EIGHT + timedelta(minutes=60, seconds=second)).newest == {"e": 5}


def test_a_line_whose_newest_minute_is_missing_shows_no_older_value_as_its_newest() -> None:
    store = MetricStore()
    store.put(*REQUESTS, EIGHT, 5)
    values = only(body(graph(REQUESTS_ROW)), store, EIGHT + timedelta(minutes=10))
    assert values.lines[0].points == {EIGHT: 5}
    assert values.newest == {"RequestCount": None}


def test_only_the_time_range_of_the_dashboard_is_evaluated() -> None:
    store = active_in_the_second_hour()
    points = only(body(graph(STATUS_ROW), start="-PT30M"), store, EIGHT + timedelta(minutes=90)).lines[0].points
    assert (min(points), max(points)) == (EIGHT + timedelta(minutes=60), EIGHT + timedelta(minutes=88))


def test_a_graph_with_its_own_start_ignores_the_start_of_the_dashboard() -> None:
    written = body(graph(STATUS_ROW, start="-PT2H"), graph(STATUS_ROW), start="-PT30M")
    shown = [values.lines[0].points for values in widget_values(written, active_in_the_second_hour(), ELEVEN)]
    assert [min(points) for points in shown] == [ELEVEN - timedelta(hours=2), ELEVEN - timedelta(minutes=30)]


def test_a_bar_of_the_whole_time_range_is_one_value_of_all_its_minutes() -> None:
    store = MetricStore(custom_delay=timedelta(0))
    for minute, value in enumerate([1000.0, *range(100)]):
        store.put(*STATUS, EIGHT + timedelta(minutes=minute), value)
    rows = [[*STATUS_ROW, {"stat": stat, "label": stat}] for stat in ("p90", "Sum")]
    written = body(graph(*rows, view="bar", start="-PT2H", setPeriodToTimeRange=True, period=60))
    at = EIGHT + timedelta(minutes=121, seconds=30)
    assert only(written, store, at).newest == {"p90": 89, "Sum": sum(range(100))}
    assert only(written, store, at - timedelta(minutes=1)).newest["Sum"] == 1000 + sum(range(100))


def test_bars_without_the_whole_time_range_show_its_newest_period() -> None:
    store = active_in_the_second_hour()
    written = body(graph([*STATUS_ROW, {"stat": "Sum"}], view="bar", period=3600))
    assert only(written, store, EIGHT + timedelta(minutes=123)).newest == {"ServiceStatus": 60}


def test_a_wrong_expression_is_refused_by_name() -> None:
    with pytest.raises(ExpressionRefused, match="ANOMALY_DETECTION_BAND"):
        only(body(graph([{"expression": "ANOMALY_DETECTION_BAND(m)"}], [*STATUS_ROW, {"id": "m"}])), MetricStore())
    with pytest.raises(ExpressionRefused, match="SEARCH"):
        only(body(graph([{"expression": "SEARCH('x')"}])), MetricStore())


def test_periods_that_cloudwatch_would_adapt_are_refused() -> None:
    with pytest.raises(DashboardRefused, match="set it to inherit"):
        only(json.dumps({"widgets": [graph(STATUS_ROW)]}), MetricStore())


def test_a_graph_of_different_periods_is_refused_by_its_title() -> None:
    with pytest.raises(DashboardRefused, match="'Mixed' must use one period"):
        only(body(graph(STATUS_ROW, [*STATUS_ROW, {"period": 300}], title="Mixed")), MetricStore())


def columns_with(color: tuple[float, float, float], file: Path, tolerance: float = 0.02) -> list[float]:
    """Return where a colour is found, as fractions of the picture's width."""
    image: Any = imread(file)[:, :, :3]
    close = (abs(image - color) < tolerance).all(axis=2).any(axis=0).tolist()
    return [column / len(close) for column, found in enumerate(close) if found]


def drawn(tmp_path: Path, written: str, store: MetricStore | None = None) -> Path:
    file = tmp_path / "dashboard.png"
    draw("Dashboard", written, store or MetricStore(), ELEVEN, file)
    return file


def test_an_area_is_drawn_where_the_service_was_active_and_nowhere_else(tmp_path: Path) -> None:
    row = [*STATUS_ROW, {"color": GREEN}]
    bounds = {"left": {"min": 0, "max": 1}}
    written = body(graph(row, stacked=True, yAxis=bounds, legend={"position": "hidden"}))
    area = columns_with((0.65, 1, 0.65), drawn(tmp_path, written, active_in_the_second_hour()))
    assert min(area) == pytest.approx(0.36, abs=0.03)
    assert max(area) == pytest.approx(0.66, abs=0.03)
    assert len(area) > 400


def test_a_line_is_not_drawn_across_a_gap(tmp_path: Path) -> None:
    store = MetricStore()
    for minute in [*range(60), *range(120, 178)]:
        store.put(*REQUESTS, EIGHT + timedelta(minutes=minute), 5)
    written = body(graph([*REQUESTS_ROW, {"color": GREEN}], legend={"position": "hidden"}))
    line = columns_with((0, 1, 0), drawn(tmp_path, written, store))
    assert not [column for column in line if 0.38 < column < 0.64]
    assert [column for column in line if column < 0.36]
    assert [column for column in line if column > 0.66]


def test_each_bar_has_its_own_position(tmp_path: Path) -> None:
    rows = [[*STATUS_ROW, {"color": color, "stat": "Sum"}] for color in ("#ff0000", GREEN, "#0000ff")]
    bars = graph(*rows, view="bar", setPeriodToTimeRange=True, legend={"position": "hidden"})
    file = drawn(tmp_path, body(bars), active_in_the_second_hour())
    red, green, blue = (columns_with(color, file) for color in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    assert max(red) < min(green) < max(green) < min(blue)
    assert all(len(bar) > 200 for bar in (red, green, blue))


def test_a_bar_without_a_value_is_not_drawn(tmp_path: Path) -> None:
    rows = [[*REQUESTS_ROW, {"color": GREEN}], [*STATUS_ROW, {"color": "#ff0000"}]]
    bars = graph(*rows, view="bar", setPeriodToTimeRange=True, legend={"position": "hidden"})
    file = drawn(tmp_path, body(bars), active_in_the_second_hour())
    assert not columns_with((0, 1, 0), file)
    assert columns_with((1, 0, 0), file)


def test_a_hidden_metric_is_not_drawn(tmp_path: Path) -> None:
    row = [*STATUS_ROW, {"color": GREEN, "visible": False}]
    assert not columns_with((0, 1, 0), drawn(tmp_path, body(graph(row)), active_in_the_second_hour()))


def test_an_annotation_is_drawn_across_the_graph_even_beyond_the_values(tmp_path: Path) -> None:
    annotations = {"horizontal": [{"value": 40, "label": "high", "color": GREEN, "fill": "above"}]}
    file = drawn(tmp_path, body(graph(STATUS_ROW, annotations=annotations)), active_in_the_second_hour())
    across = columns_with((0, 1, 0), file, tolerance=0.3)
    assert min(across) < 0.1
    assert max(across) > 0.9


def test_every_kind_of_widget_is_drawn(tmp_path: Path) -> None:
    widgets = [
        graph(STATUS_ROW, [*REQUESTS_ROW, {"yAxis": "right"}], legend={"position": "right"}, timezone="+0100"),
        graph(STATUS_ROW, view="singleValue"),
        graph(STATUS_ROW, REQUESTS_ROW, view="bar", yAxis={"left": {"label": "seconds"}}),
        graph(STATUS_ROW, start="-P4W", period=86400, yAxis={"left": {"label": "USD"}}),
        {"type": "custom", **POSITION, "properties": {"title": "Control panel", "endpoint": FUNCTION}},
        graph(REQUESTS_ROW, title="An empty graph with $ in a title too long for its space " * 5),
        text("# One\n\n**two** *three* `four` [five](https://example.com) $six$\n\n1. a\n2. b\n   - c\n\n---\n"),
        text("```\ncode\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n", background="transparent"),
    ]
    stacked = [{**widget, "y": 6 * number} for number, widget in enumerate(widgets)]
    height, width, _ = imread(drawn(tmp_path, body(*stacked), active_in_the_second_hour())).shape
    assert width == 1660
    assert height == pytest.approx((8 * 6 * 0.46 + 0.82) * 120, abs=1)


def test_a_dashboard_too_high_for_an_image_is_drawn_smaller(tmp_path: Path) -> None:
    height, _, _ = imread(drawn(tmp_path, body({**text("far below"), "y": 14_000}))).shape
    assert 2**15 < height < 2**16


def test_words_are_wrapped_to_the_width_and_none_is_missing() -> None:
    words = lay_out("Some words " * 40 + "**and the end**", width=4)
    assert "".join(word.text for word in words).split() == ["Some", "words"] * 40 + ["and", "the", "end"]
    assert len({word.top for word in words}) > 3
    assert all(word.left + word.width <= 4.1 for word in words)


def test_markdown_that_is_not_drawn_is_refused_by_name() -> None:
    with pytest.raises(MarkdownRefused, match="'image'"):
        lay_out("![picture](https://example.com/a.png)", width=4)
    with pytest.raises(MarkdownRefused, match="'blockquote'"):
        lay_out("> quoted", width=4)
