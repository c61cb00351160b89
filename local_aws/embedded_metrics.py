"""CloudWatch's embedded metric format: log lines that are metric data.

CloudWatch Logs reads every line of a log group. A line is metric data if it is one JSON object with
``_aws.CloudWatchMetrics`` and nothing before or after it. It gives one value, or all values of an array, for each
metric of each directive in each of the directive's dimension sets (CloudWatch User Guide, "Specification: Embedded
metric format"). These values become visible as late as values of PutMetricData, and without their units.

A line that breaks the format gives no metric at all and stays a log line. On AWS only a count shows it
(``EMFValidationErrors``); here it is kept in ``refused`` and logged.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jsonschema import Draft202012Validator
from moto.core.utils import get_service_model

from simulator.world.metrics import MetricStore

from .lambda_runtime import LogLine

METRICS_PER_DIRECTIVE: Final = 100
VALUES_PER_METRIC: Final = 100
DIMENSIONS_PER_SET: Final = 30
NAME_CHARACTERS: Final = 1024
DIMENSION_NAME_CHARACTERS: Final = 250
DIMENSION_VALUE_CHARACTERS: Final = 1024
LINE_BYTES: Final = 1024 * 1024
LARGEST_VALUE: Final = 2.0**360
OLDEST_TIMESTAMP: Final = timedelta(weeks=2)
NEWEST_TIMESTAMP: Final = timedelta(hours=2)
"""The source of all these limits is the same page; of the last three also the API reference, MetricDatum."""

_LOGGER = logging.getLogger(__name__)
_UNITS: Final = get_service_model("cloudwatch").shape_for("StandardUnit").metadata["enum"]
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": NAME_CHARACTERS}
_DIMENSION: Final = {"type": "string", "minLength": 1, "maxLength": DIMENSION_NAME_CHARACTERS}
_DIRECTIVE: Final = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "properties": {
        "Namespace": _NAME,
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "maxItems": DIMENSIONS_PER_SET, "items": _DIMENSION},
        },
        "Metrics": {
            "type": "array",
            "maxItems": METRICS_PER_DIRECTIVE,
            "items": {
                "type": "object",
                "required": ["Name"],
                "properties": {"Name": _NAME, "Unit": {"enum": _UNITS}, "StorageResolution": {"const": 60}},
            },
        },
    },
}
_METADATA: Final = Draft202012Validator(
    {
        "type": "object",
        "required": ["Timestamp", "CloudWatchMetrics"],
        "properties": {"Timestamp": {"type": "integer"}, "CloudWatchMetrics": {"type": "array", "items": _DIRECTIVE}},
    }
)
"""The JSON schema of the same page; StorageResolution 1 is not modelled."""


class Refused(Exception):
    """The error for a line that breaks the format; its message is one sentence."""


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    at: datetime
    value: float


@dataclass(frozen=True)
class RefusedLine:
    """A line of a function's log that broke the format."""

    function_name: str
    instant: datetime
    reason: str


class EmbeddedMetrics:
    """The metrics in functions' logs, written to the metric store. ``refused``: every line that broke the format."""

    def __init__(self, store: MetricStore, lock: AbstractContextManager[Any]) -> None:
        self.refused: list[RefusedLine] = []
        self._store = store
        self._api_lock = lock

    def receive(self, function_name: str, line: LogLine) -> None:
        """Process a line of a function's log."""
        try:
            data = read(line.message, line.instant)
        except Refused as refused:
            self.refused.append(RefusedLine(function_name, line.instant, str(refused)))
            _LOGGER.warning("%s logged embedded metrics that CloudWatch would refuse: %s", function_name, refused)
            return
        if not data:
            return
        with self._api_lock:
            for one in data:
                self._store.put(one.namespace, one.name, one.dimensions, one.at, one.value, published=line.instant)


def read(line: str, now: datetime) -> list[Datum]:
    """Return the metric data of a log line, empty for an ordinary line. Raises ``Refused``."""
    document = _document(line)
    if document is None:
        return []
    metadata = document["_aws"]
    if len(line.encode()) > LINE_BYTES:
        raise Refused(f"A line must not be longer than {LINE_BYTES} bytes.")
    for fault in _METADATA.iter_errors(metadata):
        raise Refused(f"/_aws/{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}.")
    at = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC)
    if not now - OLDEST_TIMESTAMP <= at <= now + NEWEST_TIMESTAMP:
        raise Refused(f"The Timestamp {at} must be within two weeks before and two hours after now.")
    return [one for directive in metadata["CloudWatchMetrics"] for one in _data(directive, document, at)]


def _document(line: str) -> Mapping[str, Any] | None:
    # Most lines are ordinary, and this check is faster than parsing.
    if '"_aws"' not in line:
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    is_ours = isinstance(document, dict) and "CloudWatchMetrics" in (document.get("_aws") or {})
    return document if is_ours else None


def _data(directive: Mapping[str, Any], document: Mapping[str, Any], at: datetime) -> Iterator[Datum]:
    namespace = directive["Namespace"]
    if namespace.startswith("AWS/"):
        raise Refused(f"The Namespace {namespace} is for AWS services.")
    sets = [{name: _dimension(name, document) for name in names} for names in directive["Dimensions"]]
    for metric in directive["Metrics"]:
        for value in _values(metric["Name"], document):
            for dimensions in sets:
                yield Datum(namespace, metric["Name"], dimensions, at, value)


def _dimension(name: str, document: Mapping[str, Any]) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > DIMENSION_VALUE_CHARACTERS:
        raise Refused(
            f"The dimension {name} must be a text of at most {DIMENSION_VALUE_CHARACTERS} characters at the root."
        )
    return value


def _values(name: str, document: Mapping[str, Any]) -> list[float]:
    found = document.get(name)
    values: list[Any] = found if isinstance(found, list) else [found]
    if len(values) > VALUES_PER_METRIC or not all(_is_number(value) for value in values):
        raise Refused(f"The metric {name} must be a number, or up to {VALUES_PER_METRIC} numbers, at the root.")
    return [float(value) for value in values]


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= LARGEST_VALUE
