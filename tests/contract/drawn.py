"""Hypothesis on a stage: every example of a test meets the same one, since to set up another takes longer."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def on_one_stage(max_examples: int) -> settings:
    """Settings of a test that takes a stage. An example must set everything that it asserts."""
    return settings(
        max_examples=max_examples, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    )
