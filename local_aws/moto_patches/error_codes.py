"""Error codes that are in no service's model."""

from __future__ import annotations

from typing import Final

import moto.core.errors

from local_aws.patching import Patches

CODES: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "LocalAwsFailed", "NotModelled", "RequestEntityTooLarge"}
)


def install(patches: Patches) -> None:
    """Answer some errors that are in no model, as AWS does; moto answers them too, but warns each time."""
    patches.replace(moto.core.errors, "COMMON_ERROR_CODES", CODES.union)
