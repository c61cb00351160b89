"""A call about one service of a thousand reads that service's items, and never the whole table (a Scan)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Explanation, HoldAll, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import PayloadRefused
from scale_to_zero.tick.run import run_tick
from scale_to_zero.web.api import answer_call
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from tests.simulation.module_instance import ModuleInstance
from tests.unit.web.api.gateway import an_event, as_sent

from .moto_stage import MotoStage
from .terraform_items import config_item

WEB: Final = a_service("web")
API: Final = a_service("api")
OTHERS: Final = tuple(Service(f"s{number:03}", ServiceName("c", f"s{number:03}")) for number in range(998))
READS: Final = ("Scan", "BatchGetItem", "GetItem")


class Thousand:
    """Two services in a world, and the items of 998 others. The table is on moto, and all else is in memory."""

    def __init__(self, moto: MotoStage) -> None:
        self.moto = moto
        self.instance = ModuleInstance(WEB, API)
        self.ports: Ports = replace(self.instance.ports.gathered(), table=moto.ports.table)
        moto.configure(WEB)
        moto.configure(API)
        run_tick(self.ports, publish=False, ends_at=self.instance.world.now + MINUTE)
        for service in OTHERS:
            moto.put_item(config_item(service))
        moto.scripted.calls.clear()

    def wake(self, **payload: object) -> Mapping[str, object]:
        ends_at = self.instance.world.now + 15 * MINUTE
        return _of_web(run_scale_up(self.ports, payload, longest_hold=LONGEST_HOLD, ends_at=ends_at))

    def sleep(self, **payload: object) -> Mapping[str, object]:
        payload_of_all, ends_at = {"action": "sleep", **payload}, self.instance.world.now + MINUTE
        return _of_web(run_sleep(self.ports, payload_of_all, ends_at=ends_at))

    def calls(self) -> dict[str, int]:
        """Return how often DynamoDB was called since the last time, by operation."""
        seen = Counter(name.removeprefix("dynamodb.") for name, _ in self.moto.scripted.calls if "dynamodb." in name)
        self.moto.scripted.calls.clear()
        return dict(seen)


def _of_web(answer: Mapping[str, object]) -> Mapping[str, object]:
    services = answer["services"]
    assert isinstance(services, Mapping)
    assert list(services) == ["web"]
    one = services["web"]
    assert isinstance(one, Mapping)
    return one


@pytest.fixture
def thousand(moto: MotoStage) -> Thousand:
    return Thousand(moto)


def test_a_sleep_and_a_wake(thousand: Thousand) -> None:
    answer = thousand.sleep(service="web")
    assert (answer["phase"], thousand.instance.desired(WEB)) == ("asleep", 0)
    slept = thousand.calls()
    assert "Scan" not in slept
    assert slept["BatchGetItem"] == 3
    assert sum(slept.values()) <= 12, slept

    assert thousand.wake(service="web")["phase"] == "waking"
    woken = thousand.calls()
    assert "Scan" not in woken
    assert woken["BatchGetItem"] == 2
    assert sum(woken.values()) <= 7, woken


def test_a_hold_and_its_release(thousand: Thousand) -> None:
    assert thousand.wake(service="web", hold_minutes=30, reason="demo")["hold"] is not None
    hold_calls = thousand.calls()
    assert thousand.wake(service="web", release=True)["hold"] is None
    released = thousand.calls()
    for calls in (hold_calls, released):
        assert {name: count for name, count in calls.items() if name in READS} == {"BatchGetItem": 2}
        assert sum(calls.values()) == 3


def test_the_status_of_one_over_the_api(thousand: Thousand) -> None:
    answered = as_sent(answer_call(thousand.ports, an_event("GET", "/services/web"), longest_hold=LONGEST_HOLD))
    assert (answered.code, answered.json_body()["phase"]) == (200, "awake")
    assert thousand.calls() == {"BatchGetItem": 2}


def test_watching_the_wakes_of_several(thousand: Thousand) -> None:
    ends_at = thousand.instance.world.now + 15 * MINUTE
    payload_of_all = {"services": ["web", "api"], "action": "sleep"}
    run_sleep(thousand.ports, payload_of_all, ends_at=ends_at)
    assert thousand.instance.desired(WEB) == thousand.instance.desired(API) == 0
    payload = {"services": ["web", "api"], "wait": True}
    run_scale_up(thousand.ports, payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    assert "Scan" not in thousand.calls()


def test_the_hold_of_all_and_the_explanation_are_in_the_answer(thousand: Thousand) -> None:
    now, states = thousand.instance.world.now, thousand.ports.table
    states.write_hold_all(HoldAll(now, now + 30 * MINUTE, "release night"))
    why = Explanation("unwatched", "web has an unwatched traffic source", True, now, now, Phase.AWAKE)
    states.explain(WEB.name, why, known=True)
    answer = thousand.wake(service="web", release=True)
    assert answer["trouble"] == "web has an unwatched traffic source"
    assert "it is held awake with all services until" in str(answer["message"])
    assert "release night" in str(answer["message"])
    assert thousand.sleep(service="web")["refused"] is True


def test_an_unknown_service_is_refused_with_the_names_of_the_services(thousand: Thousand) -> None:
    with pytest.raises(PayloadRefused, match=r"There is no service wbe: this module manages api, s000, .* more"):
        thousand.wake(service="wbe")
    calls = thousand.calls()
    assert set(calls) == {"BatchGetItem", "Scan"}


@pytest.mark.parametrize("key", ["x" * 3_000, "\ud800", "", "a/b"])
def test_a_name_that_no_service_can_have_is_refused_and_not_read(thousand: Thousand, key: str) -> None:
    with pytest.raises(PayloadRefused):
        thousand.wake(service=key)
    assert "BatchGetItem" not in thousand.calls()


def test_one_configuration_that_cannot_be_read_is_refused_with_its_sentence(thousand: Thousand) -> None:
    thousand.moto.put_item({"id": {"S": "config#unreadable"}, "config": {"S": json.dumps({})}})
    with pytest.raises(PayloadRefused, match=r"There is no service unreadable: .*config#unreadable cannot be read"):
        thousand.wake(service="unreadable")


def test_many_named_services_are_read_by_one_scan(thousand: Thousand) -> None:
    named = [service.key for service in OTHERS[:101]]
    run_scale_up(
        thousand.ports,
        {"services": named, "release": True},
        longest_hold=LONGEST_HOLD,
        ends_at=thousand.instance.world.now + MINUTE,
    )
    calls = thousand.calls()
    assert "Scan" in calls
    assert "BatchGetItem" not in calls
