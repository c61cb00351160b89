"""A month's price, compared with sums from the same price list that were calculated by hand."""

from __future__ import annotations

import json

import pytest

from benchmarks.prices import (
    PRICES,
    PRICES_FILE,
    PriceList,
    Prices,
    StandingUsage,
    TickUsage,
    monthly_price,
    price_list_in,
)

NOTHING = TickUsage(calls={}, metrics_requested=0, read_units=0, write_units=0, lambda_seconds=0, log_bytes=0)
BARE = StandingUsage(memory_mb=256, custom_metrics=0, dashboards=0)


def test_a_month_of_one_service_in_the_literal_design_costs_the_sum_calculated_by_hand() -> None:
    tick = TickUsage(
        calls={"ecs.DescribeServices": 1, "cloudwatch.GetMetricStatistics": 1, "cloudwatch.PutMetricData": 1},
        metrics_requested=0,
        read_units=0,
        write_units=0,
        lambda_seconds=0.1,
        log_bytes=0,
    )
    price = monthly_price(tick, StandingUsage(memory_mb=256, custom_metrics=2, dashboards=1))

    # 43,800 requests at $0.20 a million
    assert price.list_price["Lambda requests"] == pytest.approx(0.00876)
    # 43,800 x 0.1 s x 0.25 GB = 1,095 GB-s
    assert price.list_price["Lambda GB-seconds, arm64"] == pytest.approx(0.014600073)
    # 87,600 requests at $0.01 a thousand; DescribeServices is free
    assert price.list_price["other CloudWatch requests"] == pytest.approx(0.876)
    assert price.list_price["custom metrics"] == pytest.approx(0.60)
    assert price.list_price["dashboards"] == pytest.approx(3.00)
    assert price.total_list_price == pytest.approx(4.499360073)
    assert price.total_with_free_tier == 0


def test_a_month_of_a_thousand_services_costs_the_sum_calculated_by_hand() -> None:
    tick = TickUsage(
        calls={"ecs.DescribeServices": 100, "cloudwatch.GetMetricData": 1, "cloudwatch.PutMetricData": 2},
        metrics_requested=300,
        read_units=200,
        write_units=600,
        lambda_seconds=4,
        log_bytes=1024**3 / 43_800,
    )
    price = monthly_price(tick, StandingUsage(memory_mb=512, custom_metrics=2000, dashboards=1))

    assert price.list_price == pytest.approx(
        {
            "Lambda requests": 0.00876,
            "Lambda GB-seconds, arm64": 1.16800584,  # 87,600 GB-s
            "metrics requested by GetMetricData": 131.4,  # 13.14 million
            "other CloudWatch requests": 0.876,  # 87,600: GetMetricData is billed by its metrics
            "custom metrics": 600,
            "dashboards": 3,
            "alarm metrics": 0,
            "GB of log lines": 0.5,
            "DynamoDB read units": 1.095,  # 8.76 million
            "DynamoDB write units": 16.425,  # 26.28 million
        }
    )
    # Ten metrics are free. Lambda, the dashboard, the other requests and the logs stay within their free units.
    assert price.total_with_free_tier == pytest.approx(597 + 131.4 + 1.095 + 16.425)


def test_get_metric_data_has_no_free_tier() -> None:
    price = monthly_price(TickUsage({}, 1, 0, 0, 0, 0), BARE, ticks=1000)
    assert price.with_free_tier["metrics requested by GetMetricData"] == pytest.approx(0.01)


def test_custom_metrics_are_cheaper_beyond_ten_thousand_and_the_free_ones_are_the_most_expensive() -> None:
    assert PRICES.custom_metric.of(10_000) == pytest.approx(3000)
    assert PRICES.custom_metric.of(12_000) == pytest.approx(3200)
    assert PRICES.custom_metric.of_what_is_not_free(12_000) == pytest.approx(3197)


def test_only_units_beyond_the_free_units_are_paid() -> None:
    assert PRICES.lambda_gb_second.of_what_is_not_free(400_000) == 0
    assert PRICES.lambda_gb_second.of_what_is_not_free(400_001) == pytest.approx(0.0000133334)


