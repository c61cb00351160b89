"""How leases and waiting requests are written to the table, and how many calls they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scale_to_zero.model.service_state import Lease
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error
from tests.contract.stage import MINUTE, NOW, WEB

UPDATE = "dynamodb.UpdateItem"
STATE = f"state#{WEB}"
REFUSED = aws_error("ConditionalCheckFailedException")
DONE: dict[str, Any] = {}


def one_after_the_other(*answers: dict[str, Any] | AwsError) -> Callable[[Parameters], dict[str, Any] | AwsError]:
    remaining = list(answers)
    return lambda _parameters: remaining.pop(0)


class TestItems:
    def test_an_operator_can_read_them(self, moto: MotoStage) -> None:
        moto.ports.table.take_lease(WEB, Lease.START_WATCHER, NOW + MINUTE)
        moto.ports.table.add_waiting_request(WEB, NOW, 10)
        moto.ports.table.add_waiting_request(WEB, NOW, 10)
        assert moto.item(STATE) == {
            "id": {"S": STATE},
            "lease_start_watcher": {"S": "2026-01-05T08:01:00.000000Z"},
            "waiting_since": {"S": "2026-01-05T08:00:00.000000Z"},
            "waiting_count": {"N": "2"},
        }


class TestCalls:
    def calls(self, moto: MotoStage) -> int:
        return len(moto.scripted.called(UPDATE))

    def test_one_call_says_that_max_waiting_requests_is_reached(self, moto: MotoStage) -> None:
        moto.ports.table.add_waiting_request(WEB, NOW, 1)
        before = self.calls(moto)
        assert not moto.ports.table.add_waiting_request(WEB, NOW, 1)
        assert self.calls(moto) == before + 1

    def test_there_is_no_call_if_max_waiting_requests_is_0(self, moto: MotoStage) -> None:
        moto.ports.table.add_waiting_request(WEB, NOW, 0)
        assert self.calls(moto) == 0

    @pytest.mark.parametrize(("last", "is_added"), [(DONE, True), (REFUSED, False)], ids=["room left", "full by then"])
    def test_of_two_first_requests_of_a_wake_the_later_one_tries_again(
        self, moto: MotoStage, last: dict[str, Any] | AwsError, is_added: bool
    ) -> None:
        moto.scripted.answer(UPDATE, one_after_the_other(REFUSED, REFUSED, last))
        assert moto.ports.table.add_waiting_request(WEB, NOW, 10) is is_added
        assert self.calls(moto) == 3

    def test_no_lease_and_no_count_depends_on_the_version_or_writes_it(self, moto: MotoStage) -> None:
        moto.ports.table.take_lease(WEB, Lease.WATCHER, NOW)
        moto.ports.table.add_waiting_request(WEB, NOW, 10)
        moto.ports.table.remove_waiting_request(WEB, NOW)
        for call in moto.scripted.called(UPDATE):
            assert "version" not in call["UpdateExpression"] + call["ConditionExpression"]
