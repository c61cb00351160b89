from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.metric_math import ExpressionRefused, Points, evaluate

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
Values = list[float | None]
"""One value for each minute from eight o'clock on; ``None`` is a missing value."""


def series(values: Values) -> Points:
    return {EIGHT + timedelta(minutes=at): value for at, value in enumerate(values) if value is not None}


def result(expression: str, **metrics: Values) -> Values:
    length = max(map(len, metrics.values()), default=0)
    periods = [EIGHT + timedelta(minutes=at) for at in range(length)]
    points = evaluate({"e1": expression}, {name: series(values) for name, values in metrics.items()}, periods)["e1"]
    assert set(points) <= set(periods)
    return [points.get(period) for period in periods]


def refusal(expression: str, **metrics: Values) -> str:
    with pytest.raises(ExpressionRefused) as refused:
        result(expression, **(metrics or {"m1": [1], "m2": [2]}))
    return str(refused.value)


def test_a_comparison_with_a_number_gives_one_or_zero_for_each_value() -> None:
    assert result("m1 == 2", m1=[1, 2, 3, None]) == [0, 1, 0, None]
    assert result("m1 > 2", m1=[1, 2, 3, None]) == [0, 0, 1, None]


def test_fill_with_a_number_fills_every_missing_minute_of_the_request() -> None:
    assert result("FILL(m1, 0)", m1=[None, 5, None, 7, None]) == [0, 5, 0, 7, 0]
    assert result("FILL(m1, 0)", m1=[None, None]) == [0, 0]
    assert result("FILL(m1, 7.5)", m1=[None, 2]) == [7.5, 2]


def test_fill_with_repeat_repeats_the_previous_value_and_fills_nothing_before_the_first() -> None:
    assert result("FILL(m1, REPEAT)", m1=[None, 1, None, None, 0, None]) == [None, 1, 1, 1, 0, 0]
    assert result("FILL(m1, REPEAT)", m1=[None, None]) == [None, None]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, None, None]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, None, None]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, None]),
    ],
)
def test_if_behaves_as_in_the_user_guide(expression: str, values: Values) -> None:
    metrics: dict[str, Values] = {
        "metric1": [1, 1, 0, 0, None],
        "metric2": [30, None, 0, 0, 30],
        "metric3": [0, 0, 20, None, 20],
    }
    assert result(expression, **metrics) == values


def test_if_treats_any_value_except_zero_as_true() -> None:
    assert result("IF(m1, 1, 2)", m1=[-3, 0, 0.5]) == [1, 2, 1]


def test_sum_of_an_array_adds_minute_by_minute() -> None:
    assert result("SUM([m1, m2])", m1=[1, None, None], m2=[10, 20, None]) == [11, 20, None]
    assert result("SUM([FILL(m1, 0), FILL(m2, 0)])", m1=[1, None], m2=[None, None]) == [1, 0]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m1 - m2", [-9, 2, -30, None]),
        ("m1 * m2", [10, 0, 0, None]),
        ("m2 / m1", [10, 0, None, None]),
        ("100 * (1 - m1)", [0, -100, None, None]),
        ("m1 / 4", [0.25, 0.5, None, None]),
        ("m1 - m2 * 2 - 1", [-20, 1, -61, None]),
    ],
)
def test_arithmetic_treats_missing_values_as_zero_and_drops_a_division_by_zero(expression: str, values: Values) -> None:
    assert result(expression, m1=[1, 2, None, None], m2=[10, None, 30, None]) == values


def test_min_of_an_array_takes_the_lowest_value_minute_by_minute() -> None:
    assert result("MIN([m1, m2])", m1=[1, 5, None], m2=[10, 2, None]) == [1, 2, None]


def test_min_of_series_that_lack_different_minutes_is_refused() -> None:
    assert refusal("MIN([m1, m2])", m1=[1, None], m2=[1, 2]).endswith(
        "MIN of series that lack different values is not documented; FILL them."
    )


def test_a_running_sum_adds_the_present_values_and_keeps_gaps() -> None:
    assert result("RUNNING_SUM(m1)", m1=[1, None, -3, 0.5]) == [1, None, -2, -1.5]


def test_an_expression_can_use_another_in_any_order() -> None:
    points = evaluate({"a": "SUM([b, b])", "b": "SUM([m1, m1])"}, {"m1": series([1])}, [EIGHT])
    assert points == {"a": {EIGHT: 4}, "b": {EIGHT: 2}}


