"""Items of a batch that DynamoDB leaves unread are read again, a limited number of times."""

from __future__ import annotations

from typing import Any

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Phase, ServiceState
from tests.contract.moto_stage import TABLE, MotoStage
from tests.contract.scripted_aws import Parameters
from tests.contract.stage import NOW, WEB
from tests.contract.terraform_items import config_item


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that a test would make. They are recorded instead."""
    waited: list[float] = []
    monkeypatch.setattr("scale_to_zero.aws.table.batch_reads.time.sleep", waited.append)
    return waited


def test_unread_items_are_requested_again(moto: MotoStage, pauses: list[float]) -> None:
    items = {"config#web": config_item(Service("web", WEB))}
    rounds = iter([True, True, False])

    def answer(parameters: Parameters) -> dict[str, Any]:
        request = parameters["RequestItems"][TABLE]
        assert request["ConsistentRead"] is True
        if next(rounds, False):
            return {"Responses": {TABLE: []}, "UnprocessedKeys": {TABLE: request}}
        found = [items[key["id"]["S"]] for key in request["Keys"] if key["id"]["S"] in items]
        return {"Responses": {TABLE: found}, "UnprocessedKeys": {}}

    moto.scripted.answer("dynamodb.BatchGetItem", answer)
    assert moto.ports.table.read_services(["web"]).services == (Service("web", WEB),)
    assert pauses == [0.1, 0.2]


def test_only_unread_items_are_requested_again(moto: MotoStage) -> None:
    moto.configure(Service("web", WEB))
    written = moto.ports.table.write(ServiceState(WEB, Phase.AWAKE, NOW))
    requested: list[list[str]] = []

    def answer(parameters: Parameters) -> dict[str, Any]:
        ids = [key["id"]["S"] for key in parameters["RequestItems"][TABLE]["Keys"]]
        requested.append(ids)
        first, rest = moto.item(ids[0]), ids[1:]
        left = {TABLE: {"Keys": [{"id": {"S": one}} for one in rest], "ConsistentRead": True}} if rest else {}
        return {"Responses": {TABLE: [first] if first else []}, "UnprocessedKeys": left}

    moto.scripted.answer("dynamodb.BatchGetItem", answer)
    stored = moto.ports.table.read_services(["web"], [WEB])
    assert (stored.services, stored.states) == ((Service("web", WEB),), {WEB: written})
    assert [len(ids) for ids in requested] == [3, 2, 1]


def test_a_read_fails_if_items_stay_unread(moto: MotoStage, pauses: list[float]) -> None:
    moto.scripted.answer(
        "dynamodb.BatchGetItem", lambda parameters: {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}
    )
    with pytest.raises(CallFailed, match="throttled dynamodb:BatchGetItem, and 2 items were not read"):
        moto.ports.table.read_services(["web"])
    assert len(pauses) == 4
