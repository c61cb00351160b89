"""Metrics for Amazon CloudWatch, written to the log as lines in the embedded metric format.

CloudWatch Logs turns such a line into metrics (CloudWatch user guide, embedded metric format). This needs no call that
could fail or that a run would wait for. AWS Lambda passes a printed line on unchanged, whatever the log's format.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scale_to_zero.model.metrics import Measure

VALUES_A_METRIC: Final = 100
"""A limit of the format."""


class EmbeddedMetrics:
    """``Measures`` in the log. ``instance``: the module's name, a dimension of every metric."""

    def __init__(self, namespace: str, instance: str) -> None:
        self._namespace = namespace
        self._instance = instance

    def emit(self, measures: Sequence[Measure], at: datetime) -> None:
        """Print one line for all measures of one service with the same further dimensions."""
        for (service, further), alike in groupby(measures, lambda one: (one.service, one.further)):
            dimensions = dict(further)
            sets = [["Instance", *dimensions]]
            if service is not None:
                dimensions |= {"Service": service.service_name, "Cluster": service.cluster_name}
                sets.append(["Service", "Cluster", *dict(further)])
            self._print(list(alike), dimensions | {"Instance": self._instance}, sets, at)

    def _print(
        self, measures: Sequence[Measure], dimensions: dict[str, str], sets: list[list[str]], at: datetime
    ) -> None:
        units = {one.metric_name: one.unit for one in measures}
        values = {name: [one.value for one in measures if one.metric_name == name] for name in units}
        directive = {
            "Namespace": self._namespace,
            "Dimensions": sets,
            "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
        }
        line = {
            "_aws": {"Timestamp": round(at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
            **dimensions,
            **{name: sent[0] if len(sent) == 1 else sent[:VALUES_A_METRIC] for name, sent in values.items()},
        }
        # In one write: the output of several threads must not mix within a line.
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
