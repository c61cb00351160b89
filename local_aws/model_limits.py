"""The bounds in AWS's service models: lengths of texts and lists, and ranges of numbers.

Source: botocore's service models (``min`` and ``max`` of a shape). moto reads the same models and ignores the bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.core.utils import get_service_model

from .api_call import ApiCall, AwsError


def check(call: ApiCall) -> None:
    """Refuse parameters outside the model's bounds. Raises ``AwsError``."""
    shape = get_service_model(call.service).operation_model(call.action).input_shape
    faults = list(_faults(shape, call.parameters, "")) if shape is not None else []
    if faults:
        protocol = get_service_model(call.service).protocol
        code = "ValidationError" if protocol in {"query", "ec2"} else "ValidationException"
        plural = "s" if len(faults) > 1 else ""
        raise AwsError(code, f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if value is None:
        return
    if kind == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            yield from _faults(member, value.get(name), f"{path}.{name}".lstrip("."))
    elif kind == "list" and isinstance(value, Sequence):
        yield from _out_of_bounds(shape, len(value), path, "length")
        for index, item in enumerate(value, 1):
            yield from _faults(shape.member, item, f"{path}.{index}.member")
    elif kind == "map" and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults(shape.value, item, f"{path}.{key}")
    elif kind == "string" and isinstance(value, str):
        yield from _out_of_bounds(shape, len(value), path, "length")
    elif kind in {"integer", "long", "float", "double"} and isinstance(value, int | float):
        yield from _out_of_bounds(shape, value, path, "value")


def _out_of_bounds(shape: Any, measured: float, path: str, what: str) -> Iterator[str]:
    smallest, largest = shape.metadata.get("min"), shape.metadata.get("max")
    refused = f"Value at '{path}' failed to satisfy constraint: Member must have {what}"
    if largest is not None and measured > largest:
        yield f"{refused} less than or equal to {largest}"
    if smallest is not None and measured < smallest:
        yield f"{refused} greater than or equal to {smallest}"
