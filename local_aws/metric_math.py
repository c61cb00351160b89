"""The part of CloudWatch's metric math that this module's dashboard uses; anything else is refused by name.

The rules come from the CloudWatch User Guide, "Using math expressions with CloudWatch metrics":

* ``*``, ``-`` and ``/`` work on series and numbers: "Missing values in a time series are treated as 0. If the value of
  a data point causes a function to attempt to divide by zero, the data point is dropped." A minute that every series
  lacks has no value.
* The comparison of a series with a number gives 1 or 0 for each of its values.
* ``FILL(m, number)`` fills every missing period; ``FILL(m, REPEAT)`` repeats the most recent value before it, so
  nothing is filled before the first value. A constant also fills a series without any value: this is not documented,
  but dashboards show it.
* ``IF`` gives no value if the condition is missing, 0 if it is true and its series is missing, and no value if it is
  false and its series is missing.
* ``SUM([a, b])`` adds series, with missing values as 0. ``MIN([a, b])`` takes the lowest value of each minute. Its
  result is not documented if only some series have a value, so that is refused.
* ``RUNNING_SUM(m)``: the sum of all values so far, at each value.
* "The final result of any math expression must be a single time series."

This part of metric math has the syntax of Python expressions, so Python's parser reads it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Final

Points = Mapping[datetime, float]
"""A time series: each value by the start of its period."""

_Value = float | Points

ID: Final = re.compile(r"[a-z][a-zA-Z0-9_]*")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_REPEAT: Final = "REPEAT"
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Eq: operator.eq,
    ast.Gt: operator.gt,
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Mult: operator.mul,
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
}


class ExpressionRefused(Exception):
    """The error for an expression that is wrong or not modelled; its message is one sentence that quotes it."""


def evaluate(
    expressions: Mapping[str, str], metrics: Mapping[str, Points], periods: Sequence[datetime]
) -> Mapping[str, Points]:
    """Evaluate every expression of one request or widget; each can use metrics and other expressions by their id.

    ``periods``: the starts of all periods of the request, oldest first; FILL fills them.
    Raises ``ExpressionRefused``.
    """
    request = _Request(expressions, metrics, periods)
    return {identifier: request.series(identifier) for identifier in expressions}


@dataclass
class _Request:
    """The expressions of one request; each is evaluated once, when it is first needed."""

    expressions: Mapping[str, str]
    metrics: Mapping[str, Points]
    periods: Sequence[datetime]
    _done: dict[str, Points] = field(default_factory=dict)
    _under_way: list[str] = field(default_factory=list)

    def series(self, identifier: str) -> Points:
        if identifier in self.metrics:
            return self.metrics[identifier]
        if identifier not in self._done:
            if identifier in self._under_way:
                raise ExpressionRefused(f"The expression '{identifier}' must not depend on itself.")
            self._under_way.append(identifier)
            self._done[identifier] = _Expression(self.expressions[identifier], self).series()
            self._under_way.remove(identifier)
        return self._done[identifier]

    def knows(self, identifier: str) -> bool:
        return identifier in self.metrics or identifier in self.expressions


class _Expression:
    """One expression, which Python's parser reads and this class evaluates node by node."""

    def __init__(self, text: str, request: _Request) -> None:
        self._text = text.strip()
        self._request = request

    def series(self) -> Points:
        try:
            tree = ast.parse(self._text, mode="eval").body
        except (SyntaxError, ValueError) as wrong:
            raise self._refused("it cannot be read") from wrong
        value = self._value(tree)
        if not isinstance(value, Mapping):
            raise self._refused("its result must be a single time series")
        return value

    def _value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name(id=identifier):
                return self._named(identifier)
            case ast.Compare(ops=[op], left=left, comparators=[ast.Constant() as right]) if type(op) in _COMPARISONS:
                number, holds = self._number(right), _COMPARISONS[type(op)]
                compared = self._series(left, "a comparison")
                return {instant: float(holds(value, number)) for instant, value in compared.items()}
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                return self._calculated(_ARITHMETIC[type(op)], self._value(left), self._value(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise self._refused(f"'{ast.unparse(node)}' is not modelled")

    def _series(self, node: ast.expr, needed_by: str) -> Points:
        value = self._value(node)
        if isinstance(value, float):
            raise self._refused(f"{needed_by} needs a time series")
        return value

    def _number(self, node: ast.Constant) -> float:
        written = ast.get_source_segment(self._text, node) or ""
        if not _NUMBER.fullmatch(written):
            raise self._refused(f"'{written}' is not a number")
        return float(written)

    def _named(self, identifier: str) -> Points:
        if not self._request.knows(identifier):
            raise self._refused(f"nothing has the id '{identifier}'")
        return self._request.series(identifier)

    def _call(self, name: str, arguments: list[ast.expr]) -> Points:
        match name, arguments:
            case "FILL", [series, ast.Name(id=filler)] if filler == _REPEAT:
                return self._filled(self._series(series, name), None)
            case "FILL", [series, ast.Constant() as filler]:
                return self._filled(self._series(series, name), self._number(filler))
            case "FILL", [_, _]:
                raise self._refused("FILL fills with a number or with REPEAT only")
            case "IF", [condition, if_true, if_false]:
                return self._if(self._series(condition, name), self._value(if_true), self._value(if_false))
            case "SUM", [ast.List(elts=elements)]:
                return self._sum([self._series(element, name) for element in elements])
            case "MIN", [ast.List(elts=elements)]:
                return self._least([self._series(element, name) for element in elements])
            case (("SUM" | "MIN"), [_]):
                raise self._refused(f"{name} of anything but an array is not modelled")
            case "RUNNING_SUM", [series]:
                return self._running_sum(self._series(series, name))
            case (("FILL" | "IF" | "SUM" | "MIN" | "RUNNING_SUM"), _):
                raise self._refused(f"{name} of {len(arguments)} arguments is not modelled")
        raise self._refused(f"the function {name} is not modelled")

    def _filled(self, series: Points, constant: float | None) -> Points:
        """Fill every missing period with ``constant``, or with ``None`` with the value before it."""
        filled: dict[datetime, float] = {}
        latest: float | None = None
        for period in self._request.periods:
            latest = series.get(period, latest)
            value = latest if constant is None else series.get(period, constant)
            if value is not None:
                filled[period] = value
        return filled

    def _if(self, decides: Points, true: _Value, false: _Value) -> Points:
        return {
            instant: _at(true, instant) if holds else _at(false, instant)
            for instant, holds in decides.items()
            if holds or isinstance(false, float) or instant in false
        }

    def _sum(self, series: Sequence[Points]) -> Points:
        instants = sorted({instant for one in series for instant in one})
        return {instant: sum(one.get(instant, 0.0) for one in series) for instant in instants}

    def _least(self, series: Sequence[Points]) -> Points:
        instants = sorted({instant for one in series for instant in one})
        if any(instant not in one for one in series for instant in instants):
            raise self._refused("MIN of series that lack different values is not documented; FILL them")
        return {instant: min(one[instant] for one in series) for instant in instants}

    def _running_sum(self, series: Points) -> Points:
        instants = sorted(series)
        return dict(zip(instants, accumulate(series[instant] for instant in instants), strict=True))

    def _calculated(self, calculate: Callable[[float, float], float], left: _Value, right: _Value) -> Points:
        if isinstance(left, float) and isinstance(right, float):
            raise self._refused("arithmetic on numbers alone is not modelled")
        instants = sorted({instant for one in (left, right) if isinstance(one, Mapping) for instant in one})
        calculated: dict[datetime, float] = {}
        for instant in instants:
            with suppress(ZeroDivisionError):
                calculated[instant] = calculate(_at(left, instant), _at(right, instant))
        return calculated

    def _refused(self, why: str) -> ExpressionRefused:
        return ExpressionRefused(f"The expression '{self._text}' is refused: {why}.")


def _at(value: _Value, instant: datetime) -> float:
    return value if isinstance(value, float) else value.get(instant, 0.0)
