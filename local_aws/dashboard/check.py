"""The checks of a dashboard body: CloudWatch's own, and those for parts that local_aws does not draw.

Structure and limits come from the CloudWatch API Reference, "Dashboard Body Structure and Syntax", and from the
User Guide, "CloudWatch quotas": at most 500 widgets, 500 metrics in one graph, and 2,500 metrics in all graphs
together. Expressions count too, and so do metrics that only expressions use. Only the parts that ``body.schema.json``
lists are modelled; everything else is refused with its path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError

GRID_COLUMNS: Final = 24
METRICS_PER_DASHBOARD: Final = 2500
LONGEST_MESSAGE: Final = 200

_SCHEMA: Final = json.loads(Path(__file__).with_name("body.schema.json").read_text(encoding="utf-8"))
_STRUCTURE: Final = Draft202012Validator(_SCHEMA)


class DashboardRefused(Exception):
    """The error for a dashboard body that is wrong or not modelled; ``faults`` has one sentence for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


def find_faults(document: object) -> list[str]:
    """List all errors of a dashboard body, one sentence each, which begins with the path."""
    faults = [_sentence(error) for error in _STRUCTURE.iter_errors(document)]
    if faults or not isinstance(document, Mapping):
        return faults
    return list(_faults_of_content(document))


def _sentence(error: ValidationError) -> str:
    # Some messages quote a whole list.
    short = len(error.message) <= LONGEST_MESSAGE
    why = error.message if short else f"{error.validator} is {error.validator_value} there"
    return f"/{'/'.join(map(str, error.absolute_path))}: {why}."


def _faults_of_content(document: Mapping[str, Any]) -> Iterator[str]:
    total = 0
    for number, widget in enumerate(document["widgets"]):
        if widget["x"] + widget["width"] > GRID_COLUMNS:
            yield f"/widgets/{number}: the widget ends right of the grid's {GRID_COLUMNS} columns."
        rows = widget["properties"].get("metrics", [])
        total += len(rows)
        yield from (f"/widgets/{number}/properties/metrics/{index}: {why}." for index, why in _faults_of_rows(rows))
    if total > METRICS_PER_DASHBOARD:
        yield f"/widgets: the dashboard has {total} metrics and expressions, and {METRICS_PER_DASHBOARD} are allowed."


def _faults_of_rows(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, str]]:
    identifiers: set[str] = set()
    length_before = 0
    for index, row in enumerate(rows):
        names, rendering = split_row(row)
        if not all(isinstance(name, str) for name in names):
            yield index, "rendering properties must be one object at the end"
        elif "expression" in rendering:
            if names:
                yield index, "an expression must stand alone"
        elif len(names) < 2 or len(names) % 2:
            yield index, "a metric is a namespace, a name, and pairs of a dimension's name and value"
        elif "." in names[length_before:]:
            yield index, "'.' repeats what the metric before has at the same position, and it has nothing there"
        else:
            length_before = len(names)
        if (identifier := rendering.get("id")) is not None:
            if identifier in identifiers:
                yield index, f"the id '{identifier}' is taken"
            identifiers.add(identifier)


def split_row(row: Sequence[Any]) -> tuple[list[Any], Mapping[str, Any]]:
    """Split one entry of ``metrics`` into its names and its rendering properties."""
    if isinstance(row[-1], dict):
        return list(row[:-1]), row[-1]
    return list(row), {}
