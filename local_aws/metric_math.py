"""CloudWatch's metric math, as far as this module's dashboard uses it; anything else is refused by name.

The rules are those of the CloudWatch User Guide, "Using math expressions with CloudWatch metrics":

* Arithmetic: "Missing values in a time series are treated as 0. If the value of a data point causes a function to
  attempt to divide by zero, the data point is dropped." Where both sides are missing there is no datapoint.
* Comparison gives 1 or 0; where only one series has a value, the missing one counts as 0.
* ``FILL(m, number)`` fills every missing period; ``FILL(m, REPEAT)`` repeats the most recent value before it, so
  nothing is filled before the first one. That a constant also fills a series without a single value is not
  documented; it is what dashboards show.
* ``IF``: nothing where the condition is missing, 0 where it is true and its series is missing, nothing where it is
  false and its series is missing or left out.
* ``SUM([a, b])`` adds series, missing values as 0; ``SUM(a)`` of one series is a plain number.
* "The final result of any math expression must be a single time series."

The syntax of this part of metric math is that of Python expressions, so Python's own parser reads it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

Points = Mapping[datetime, float]
"""A time series: the start of each period that has a value."""

_Value = float | Points | Sequence[Points]

ID: Final = re.compile(r"[a-z][a-zA-Z0-9_]*")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_REPEAT: Final = "REPEAT"

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISON: Final[Mapping[type[ast.cmpop], Callable[[float, float], float]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionRefused(Exception):
    """An expression is wrong or not modelled; the message is one sentence that quotes it."""


def evaluate(
    expressions: Mapping[str, str], metrics: Mapping[str, Points], periods: Sequence[datetime]
) -> Mapping[str, Points]:
    """Evaluate every expression of one request or widget; each may use metrics and other expressions by their id.

    ``periods`` are the starts of all periods of the request, oldest first: what FILL fills.
    Raises ``ExpressionRefused``.
    """
    request = _Request(expressions, metrics, periods)
    return {identifier: request.series(identifier) for identifier in expressions}


@dataclass
class _Request:
    """The expressions of one request, each evaluated once, when first needed."""

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
    """One expression: read by Python's parser, then evaluated node by node."""

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
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._pairwise(operator.sub, 0.0, self._value(operand))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                return self._pairwise(_ARITHMETIC[type(op)], self._value(left), self._value(right))
            case ast.Compare(ops=[op], left=left, comparators=[right]) if type(op) in _COMPARISON:
                return self._pairwise(_COMPARISON[type(op)], self._value(left), self._value(right))
            case ast.List(elts=elements):
                return [self._one_series(element) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise self._refused(f"'{ast.unparse(node)}' is not modelled")

    def _number(self, node: ast.Constant) -> float:
        written = ast.get_source_segment(self._text, node) or ""
        if not _NUMBER.fullmatch(written):
            raise self._refused(f"'{written}' is not a number")
        return float(written)

    def _named(self, identifier: str) -> Points:
        if not self._request.knows(identifier):
            raise self._refused(f"nothing has the id '{identifier}'")
        return self._request.series(identifier)

    def _call(self, name: str, arguments: list[ast.expr]) -> _Value:
        match name, arguments:
            case "FILL", [series, filler]:
                return self._fill(self._value(series), filler)
            case "IF", [condition, if_true]:
                return self._if(condition, if_true, None)
            case "IF", [condition, if_true, if_false]:
                return self._if(condition, if_true, if_false)
            case "SUM", [series]:
                return self._sum(self._value(series))
            case (("FILL" | "IF" | "SUM"), _):
                raise self._refused(f"{name} does not take {len(arguments)} arguments")
        raise self._refused(f"the function {name} is not modelled")

    def _pairwise(self, combine: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
        if isinstance(left, Sequence) or isinstance(right, Sequence):
            raise self._refused("operators between arrays of time series are not modelled")
        if not isinstance(left, Mapping) and not isinstance(right, Mapping):
            combined = _combined(combine, left, right)
            if combined is None:
                raise self._refused("it divides by zero")
            return combined
        instants = sorted({*_instants(left), *_instants(right)})
        results = {instant: _combined(combine, _at(left, instant), _at(right, instant)) for instant in instants}
        return {instant: result for instant, result in results.items() if result is not None}

    def _fill(self, series: _Value, filler: ast.expr) -> _Value:
        if isinstance(series, float):
            raise self._refused("FILL needs a time series")
        repeat = isinstance(filler, ast.Name) and filler.id == _REPEAT
        constant = None if repeat else self._value(filler)
        if constant is not None and not isinstance(constant, float):
            raise self._refused("FILL fills with a number or with REPEAT only")
        if isinstance(series, Mapping):
            return self._filled(series, constant)
        return [self._filled(one, constant) for one in series]

    def _filled(self, series: Points, constant: float | None) -> Points:
        filled: dict[datetime, float] = {}
        latest: float | None = None
        for period in self._request.periods:
            latest = series.get(period, latest)
            value = latest if constant is None else series.get(period, constant)
            if value is not None:
                filled[period] = value
        return filled

    def _if(self, condition: ast.expr, if_true: ast.expr, if_false: ast.expr | None) -> Points:
        decides = self._value(condition)
        true = self._scalar_or_series(if_true)
        false = self._scalar_or_series(if_false) if if_false is not None else {}
        if isinstance(decides, float):
            chosen = true if decides else false
            if not isinstance(chosen, Mapping):
                raise self._refused("IF needs a time series")
            return chosen
        if not isinstance(decides, Mapping):
            raise self._refused("IF of an array of time series is not modelled")
        return {
            instant: _at(true, instant) if holds else _at(false, instant)
            for instant, holds in decides.items()
            if holds or not isinstance(false, Mapping) or instant in false
        }

    def _sum(self, series: _Value) -> _Value:
        if isinstance(series, float):
            raise self._refused("SUM needs a time series")
        if isinstance(series, Mapping):
            return float(sum(series.values()))
        instants = sorted({instant for one in series for instant in one})
        return {instant: sum(one.get(instant, 0.0) for one in series) for instant in instants}

    def _one_series(self, node: ast.expr) -> Points:
        value = self._value(node)
        if not isinstance(value, Mapping):
            raise self._refused("an array may hold time series only")
        return value

    def _scalar_or_series(self, node: ast.expr) -> float | Points:
        value = self._value(node)
        if isinstance(value, Sequence):
            raise self._refused("IF of an array of time series is not modelled")
        return value

    def _refused(self, why: str) -> ExpressionRefused:
        return ExpressionRefused(f"The expression '{self._text}' is refused: {why}.")


def _instants(value: float | Points) -> Sequence[datetime]:
    return list(value) if isinstance(value, Mapping) else []


def _at(value: float | Points, instant: datetime) -> float:
    return value.get(instant, 0.0) if isinstance(value, Mapping) else value


def _combined(combine: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        return float(combine(left, right))
    except ZeroDivisionError:
        return None
