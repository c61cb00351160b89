from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.metric_data import Answer, QueryRefused, Request, TokenRefused, answer_queries
from local_aws.metric_math import ExpressionRefused
from simulator.world.metrics import Metric, MetricStore, StatusCode

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = EIGHT + timedelta(hours=1)
TEN = EIGHT + timedelta(hours=2)
NAMESPACE = "AWS/ApplicationELB"


def store_with(**counts: int) -> MetricStore:
    """Return a store with values 0, 1, 2 and so on, one per minute from eight o'clock on.

    ``counts``: the number of minutes by the metric's name.
    """
    store = MetricStore()
    for name, count in counts.items():
        for minute in range(count):
            store.put(NAMESPACE, name, {}, EIGHT + timedelta(minutes=minute), minute)
    return store


def query(name: str, identifier: str = "", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": NAMESPACE, "MetricName": name}
    return {"Id": identifier or name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, **more}


def with_period(seconds: int) -> dict[str, Any]:
    queried = query("b")
    return {**queried, "MetricStat": {**queried["MetricStat"], "Period": seconds}}


def get_metric_data(
    store: MetricStore, *queries: dict[str, Any], limit: int = 100_800, token: str | None = None, ascending: bool = True
) -> Answer:
    return answer_queries(Request(queries, EIGHT, NINE, ascending, limit, token), store, TEN)


def shape(answer: Answer) -> Sequence[tuple[str, list[float], str]]:
    return [(one.identifier, [value for _, value in one.points], one.status.value) for one in answer.results]


def test_results_are_in_the_order_of_the_queries_and_a_metric_without_data_is_complete_and_empty() -> None:
    answer = get_metric_data(store_with(a=2), query("b"), query("a"))
    assert shape(answer) == [("b", [], "Complete"), ("a", [0, 1], "Complete")]
    assert answer.next_token is None


def test_a_percentile_can_be_queried() -> None:
    queried = query("a")
    stat = {**queried["MetricStat"], "Stat": "p90", "Period": 3600}
    assert shape(get_metric_data(store_with(a=10), {**queried, "MetricStat": stat})) == [("a", [8], "Complete")]


def test_the_newest_datapoint_comes_first_by_default() -> None:
    assert shape(get_metric_data(store_with(a=3), query("a"), ascending=False)) == [("a", [2, 1, 0], "Complete")]


def test_only_visible_datapoints_are_returned() -> None:
    request = Request([query("a")], EIGHT, NINE, ascending=True)
    answer = answer_queries(request, store_with(a=60), EIGHT + timedelta(minutes=4, seconds=30))
    assert shape(answer) == [("a", [0, 1, 2], "Complete")]


def test_an_expression_is_evaluated_over_other_queries_which_need_not_be_returned() -> None:
    filled = {"Id": "e1", "Expression": "FILL(a, 7)"}
    answer = get_metric_data(store_with(a=2), query("a", ReturnData=False), filled)
    [(identifier, values, status)] = shape(answer)
    assert (identifier, values[:4], len(values), status) == ("e1", [0, 1, 7, 7], 60, "Complete")


def test_a_label_comes_from_the_query_or_is_the_name_of_the_metric() -> None:
    store = store_with(a=1)
    answer = get_metric_data(
        store, query("a", "x", Label="Requests"), query("a", "y"), {"Id": "z", "Expression": "SUM([x, y])"}
    )
    assert [result.label for result in answer.results] == ["Requests", "a", "z"]


def test_a_series_that_does_not_fit_is_partial_and_continued_by_the_token_without_loss_or_repetition() -> None:
    store = store_with(a=3, b=5)
    first = get_metric_data(store, query("a"), query("b"), limit=4)
    assert shape(first) == [("a", [0, 1, 2], "Complete"), ("b", [0], "PartialData")]
    second = get_metric_data(store, query("a"), query("b"), limit=4, token=first.next_token)
    assert shape(second) == [("b", [1, 2, 3, 4], "Complete")]
    assert second.next_token is None


def test_an_answer_with_an_expression_is_cut_off_without_a_token() -> None:
    answer = get_metric_data(store_with(a=3), query("a"), {"Id": "e1", "Expression": "SUM([a, a])"}, limit=4)
    assert shape(answer) == [("a", [0, 1, 2], "Complete"), ("e1", [0], "PartialData")]
    assert answer.next_token is None


@pytest.mark.parametrize(
    ("status", "values"),
    [(StatusCode.PARTIAL_DATA, [0, 1]), (StatusCode.INTERNAL_ERROR, []), (StatusCode.FORBIDDEN, [])],
)
def test_a_metric_that_is_not_complete_has_its_status_code_and_does_not_affect_others(
    status: StatusCode, values: list[float]
) -> None:
    store = store_with(a=4, b=1)
    store.statuses[Metric.of(NAMESPACE, "a", {})] = status
    assert shape(get_metric_data(store, query("a"), query("b"))) == [
        ("a", values, status.value),
        ("b", [0], "Complete"),
    ]


def test_five_hundred_queries_are_answered_and_one_more_is_refused() -> None:
    queries = [query("a", f"m{number}") for number in range(501)]
    assert len(get_metric_data(store_with(a=1), *queries[:500]).results) == 500
    with pytest.raises(QueryRefused, match="1 to 500"):
        get_metric_data(store_with(a=1), *queries)


@pytest.mark.parametrize(
    ("queries", "why"),
    [
        ([], "1 to 500 members"),
        ([query("a", "A")], "lowercase letter"),
        ([query("a"), query("a")], "unique"),
        ([{"Id": "a"}], "either MetricStat or Expression"),
        ([query("a", Expression="1")], "either MetricStat or Expression"),
        ([query("a", AccountId="123456789012")], "AccountId, which is not modelled"),
        ([{**query("a"), "MetricStat": {**query("a")["MetricStat"], "Unit": "Count"}}], "one Unit"),
        ([with_period(30)], "multiple of 60"),
        ([{**query("a"), "MetricStat": {**query("a")["MetricStat"], "Stat": "tm99"}}], "'tm99'"),
        ([query("a"), with_period(300), {"Id": "e", "Expression": "SUM([a, b])"}], "different periods"),
    ],
)
def test_a_wrong_query_is_refused_with_its_reason(queries: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(QueryRefused, match=why):
        get_metric_data(MetricStore(), *queries)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(QueryRefused, match="StartTime must be less"):
        answer_queries(Request([query("a")], NINE, NINE), MetricStore(), TEN)


@pytest.mark.parametrize("limit", [0, 100_801])
def test_a_limit_beyond_the_documented_one_is_refused(limit: int) -> None:
    with pytest.raises(QueryRefused, match="MaxDatapoints"):
        get_metric_data(MetricStore(), query("a"), limit=limit)


def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(TokenRefused, match="'elsewhere'"):
        get_metric_data(MetricStore(), query("a"), token="elsewhere")


@pytest.mark.parametrize(
    ("expression", "why"), [("SEARCH('{AWS/ECS}', 'Sum')", "SEARCH is not modelled"), ("FILL(m, 0)", "has the id 'm'")]
)
def test_an_expression_without_a_metric_is_refused_by_name(expression: str, why: str) -> None:
    with pytest.raises(ExpressionRefused, match=why):
        get_metric_data(MetricStore(), {"Id": "e1", "Expression": expression})
