"""The literal design is measured with every step of the requirements' flow, for every service every minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.fleet import Scenario, all_asleep, all_due
from benchmarks.measure import measure_naive
from benchmarks.month import ASLEEP
from benchmarks.report import PAGE
from benchmarks.stub_process import StubProcess


@pytest.fixture(scope="module")
def stub() -> Iterator[StubProcess]:
    with StubProcess() as running:
        yield running


@pytest.mark.parametrize("scenario", [all_asleep(3), Scenario(3, awake=2, due=1), all_due(3)], ids=str)
def test_every_service_is_described_read_and_published_in_every_state(stub: StubProcess, scenario: Scenario) -> None:
    measured = measure_naive(stub, scenario)
    assert measured.warm_usage.calls == {
        "ecs.DescribeServices": 3,
        "cloudwatch.GetMetricStatistics": 3,
        "cloudwatch.PutMetricData": 3,
    }
    assert measured.warm_usage.custom_metrics == 6


def test_the_page_says_what_a_version_saves_that_reads_no_metrics_of_sleeping_services() -> None:
    # It saves one of the two CloudWatch requests of a service while the service is asleep.
    saved = ASLEEP * 1 / 2
    assert f"{saved * 100:.0f} % fewer CloudWatch requests" in PAGE.read_text(encoding="utf-8").replace("\n  ", " ")