def test_the_price_of_a_second_is_proportional_to_the_memory() -> None:
    tick = TickUsage({}, 0, 0, 0, lambda_seconds=1, log_bytes=0)
    small, large = (
        monthly_price(tick, StandingUsage(memory_mb=megabytes, custom_metrics=0, dashboards=0)).list_price[
            "Lambda GB-seconds, arm64"
        ]
        for megabytes in (256, 1024)
    )
    assert large == pytest.approx(4 * small)


def test_alarms_are_paid_beyond_the_first_ten() -> None:
    standing = StandingUsage(memory_mb=256, custom_metrics=0, dashboards=0, alarm_metrics=14)
    price = monthly_price(NOTHING, standing)
    assert price.list_price["alarm metrics"] == pytest.approx(1.40)
    assert price.with_free_tier["alarm metrics"] == pytest.approx(0.40)


def test_a_dashboard_is_free_only_with_at_most_fifty_metrics() -> None:
    small, large = (
        monthly_price(NOTHING, StandingUsage(memory_mb=256, custom_metrics=0, dashboards=1, dashboard_metrics=metrics))
        for metrics in (50, 51)
    )
    assert small.with_free_tier["dashboards"] == 0
    assert large.with_free_tier["dashboards"] == pytest.approx(3)


def test_no_two_prices_have_the_same_unit() -> None:
    assert len({price.unit for price in PRICES}) == len(PRICES)


def a_price(**changed: object) -> dict[str, object]:
    return {"unit": "u", "dollars": 1, "free_a_month": 0, "source": "s", "as_of": "2026", **changed}


def read(**changed: object) -> PriceList:
    prices = {name: a_price() for name in Prices._fields} | {"dashboard": a_price(**changed)}
    return price_list_in(json.dumps({"about": "a", "ticks_a_month": 1, "prices": prices}))


def test_a_price_can_be_lower_beyond_some_units() -> None:
    assert read(dollars_beyond=0.5, cheaper_beyond=10).prices.dashboard.of(12) == 11


@pytest.mark.parametrize(
    "changed",
    [
        {"dollars": "1"},
        {"dollars": True},
        {"dollars": None},
        {"free_a_month": -1},
        {"unit": ""},
        {"source": ""},
        {"as_of": ""},
        {"as_of": 2026},
        {"cheaper_beyond": 10},
        {"dollars_beyond": 0.5},
    ],
    ids=str,
)
def test_a_price_with_a_wrong_value_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|both"):
        read(**changed)


def test_a_price_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(TypeError):
        read(dolars=1)


@pytest.mark.parametrize("key", list(a_price()))
def test_a_price_without_one_of_its_keys_is_refused(key: str) -> None:
    contents = json.loads(PRICES_FILE.read_text(encoding="utf-8"))
    del contents["prices"]["dashboard"][key]
    with pytest.raises(TypeError):
        price_list_in(json.dumps(contents))


@pytest.mark.parametrize("key", PriceList._fields)
def test_a_list_without_one_of_its_keys_is_refused(key: str) -> None:
    contents = json.loads(PRICES_FILE.read_text(encoding="utf-8"))
    del contents[key]
    with pytest.raises((KeyError, TypeError)):
        price_list_in(json.dumps(contents))


@pytest.mark.parametrize("name", Prices._fields)
def test_a_list_without_one_of_the_prices_is_refused(name: str) -> None:
    contents = json.loads(PRICES_FILE.read_text(encoding="utf-8"))
    del contents["prices"][name]
    with pytest.raises(TypeError):
        price_list_in(json.dumps(contents))


def test_a_list_with_a_price_that_nothing_uses_is_refused() -> None:
    contents = json.loads(PRICES_FILE.read_text(encoding="utf-8"))
    contents["prices"]["sms"] = a_price()
    with pytest.raises(TypeError):
        price_list_in(json.dumps(contents))


def test_a_month_has_a_whole_number_of_ticks() -> None:
    contents = json.loads(PRICES_FILE.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="ticks_a_month"):
        price_list_in(json.dumps(contents | {"ticks_a_month": "43800"}))
