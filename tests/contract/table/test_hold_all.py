"""The hold of all services is one item of the table, separate from the service states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Hold, HoldAll, Phase, ServiceState
from tests.contract.moto_stage import MotoStage
from tests.contract.stage import MINUTE, NOW, WEB, Stage

HOLD = HoldAll(NOW, NOW + 120 * MINUTE, "incident 42")
SOUND: dict[str, Any] = {
    "id": {"S": "hold_all"},
    "since": {"S": "2026-01-05T08:00:00.000000Z"},
    "until": {"S": "2026-01-05T10:00:00.000000Z"},
    "reason": {"S": "incident 42"},
}


# In local_aws moto itself handles the table.
@pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)
class TestHoldAll:
    def test_nothing_holds_every_service_at_first(self, stage: Stage) -> None:
        assert stage.ports.table.read_all().hold_all is None
        assert stage.ports.table.read_hold_all() is None

    @pytest.mark.parametrize(
        "hold",
        [HOLD, HoldAll(NOW + timedelta(microseconds=1), NOW + MINUTE), HOLD._replace(reason="panne n° 42 <grave>")],
    )
    def test_it_reads_as_it_was_written(self, stage: Stage, hold: HoldAll) -> None:
        stage.ports.table.write_hold_all(hold)
        stored = stage.ports.table.read_all()
        assert (stored.hold_all, stored.unreadable) == (hold, ())
        assert stage.ports.table.read_hold_all() == hold

    def test_a_later_hold_replaces_it_although_it_ends_earlier_and_has_no_reason(self, stage: Stage) -> None:
        stage.ports.table.write_hold_all(HOLD)
        shorter = HoldAll(NOW + MINUTE, NOW + 2 * MINUTE)
        stage.ports.table.write_hold_all(shorter)
        assert stage.ports.table.read_all().hold_all == shorter

    def test_releasing_leaves_nothing_and_can_be_repeated(self, stage: Stage) -> None:
        stage.ports.table.write_hold_all(HOLD)
        for _ in range(2):
            stage.ports.table.write_hold_all(None)
            assert stage.ports.table.read_all().hold_all is None

    def test_service_states_and_their_own_holds_are_not_changed(self, stage: Stage) -> None:
        written = stage.ports.table.write(ServiceState(WEB, Phase.AWAKE, since=NOW, hold=Hold(NOW + MINUTE, "demo")))
        stage.ports.table.write_hold_all(HOLD)
        assert stage.ports.table.read_all().states == {WEB: written}
        stage.ports.table.write_hold_all(None)
        assert stage.ports.table.read_all().states == {WEB: written}

    def test_a_refused_read_raises(self, stage: Stage) -> None:
        stage.refuse("read_hold_all")
        with pytest.raises(CallFailed):
            stage.ports.table.read_hold_all()

    @pytest.mark.parametrize(("call", "hold"), [("hold_all", HOLD), ("release_all", None)])
    def test_a_refused_call_raises_and_says_why(self, stage: Stage, call: str, hold: HoldAll | None) -> None:
        stage.refuse(call)
        with pytest.raises(CallFailed, match=r"\w"):
            stage.ports.table.write_hold_all(hold)


def test_an_operator_can_read_the_item(moto: MotoStage) -> None:
    moto.ports.table.write_hold_all(HOLD)
    assert moto.item("hold_all") == SOUND


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": {"S": "tomorrow"}},
        {"until": {"S": "2026-01-05T10:00:00"}},
        {"until": {"N": "1"}},
        {"since": {"BOOL": True}},
        {"since": {"S": "0001-01-01T00:00:00+23:00"}},
        {"reason": {"N": "42"}},
        {"until": None},
        {"since": None},
    ],
)
def test_an_item_that_cannot_be_read_is_unknown_and_named_with_the_fix(moto: MotoStage, wrong: dict[str, Any]) -> None:
    moto.put_item({name: value for name, value in (SOUND | wrong).items() if value is not None})
    moto.ports.table.write(ServiceState(WEB, Phase.AWAKE, since=NOW))
    stored = moto.ports.table.read_all()
    assert isinstance(stored.hold_all, Unknown)
    assert stored.unreadable == (stored.hold_all.why,)
    assert moto.ports.table.read_hold_all() == stored.hold_all
    assert stored.hold_all.why.startswith("the item hold_all cannot be read (")
    assert stored.hold_all.why.endswith(
        "); send the scale-up function a new hold_all_until, or null; until then no service is put to sleep"
    )
    assert set(stored.states) == {WEB}


def test_writing_or_releasing_repairs_an_item_that_cannot_be_read(moto: MotoStage) -> None:
    for hold in (HOLD, None):
        moto.put_item({"id": {"S": "hold_all"}, "until": {"N": "1"}, "reason": {"L": []}})
        moto.ports.table.write_hold_all(hold)
        stored = moto.ports.table.read_all()
        assert (stored.hold_all, stored.unreadable) == (hold, ())
