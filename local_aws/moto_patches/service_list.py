"""Which services there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto import backends

from local_aws.patching import Patches


def install(patches: Patches) -> None:
    """moto: lists the folders of its own package at every call of any API. They stay the same."""

    def make(moto: Callable[[], Any]) -> Callable[[], Any]:
        return cache(lambda: tuple(moto()))

    patches.replace(backends, "list_of_moto_modules", make)
