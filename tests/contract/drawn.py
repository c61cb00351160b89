"""Values that Terraform never writes, and the settings with which all examples of a Hypothesis test share one stage.

Setting up a stage takes longer than most examples.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

Values = st.SearchStrategy[Any]

lists: Values = st.sampled_from([[None], ["a", None], [1], ["a", ["b"]]])
not_text: Values = st.booleans() | st.integers() | st.floats() | lists
not_texts: Values = st.none() | not_text | st.text()
not_flag: Values = st.none() | st.integers() | st.text() | lists
not_number: Values = st.booleans() | st.text() | lists
not_whole: Values = not_number | st.floats()


def on_one_stage(max_examples: int) -> settings:
    """Return the settings of a test that uses a stage. An example must set everything that it asserts.

    A failing example is not made smaller: that would take hundreds of examples, each with many calls.
    """
    return settings(
        max_examples=max_examples,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
