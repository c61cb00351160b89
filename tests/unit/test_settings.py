"""The environment is read in one place, and all its faults are reported at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.settings import Settings, SettingsRefused

COMPLETE = {
    "INSTANCE_NAME": "staging",
    "TABLE_NAME": "staging-scale-to-zero",
    "METRIC_NAMESPACE": "CityGuided/ECS",
    "SCALE_UP_FUNCTION": "staging-scale-up",
    "SCALE_TO_ZERO_FUNCTION": "staging-scale-to-zero",
    "LONGEST_HOLD_MINUTES": "10080",
    "STATE_METRICS": "every_tick",
    "MESSAGE_LANGUAGE": "fr",
}


def test_a_complete_environment_is_read() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.longest_hold == timedelta(days=7)
    assert settings.scale_up_function == "staging-scale-up"
    assert settings.publish_state_metrics
    assert not Settings.from_env({**COMPLETE, "STATE_METRICS": "off"}).publish_state_metrics


def test_all_faults_are_in_one_sentence() -> None:
    with pytest.raises(SettingsRefused) as refusal:
        Settings.from_env({"LONGEST_HOLD_MINUTES": "soon", "STATE_METRICS": "sometimes"})
    for name in COMPLETE:
        assert name in str(refusal.value)


@pytest.mark.parametrize("minutes", ["0", "-1", "1.5", "²"])
def test_a_longest_hold_that_is_not_a_whole_number_above_zero_is_refused(minutes: str) -> None:
    with pytest.raises(SettingsRefused, match="LONGEST_HOLD_MINUTES"):
        Settings.from_env({**COMPLETE, "LONGEST_HOLD_MINUTES": minutes})