def test_an_expression_that_depends_on_itself_is_refused_by_name() -> None:
    with pytest.raises(ExpressionRefused, match=r"'[ab]' must not depend on itself"):
        evaluate({"a": "FILL(b, 1)", "b": "FILL(a, 1)"}, {}, [EIGHT])


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("AVG([m1, m2])", "the function AVG is not modelled"),
        ("SUM(METRICS())", "SUM of anything but an array is not modelled"),
        ("SUM(m1)", "SUM of anything but an array is not modelled"),
        ("SEARCH('{AWS/ECS}', 'Sum', 60)", "the function SEARCH is not modelled"),
        ("m1 + m2", "'m1 + m2' is not modelled"),
        ("m1 ** 2", "'m1 ** 2' is not modelled"),
        ("m1 ^ 2", "'m1 ^ 2' is not modelled"),
        ("m1 / [m1, m2]", "'[m1, m2]' is not modelled"),
        ("2 * 3", "arithmetic on numbers alone is not modelled"),
        ("MIN(m1)", "MIN of anything but an array is not modelled"),
        ("MIN([m1, 2])", "MIN needs a time series"),
        ("MAX([m1, m2])", "the function MAX is not modelled"),
        ("RUNNING_SUM(m1, m2)", "RUNNING_SUM of 2 arguments is not modelled"),
        ("RUNNING_SUM([m1, m2])", "'[m1, m2]' is not modelled"),
        ("RUNNING_SUM(2)", "RUNNING_SUM needs a time series"),
        ("-m1", "'-m1' is not modelled"),
        ("m1 < 2", "'m1 < 2' is not modelled"),
        ("m1 != 2", "'m1 != 2' is not modelled"),
        ("m1 > m2", "'m1 > m2' is not modelled"),
        ("0 < m1 < 3", "'0 < m1 < 3' is not modelled"),
        ("m1 > 1 AND m2 > 1", "it cannot be read"),
        ("FILL(m1, LINEAR)", "FILL fills with a number or with REPEAT only"),
        ("FILL(m1, m2)", "FILL fills with a number or with REPEAT only"),
        ("FILL(m1, -1)", "FILL fills with a number or with REPEAT only"),
        ("FILL(m1)", "FILL of 1 arguments is not modelled"),
        ("FILL(3, 0)", "FILL needs a time series"),
        ("FILL([m1, m2], 0)", "'[m1, m2]' is not modelled"),
        ("IF(m1, m2)", "IF of 2 arguments is not modelled"),
        ("IF(1, m1, m2)", "IF needs a time series"),
        ("1 > 2", "a comparison needs a time series"),
        ("SUM([m1, nobody])", "nothing has the id 'nobody'"),
        ("SUM([1, m1])", "SUM needs a time series"),
        ("m1 >", "it cannot be read"),
        ("", "it cannot be read"),
        ("5", "its result must be a single time series"),
        ("[m1, m2]", "'[m1, m2]' is not modelled"),
        ("m1 > 0x10", "'0x10' is not a number"),
        ("m1 == 'one'", "''one'' is not a number"),
        ("m1 == True", "'True' is not a number"),
        ("m1.real", "'m1.real' is not modelled"),
        ("__import__('os').getcwd()", "is not modelled"),
    ],
)
def test_a_wrong_or_unmodelled_expression_is_refused_with_the_reason(expression: str, why: str) -> None:
    message = refusal(expression)
    assert message.startswith(f"The expression '{expression}' is refused: ")
    assert message.endswith(f"{why}.")


gappy = st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), min_size=1, max_size=30)


@given(gappy)
def test_filled_series_have_no_gap_and_keep_every_value(values: Values) -> None:
    filled = result("FILL(m1, 0)", m1=values)
    assert filled == [0 if value is None else value for value in values]


@given(gappy)
def test_repeated_series_have_no_gap_after_their_first_value(values: Values) -> None:
    repeated = result("FILL(m1, REPEAT)", m1=values)
    first = next((at for at, value in enumerate(values) if value is not None), len(values))
    assert all(value is None for value in repeated[:first])
    assert all(value is not None for value in repeated[first:])


@given(gappy, gappy)
def test_a_sum_is_the_same_in_either_order(left: Values, right: Values) -> None:
    assert result("SUM([m1, m2])", m1=left, m2=right) == result("SUM([m2, m1])", m1=left, m2=right)


@given(gappy, gappy)
def test_the_sum_of_filled_series_has_no_gap_and_adds_the_present_values(left: Values, right: Values) -> None:
    length = max(len(left), len(right))
    there = [values + [None] * (length - len(values)) for values in (left, right)]
    added = result("SUM([FILL(m1, 0), FILL(m2, 0)])", m1=left, m2=right)
    assert added == [(one or 0) + (other or 0) for one, other in zip(*there, strict=True)]
