"""What Terraform may send when a service enters, changes or leaves the module."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.commands.leaving_payload import is_from_terraform, read_uninstall
from scale_to_zero.rules.payload import PayloadRefused

UNINSTALL = {"cluster_name": "c", "service_name": "s", "awake_count": None, "mode": "act"}


@pytest.mark.parametrize(("action", "leaves"), [("create", False), ("update", False), ("delete", True)])
def test_terraform_says_whether_a_service_leaves(action: str, leaves: bool) -> None:
    payload = {"uninstall": UNINSTALL, "tf": {"action": action, "prev_input": None}}
    assert is_from_terraform(payload)
    assert read_uninstall(payload).leaves is leaves


@pytest.mark.parametrize(
    ("before", "after", "leaves_mode_act"),
    [("act", "dry_run", True), ("act", "off", True), ("act", "act", False), ("dry_run", "off", False)],
)
def test_a_service_whose_mode_is_no_longer_act_is_no_longer_managed(
    before: str, after: str, leaves_mode_act: bool
) -> None:
    previous = {"uninstall": {**UNINSTALL, "mode": before}}
    payload = {
        "uninstall": {**UNINSTALL, "mode": after},
        "tf": {"action": "update", "prev_input": previous},
    }
    assert read_uninstall(payload).leaves_mode_act is leaves_mode_act


@pytest.mark.parametrize(
    "payload",
    [
        {"tf": {"action": "delete"}},
        {"uninstall": UNINSTALL},
        {"uninstall": UNINSTALL, "tf": {"action": "explode"}},
        {"uninstall": {**UNINSTALL, "mode": "perhaps"}, "tf": {"action": "delete"}},
        {"uninstall": {**UNINSTALL, "service_name": None}, "tf": {"action": "delete"}},
        {"uninstall": UNINSTALL, "tf": {"action": "delete"}, "service": "web"},
        {"uninstall": UNINSTALL, "tf": "delete"},
    ],
)
def test_an_unreadable_payload_of_terraform_is_refused(payload: dict[str, object]) -> None:
    assert is_from_terraform(payload)
    with pytest.raises(PayloadRefused, match="Terraform's own"):
        read_uninstall(payload)


@settings(max_examples=40)
@example(count=0)
@example(count=5001)
@example(count=1.5)
@example(count=True)
@example(count="2")
@given(
    count=st.booleans()
    | st.integers(max_value=0)
    | st.integers(min_value=5001)
    | st.floats()
    | st.text()
    | st.just([2])
)
def test_an_awake_count_that_no_service_can_have_is_refused(count: object) -> None:
    payload = {"uninstall": {**UNINSTALL, "awake_count": count}, "tf": {"action": "delete"}}
    with pytest.raises(PayloadRefused, match="Terraform's own"):
        read_uninstall(payload)
