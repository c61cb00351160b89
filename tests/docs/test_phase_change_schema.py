"""The schema of the notifications accepts every possible notification, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from scale_to_zero.actions.notification_events import event_detail
from scale_to_zero.actions.notification_texts import ChangeKind
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from tests.docs.pages import blocks

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/phase-change.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def the_detail(before: Phase, after: Phase, *, failed: bool = False) -> dict[str, object]:
    change = PhaseChange(3, NOW, before, after, Reason.IDLE, failed=failed, cause="No capacity" if failed else "")
    notification = Notification(Service("web", ServiceName("cluster", "web")), change)
    return json.loads(json.dumps(event_detail(notification, instance="staging", language="fr")))  # type: ignore[no-any-return]


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize("after", Phase)
def test_the_schema_accepts_every_change(before: Phase, after: Phase) -> None:
    VALIDATOR.validate(the_detail(before, after))
    VALIDATOR.validate(the_detail(before, after, failed=True))


def test_the_schema_accepts_the_event_on_the_page() -> None:
    [event] = blocks("json")
    VALIDATOR.validate(json.loads(event.text))


def test_the_schema_has_every_field_and_every_kind_of_change_and_phase() -> None:
    detail = the_detail(Phase.AWAKE, Phase.ASLEEP)
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(detail)
    assert SCHEMA["properties"]["change"]["enum"] == [change.value for change in ChangeKind]
    assert SCHEMA["$defs"]["phase"]["enum"] == [phase.value for phase in Phase]


@pytest.mark.parametrize("field", SCHEMA["required"])
def test_the_schema_refuses_a_detail_that_lacks_a_field(field: str) -> None:
    detail = the_detail(Phase.AWAKE, Phase.ASLEEP)
    del detail[field]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(detail)
