"""Error codes that no service's model names."""

from __future__ import annotations

from typing import Final

import moto.core.errors

from local_aws.patching import Patches

CODES: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "LocalAwsFailed", "NotModelled", "RequestEntityTooLarge"}
)


def install(patches: Patches) -> None:
    """AWS: answers some errors that are in no model. moto: answers them too, but warns each time."""
    patches.replace(moto.core.errors, "COMMON_ERROR_CODES", CODES.union)
