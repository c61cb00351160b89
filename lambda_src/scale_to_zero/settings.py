"""The settings of the functions, from their environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

STATE_METRICS: Final = {"every_tick": True, "off": False}
LANGUAGES: Final = ("en", "fr")
NAMES: Final = (
    "INSTANCE_NAME",
    "TABLE_NAME",
    "METRIC_NAMESPACE",
    "SCALE_UP_FUNCTION",
    "SCALE_TO_ZERO_FUNCTION",
    "LONGEST_HOLD_MINUTES",
    "STATE_METRICS",
    "MESSAGE_LANGUAGE",
)


class SettingsRefused(Exception):
    """The environment variables are not as the module sets them; the message names every fault."""


@dataclass(frozen=True)
class Settings:
    """The environment variables, read and checked.

    ``instance``: the name of this instance of the module. ``longest_hold``: how long a service may be held awake at
    most. ``scale_up_function``: the name of the function that watches wakes. ``scale_to_zero_function``: the name of
    the function that puts services to sleep. ``publish_state_metrics``: whether each tick publishes ``ServiceStatus``
    and ``ServiceDesiredCount``. ``language``: of notifications and of the control panel.
    """

    instance: str
    table_name: str
    metric_namespace: str
    scale_up_function: str
    scale_to_zero_function: str
    longest_hold: timedelta
    publish_state_metrics: bool
    language: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check the environment. Raises ``SettingsRefused`` with all faults in one sentence."""
        faults = [f"{name} is missing" for name in NAMES if not environment.get(name)]
        minutes = environment.get("LONGEST_HOLD_MINUTES", "")
        if minutes and not (minutes.isascii() and minutes.isdigit() and int(minutes) > 0):
            faults.append("LONGEST_HOLD_MINUTES is not a whole number above 0")
        for name, allowed in (("STATE_METRICS", tuple(STATE_METRICS)), ("MESSAGE_LANGUAGE", LANGUAGES)):
            if environment.get(name) and environment[name] not in allowed:
                faults.append(f"{name} is not one of {', '.join(allowed)}")
        if faults:
            raise SettingsRefused(f"Apply the Terraform module again: {'; '.join(faults)}.")
        return cls(
            instance=environment["INSTANCE_NAME"],
            table_name=environment["TABLE_NAME"],
            metric_namespace=environment["METRIC_NAMESPACE"],
            scale_up_function=environment["SCALE_UP_FUNCTION"],
            scale_to_zero_function=environment["SCALE_TO_ZERO_FUNCTION"],
            longest_hold=timedelta(minutes=int(environment["LONGEST_HOLD_MINUTES"])),
            publish_state_metrics=STATE_METRICS[environment["STATE_METRICS"]],
            language=environment["MESSAGE_LANGUAGE"],
        )
