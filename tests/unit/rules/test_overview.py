"""The overview of a service of which only the configuration is known."""

from __future__ import annotations

import pytest

from scale_to_zero.model.observed import Unknown
from scale_to_zero.rules.overview import Overview, overview
from tests.unit.timeline import a_service, at


@pytest.mark.parametrize(
    ("state", "trouble"), [(None, ""), (Unknown("state#c/s cannot be read"), "state#c/s cannot be read")]
)
def test_the_overview_of_a_service_without_service_state_has_only_its_configuration(
    state: Unknown | None, trouble: str
) -> None:
    shown = overview(a_service(), state, at("10:00"))
    assert shown == Overview(
        a_service(),
        phase=None,
        failed=False,
        since=None,
        last_activity=None,
        hold=None,
        sleep_requested=False,
        usual_wake=None,
        expected=None,
        asleep_today=None,
        saved=None,
        trouble=trouble,
        explanation=None,
        held_with_all=None,
    )
