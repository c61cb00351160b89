"""The list of moto's services."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto import backends

from local_aws.patching import Patches


def install(patches: Patches) -> None:
    """Keep the list of moto's services, which moto reads from its package's folders for every API call."""

    def make(moto: Callable[[], Any]) -> Callable[[], Any]:
        return cache(lambda: tuple(moto()))

    patches.replace(backends, "list_of_moto_modules", make)
