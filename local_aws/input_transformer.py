"""EventBridge's input transformer: it makes the text that a target gets instead of the event.

The rules come from the EventBridge User Guide, "Amazon EventBridge input transformation", and from the API reference,
InputTransformer:

* ``InputPathsMap`` names values of the event by JSON paths; each ``<name>`` in the template is replaced by its value. A
  value that the event does not have becomes an empty text.
* A template is a JSON object, or lines of text, each in double quotes. Text is delivered with its quotes:
  an e-mail shows them (aws/aws-cdk#5924, hashicorp/terraform-provider-aws#43253).
* A text is inserted without escapes; outside of quotes it gets its own quotes. "EventBridge doesn't escape values
  extracted by Input Path" (Guide, "Common issues"). So a quote, a backslash or a line break in it can make the result
  invalid JSON, and then the target gets nothing. Anything else is inserted as JSON.

Array indices and wildcards in paths, and the predefined variables ``<aws.events...>``, are not modelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .api_call import AwsError

MOST_PATHS: Final = 100
_PATH: Final = re.compile(r"\$(\.[A-Za-z0-9_/-]+)*")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PIECE: Final = re.compile(r'(?P<escape>\\.)|(?P<quote>")|<(?P<name>[^<>]+)>')
_ABSENT: Final = object()


class TransformationFailed(Exception):
    """The error for a result that is not JSON, so that nothing can be delivered."""


def check(transformer: Mapping[str, Any]) -> None:
    """Refuse a transformer that AWS would refuse, or that is not modelled. Raises ``AwsError``."""
    paths = transformer.get("InputPathsMap") or {}
    template = transformer["InputTemplate"]
    if len(paths) > MOST_PATHS:
        raise _invalid(f"InputPathsMap must not have more than {MOST_PATHS} entries")
    for name, path in paths.items():
        if not _NAME.fullmatch(name) or name.upper().startswith("AWS."):
            raise _invalid(f"InputPathsMap must not have the key {name}")
        if not path.startswith("$"):
            raise _invalid(f"{path} is not a JSON path")
        if not _PATH.fullmatch(path):
            raise AwsError("NotModelled", f"not modelled: the JSON path {path}")
    for name in (match["name"] for match in _PIECE.finditer(template) if match["name"]):
        if name.startswith("aws."):
            raise AwsError("NotModelled", f"not modelled: <{name}> in an InputTemplate")
        if name not in paths:
            raise _invalid(f"the variable <{name}> of the InputTemplate is not in InputPathsMap")
    try:
        # Each variable becomes null, which is valid where JSON is allowed, and is not a text.
        _check_json(_filled(template, dict.fromkeys(paths)))
    except TransformationFailed as wrong:
        raise _invalid(f"the InputTemplate is neither a JSON object nor text in double quotes: {wrong}") from wrong


def transform(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return what the target gets for an event. Raises ``TransformationFailed``."""
    paths = transformer.get("InputPathsMap") or {}
    values = {name: _value(event, path) for name, path in paths.items()}
    result = _filled(transformer["InputTemplate"], values)
    _check_json(result)
    return result


def _value(event: Any, path: str) -> Any:
    for step in path.split(".")[1:]:
        if not isinstance(event, Mapping) or step not in event:
            return _ABSENT
        event = event[step]
    return event


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return "".join(_pieces(template, values))


def _pieces(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    in_quotes, end = False, 0
    for match in _PIECE.finditer(template):
        yield template[end : match.start()]
        end = match.end()
        if match["name"] is None:
            in_quotes ^= match["quote"] is not None
            yield match[0]
        else:
            yield _written(values[match["name"]], in_quotes=in_quotes)
    yield template[end:]


def _written(value: Any, *, in_quotes: bool) -> str:
    if value is _ABSENT:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value if in_quotes else f'"{value}"'


def _check_json(result: str) -> None:
    """Check that a result is a JSON object, or lines of JSON strings. Raises ``TransformationFailed``."""
    try:
        if result.lstrip().startswith("{"):
            json.loads(result)
            return
        lines = [json.loads(line) for line in result.strip().splitlines()]
    except ValueError as wrong:
        raise TransformationFailed(str(wrong)) from wrong
    if not lines or not all(isinstance(line, str) for line in lines):
        raise TransformationFailed("a line is not in double quotes")


def _invalid(why: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid InputTransformer: {why}.")
