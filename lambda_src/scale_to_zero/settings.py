"""What the functions are told by their environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

STATE_METRICS: Final = {"every_tick": True, "off": False}


class SettingsRefused(Exception):
    """The environment is not as the module sets it; the message names every fault at once."""


@dataclass(frozen=True)
class Settings:
    """The environment variables, read and checked.

    ``metric_fallback``: after how long a missing ``HealthyHostCount`` is taken at its word.
    ``scale_up_function``: the name of the function that sees a wake through.
    ``publish_state_metrics``: whether each tick publishes ``ServiceStatus`` and ``ServiceDesiredCount``.
    """

    table_name: str
    metric_namespace: str
    scale_up_function: str
    metric_fallback: timedelta
    publish_state_metrics: bool

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """Read them. Raises ``SettingsRefused`` with all faults in one sentence."""
        names = ("TABLE_NAME", "METRIC_NAMESPACE", "SCALE_UP_FUNCTION", "METRIC_FALLBACK_MINUTES", "STATE_METRICS")
        faults = [f"{name} is missing" for name in names if not environment.get(name)]
        minutes = environment.get("METRIC_FALLBACK_MINUTES", "")
        if minutes and not (minutes.isascii() and minutes.isdigit() and int(minutes) > 0):
            faults.append("METRIC_FALLBACK_MINUTES is no whole number above 0")
        published = environment.get("STATE_METRICS", "")
        if published and published not in STATE_METRICS:
            faults.append(f"STATE_METRICS is none of {', '.join(STATE_METRICS)}")
        if faults:
            raise SettingsRefused(f"Apply the Terraform module again: {'; '.join(faults)}.")
        return cls(
            table_name=environment["TABLE_NAME"],
            metric_namespace=environment["METRIC_NAMESPACE"],
            scale_up_function=environment["SCALE_UP_FUNCTION"],
            metric_fallback=timedelta(minutes=int(minutes)),
            publish_state_metrics=STATE_METRICS[published],
        )
