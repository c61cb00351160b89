"""GetMetricData without HTTP: queries answered from a store of metrics at a given instant, page by page.

The rules come from the CloudWatch API Reference, GetMetricData: at most 500 queries, and 100,800 datapoints in one
answer. A series that does not fit completely is marked PartialData and continued in the page of ``NextToken``, which
"is not returned if you are performing a math expression".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from local_aws import metric_math
from local_aws.metric_math import Points
from simulator.world.metrics import MINUTE, Metric, MetricStore, StatusCode, periods_between
from simulator.world.statistics import statistic

QUERIES_PER_CALL: Final = 500
DATAPOINTS_PER_CALL: Final = 100_800

_TOKEN: Final = re.compile(r"datapoint-(\d+)")
_MODELLED: Final = {"Id", "MetricStat", "Expression", "Label", "ReturnData", "Period"}


class QueryRefused(Exception):
    """The error for a query that is wrong or not modelled; its message is one sentence that names the query."""


class TokenRefused(Exception):
    """The error for a ``NextToken`` that no answer contained."""


@dataclass(frozen=True)
class Request:
    """The parameters of one call; ``start`` is included, ``end`` is not."""

    queries: Sequence[Mapping[str, Any]]
    start: datetime
    end: datetime
    ascending: bool = False
    limit: int = DATAPOINTS_PER_CALL
    token: str | None = None


@dataclass(frozen=True)
class Result:
    """One series of an answer; it is complete unless ``status`` says otherwise."""

    identifier: str
    label: str
    points: Sequence[tuple[datetime, float]]
    status: StatusCode


@dataclass(frozen=True)
class Answer:
    """One page, with the token of the next page; ``results`` are in the order of the queries."""

    results: Sequence[Result]
    next_token: str | None


@dataclass(frozen=True)
class _Wanted:
    """One query for a metric."""

    metric: Metric
    statistic: str
    period: timedelta


def answer_queries(request: Request, store: MetricStore, now: datetime) -> Answer:
    """Answer one call of GetMetricData.

    Raises ``QueryRefused``, ``ExpressionRefused`` or ``TokenRefused``.
    """
    _check(request)
    wanted = {query["Id"]: _wanted(query) for query in request.queries if "MetricStat" in query}
    expressions = {query["Id"]: query["Expression"] for query in request.queries if "Expression" in query}
    series = {identifier: _read(one, request, store, now) for identifier, one in wanted.items()}
    if expressions:
        series |= metric_math.evaluate(expressions, series, _periods(request, wanted.values()))
    whole = [
        _ordered(query, series[query["Id"]], _status(wanted.get(query["Id"]), store), ascending=request.ascending)
        for query in request.queries
        if query.get("ReturnData", True)
    ]
    return _page(whole, request, may_continue=not expressions)


def _check(request: Request) -> None:
    if not 0 < len(request.queries) <= QUERIES_PER_CALL:
        raise QueryRefused(f"MetricDataQueries must have 1 to {QUERIES_PER_CALL} members.")
    if request.start >= request.end:
        raise QueryRefused("The parameter StartTime must be less than the parameter EndTime.")
    if not 0 < request.limit <= DATAPOINTS_PER_CALL:
        raise QueryRefused(f"MaxDatapoints must be 1 to {DATAPOINTS_PER_CALL}.")
    identifiers: set[str] = set()
    for query in request.queries:
        identifier = query["Id"]
        if not metric_math.ID.fullmatch(identifier):
            raise QueryRefused(f"The Id '{identifier}' must be letters, digits and '_' after a lowercase letter.")
        if identifier in identifiers:
            raise QueryRefused(f"The Id '{identifier}' must be unique within the call.")
        identifiers.add(identifier)
        if ("MetricStat" in query) == ("Expression" in query):
            raise QueryRefused(f"The query '{identifier}' must have either MetricStat or Expression.")
        if unknown := query.keys() - _MODELLED:
            raise QueryRefused(f"The query '{identifier}' uses {', '.join(sorted(unknown))}, which is not modelled.")


def _wanted(query: Mapping[str, Any]) -> _Wanted:
    stat = query["MetricStat"]
    if "Unit" in stat:
        raise QueryRefused(f"The query '{query['Id']}' names one Unit, which is not modelled.")
    period = timedelta(seconds=stat["Period"])
    if period < MINUTE or period % MINUTE:
        raise QueryRefused(f"The Period of the query '{query['Id']}' must be a multiple of 60.")
    try:
        statistic(stat["Stat"])
    except ValueError:
        raise QueryRefused(f"The Stat '{stat['Stat']}' of the query '{query['Id']}' is not modelled.") from None
    metric = stat["Metric"]
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions", [])}
    name = Metric.of(metric["Namespace"], metric["MetricName"], dimensions)
    return _Wanted(name, stat["Stat"], period)


def _periods(request: Request, wanted: Collection[_Wanted]) -> list[datetime]:
    """Return the periods that FILL fills. Without a metric there are none, and then no expression has a result."""
    lengths = {one.period for one in wanted}
    if len(lengths) > 1:
        raise QueryRefused("Expressions beside metrics of different periods are not modelled.")
    return [at for length in lengths for at in periods_between(request.start, request.end, length)]


def _read(wanted: _Wanted, request: Request, store: MetricStore, now: datetime) -> Points:
    metric = wanted.metric
    points = store.datapoints(
        metric.namespace,
        metric.name,
        dict(metric.dimensions),
        request.start,
        request.end,
        wanted.period,
        wanted.statistic,
        now,
    )
    match store.statuses.get(metric, StatusCode.COMPLETE):
        case StatusCode.COMPLETE:
            return points
        case StatusCode.PARTIAL_DATA:
            return dict(list(points.items())[: len(points) // 2])
        case _:
            return {}


def _status(wanted: _Wanted | None, store: MetricStore) -> StatusCode:
    return StatusCode.COMPLETE if wanted is None else store.statuses.get(wanted.metric, StatusCode.COMPLETE)


def _ordered(query: Mapping[str, Any], points: Points, status: StatusCode, *, ascending: bool) -> Result:
    default = query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"]
    ordered = sorted(points.items(), reverse=not ascending)
    return Result(query["Id"], query.get("Label", default), ordered, status)


def _page(whole: Sequence[Result], request: Request, *, may_continue: bool) -> Answer:
    first = _first_datapoint(request.token)
    last = first + request.limit
    results: list[Result] = []
    passed = 0
    for result in whole:
        begin, passed = passed, passed + len(result.points)
        on_page = result.points[max(first - begin, 0) : max(last - begin, 0)]
        ends_here = passed <= last
        # A later page contains only series that were not complete before.
        if first and (passed <= first):
            continue
        results.append(
            Result(result.identifier, result.label, on_page, result.status if ends_here else StatusCode.PARTIAL_DATA)
        )
    return Answer(results, f"datapoint-{last}" if may_continue and passed > last else None)


def _first_datapoint(token: str | None) -> int:
    if token is None:
        return 0
    if not (match := _TOKEN.fullmatch(token)):
        raise TokenRefused(f"The NextToken '{token}' is not one that this call returned.")
    return int(match[1])
