"""The log line from which CloudWatch makes metrics (CloudWatch user guide, embedded metric format specification)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scale_to_zero.aws.metrics.embedded import EmbeddedMetrics
from scale_to_zero.model.metrics import Measure
from tests.contract.stage import NOW, WEB

CITY = EmbeddedMetrics("CityGuided/ECS", "staging")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_measure_of_a_service_is_published_for_the_service_and_for_the_instance(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CITY.emit([Measure("WakeCount", 1, service=WEB), Measure("WakeDuration", 30.5, "Seconds", WEB)], NOW)
    [line] = lines(capsys)
    assert line["_aws"] == {
        "Timestamp": round(NOW.timestamp() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": "CityGuided/ECS",
                "Dimensions": [["Instance"], ["Service", "Cluster"]],
                "Metrics": [{"Name": "WakeCount", "Unit": "Count"}, {"Name": "WakeDuration", "Unit": "Seconds"}],
            }
        ],
    }
    assert (line["Instance"], line["Service"], line["Cluster"]) == ("staging", WEB.service_name, WEB.cluster_name)
    assert (line["WakeCount"], line["WakeDuration"]) == (1, 30.5)


def test_a_part_of_a_wake_has_its_own_line_with_the_part_in_every_set_of_dimensions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = [Measure("WakeDuration", value, "Seconds", WEB, (("Part", part),)) for part, value in PARTS.items()]
    CITY.emit([Measure("WakeDuration", 30, "Seconds", WEB), *parts], NOW)
    printed = lines(capsys)
    assert [line.get("Part") for line in printed] == [None, *PARTS]
    assert printed[1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["Instance", "Part"],
        ["Service", "Cluster", "Part"],
    ]


def test_a_measure_of_the_instance_names_no_service(capsys: pytest.CaptureFixture[str]) -> None:
    CITY.emit([Measure("Attention", 3, further=(("Reason", "wake_failed"),))], NOW)
    [line] = lines(capsys)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Instance", "Reason"]]
    assert "Service" not in line
    assert (line["Reason"], line["Attention"]) == ("wake_failed", 3)


def test_several_values_of_one_metric_are_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    CITY.emit([Measure("WaitingRequests", 1, service=WEB)] * 3, NOW)
    [line] = lines(capsys)
    assert line["WaitingRequests"] == [1, 1, 1]


def test_without_measures_there_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    CITY.emit([], NOW)
    assert lines(capsys) == []


PARTS = {"accepted": 1.0, "created": 2.0}
