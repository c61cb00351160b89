"""The check that a function's code is a valid zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from local_aws.api_call import AwsError
from local_aws.patching import Patches

UNZIPPED_LIMIT: Final = 250 * 1024 * 1024
"""The most bytes of the unpacked code (Lambda Developer Guide, "Lambda quotas")."""

_NOT_A_ZIP: Final = "Could not unzip uploaded file. Please check your file, then try to upload again."


def install(patches: Patches) -> None:
    """Refuse a zip that cannot be unpacked or is too large, as AWS does; moto accepts any bytes."""
    patches.replace(LambdaFunction, "_set_function_code", _refusing_bad_zips)


def _refusing_bad_zips(original: Callable[[LambdaFunction, dict[str, Any]], None]) -> Any:
    def set_function_code(function: LambdaFunction, specification: dict[str, Any]) -> None:
        original(function, specification)
        _check(function.code_bytes)

    return set_function_code


def _check(code: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            if archive.testzip() is not None:
                raise AwsError("InvalidParameterValueException", _NOT_A_ZIP)
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise AwsError("InvalidParameterValueException", _NOT_A_ZIP) from None
    if size > UNZIPPED_LIMIT:
        message = f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes"
        raise AwsError("InvalidParameterValueException", message)
