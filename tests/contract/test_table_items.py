from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scale_to_zero.memory import Leaving, Memory, Phase, ServiceName, WakeParts
from scale_to_zero.model import Service, Unknown
from scale_to_zero.ports import CallFailed, MemoryChanged

from .moto_stage import MotoStage
from .scripted_aws import Parameters, aws_error
from .stage import API, NOW, SECOND, WEB

STATE = f"state#{WEB}"
MEMORY = Memory(WEB, Phase.ASLEEP, since=NOW, restore=2, usual_wake=timedelta(seconds=42.5))
CONFIG: dict[str, Any] = {
    "key": "web",
    "cluster_name": WEB.cluster_name,
    "service_name": WEB.service_name,
    "load_balancer_arn": None,
    "target_group_arns": [],
    "mode": "act",
    "idle_minutes": 5,
    "awake_count": None,
    "ignore_other_traffic": False,
    "wake_deadline_seconds": None,
}


def put_config(moto: MotoStage, text: str, key: str = "web") -> None:
    moto.put_item({"id": {"S": f"config#{key}"}, "config": {"S": text}})


class TestStateItems:
    def test_a_person_can_read_them(self, moto: MotoStage) -> None:
        moto.ports.memories.write(MEMORY)
        assert moto.item(STATE) == {
            "id": {"S": STATE},
            "schema": {"N": "1"},
            "version": {"N": "1"},
            "phase": {"S": "asleep"},
            "since": {"S": "2026-01-05T08:00:00.000000Z"},
            "restore": {"N": "2"},
            "failed": {"BOOL": False},
            "usual_wake_seconds": {"N": "42.5"},
        }

    def test_what_has_left_is_deleted_by_dynamodb_months_later_unless_it_comes_back(self, moto: MotoStage) -> None:
        leaves = moto.ports.memories.write(replace(MEMORY, leaving=Leaving(NOW)))
        assert "expires" not in moto.item(STATE)
        left = moto.ports.memories.write(replace(leaves, leaving=Leaving(NOW, done=True)))
        assert moto.item(STATE)["expires"] == {"N": str(int((NOW + timedelta(days=90)).timestamp()))}
        moto.ports.memories.write(replace(left, leaving=None))
        assert "expires" not in moto.item(STATE)

    def test_attributes_of_others_are_left_as_they_are(self, moto: MotoStage) -> None:
        written = moto.ports.memories.write(MEMORY)
        moto.set_attribute(STATE, "held_requests", {"N": "7"})
        again = moto.ports.memories.write(replace(written, phase=Phase.WAKING, restore=None))
        moto.ports.memories.note_activity({WEB: NOW})
        assert moto.item(STATE)["held_requests"] == {"N": "7"}
        assert moto.ports.memories.read(WEB) == replace(again, last_activity=NOW)

    def test_a_counter_alone_is_no_memory_and_hinders_none(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": STATE}, "held_requests": {"N": "7"}})
        assert moto.ports.memories.read(WEB) is None
        assert moto.ports.memories.read_all().memories == {}
        moto.ports.memories.note_activity({WEB: NOW})
        assert "last_activity" not in moto.item(STATE)
        assert moto.ports.memories.write(MEMORY).version == 1
        assert moto.item(STATE)["held_requests"] == {"N": "7"}

    def test_a_person_can_read_how_a_wake_went(self, moto: MotoStage) -> None:
        parts = WakeParts(asked=NOW, accepted=NOW + SECOND)
        moto.ports.memories.write(replace(MEMORY, wake_parts=parts, failure="No capacity", failures=2, retry_at=NOW))
        item = moto.item(STATE)
        assert {name: item[name] for name in ("wake_parts", "failure", "failures", "retry_at")} == {
            "wake_parts": {
                "M": {
                    "asked": {"S": "2026-01-05T08:00:00.000000Z"},
                    "accepted": {"S": "2026-01-05T08:00:01.000000Z"},
                }
            },
            "failure": {"S": "No capacity"},
            "failures": {"N": "2"},
            "retry_at": {"S": "2026-01-05T08:00:00.000000Z"},
        }

    def test_a_part_of_a_wake_that_is_not_known_yet_is_passed_over(self, moto: MotoStage) -> None:
        written = moto.ports.memories.write(replace(MEMORY, wake_parts=WakeParts(asked=NOW)))
        parts = {"asked": {"S": "2026-01-05T08:00:00Z"}, "warmed": {"S": "2026-01-05T08:00:00Z"}}
        moto.set_attribute(STATE, "wake_parts", {"M": parts})
        assert moto.ports.memories.read(WEB) == written

    def test_an_item_of_a_newer_schema_is_refused_and_not_overwritten(self, moto: MotoStage) -> None:
        moto.ports.memories.write(MEMORY)
        moto.set_attribute(STATE, "schema", {"N": "2"})
        unread = moto.ports.memories.read_all().memories[WEB]
        assert isinstance(unread, Unknown)
        assert "schema 2" in unread.why
        with pytest.raises(CallFailed, match="schema 2"):
            moto.ports.memories.read(WEB)
        before = moto.item(STATE)
        with pytest.raises(MemoryChanged):
            moto.ports.memories.write(MEMORY)
        assert moto.item(STATE) == before

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [
            ("phase", {"S": "dozing"}),
            ("since", {"S": "yesterday"}),
            ("since", {"S": "2026-01-05T08:00:00"}),
            ("since", {"N": "1767600000"}),
            ("restore", {"N": "1.5"}),
            ("failed", {"S": "no"}),
            ("usual_wake_seconds", {"N": "1e30"}),
            ("wake_parts", {"M": {"asked": {"S": "soon"}}}),
            ("wake_parts", {"S": "2026-01-05T08:00:00Z"}),
            ("failures", {"S": "3"}),
            ("failure", {"N": "3"}),
            ("claim_escort", {"S": "soon"}),
        ],
    )
    def test_a_broken_item_is_named_and_the_others_are_read(
        self, moto: MotoStage, attribute: str, value: dict[str, Any]
    ) -> None:
        moto.ports.memories.write(MEMORY)
        sound = moto.ports.memories.write(replace(MEMORY, name=API))
        moto.set_attribute(STATE, attribute, value)
        memories = moto.ports.memories.read_all().memories
        assert memories[API] == sound
        unread = memories[WEB]
        assert isinstance(unread, Unknown)
        assert unread.call_failed
        assert STATE in unread.why

    def test_an_id_without_a_cluster_is_nobodys(self, moto: MotoStage) -> None:
        moto.ports.memories.write(MEMORY)
        moto.put_item(moto.item(STATE) | {"id": {"S": "state#web"}})
        assert isinstance(moto.ports.memories.read_all().memories[ServiceName("web", "")], Unknown)

    def test_items_of_other_kinds_are_passed_over(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": "lease#scale-to-zero"}})
        stored = moto.ports.memories.read_all()
        assert (stored.services, stored.memories, stored.broken) == ((), {}, ())


class TestConfigurationItems:
    def test_what_terraform_writes_is_read(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG))
        assert moto.ports.memories.read_all().services == (Service("web", WEB),)

    def test_what_is_not_known_is_passed_over(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG | {"queue_arns": []}))
        assert moto.ports.memories.read_all().services == (Service("web", WEB),)

    @pytest.mark.parametrize(
        "text",
        [
            "not json",
            "[]",
            "{}",
            json.dumps(CONFIG | {"mode": "sometimes"}),
            json.dumps(CONFIG | {"idle_minutes": None}),
            json.dumps(CONFIG | {"idle_minutes": 0}),
            json.dumps(CONFIG | {"idle_minutes": True}),
            json.dumps(CONFIG | {"idle_minutes": 1e300}),
            json.dumps(CONFIG | {"awake_count": "1"}),
            json.dumps(CONFIG | {"ignore_other_traffic": "false"}),
            json.dumps(CONFIG | {"target_group_arns": "arn"}),
            json.dumps(CONFIG | {"target_group_arns": [None]}),
        ],
    )
    def test_a_broken_item_is_named_and_the_others_are_read(self, moto: MotoStage, text: str) -> None:
        put_config(moto, text)
        put_config(moto, json.dumps(CONFIG | {"key": "api", "service_name": "api"}), "api")
        stored = moto.ports.memories.read_all()
        assert [service.key for service in stored.services] == ["api"]
        assert len(stored.broken) == 1
        assert stored.broken[0].startswith("the configuration item config#web cannot be read (")
        assert stored.broken[0].endswith("; apply the module again")

    def test_an_item_without_its_attribute_is_named(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": "config#web"}})
        assert moto.ports.memories.read_all().broken == (
            "the configuration item config#web cannot be read (it lacks 'config'); apply the module again",
        )

    def test_two_items_of_one_service_are_not_followed_both(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG))
        put_config(moto, json.dumps(CONFIG | {"key": "renamed"}), "renamed")
        stored = moto.ports.memories.read_all()
        assert [service.key for service in stored.services] == ["renamed"]
        assert len(stored.broken) == 1


class TestCalls:
    def test_the_table_is_scanned_consistently_page_by_page(self, moto: MotoStage) -> None:
        def answer(asked: Parameters) -> dict[str, Any]:
            assert asked["ConsistentRead"] is True
            key = "b" if "ExclusiveStartKey" in asked else "a"
            item = {
                "id": {"S": f"config#{key}"},
                "config": {"S": json.dumps(CONFIG | {"key": key, "service_name": key})},
            }
            return {"Items": [item], **({"LastEvaluatedKey": {"id": {"S": "config#a"}}} if key == "a" else {})}

        moto.scripted.answer("dynamodb.Scan", answer)
        assert [service.key for service in moto.ports.memories.read_all().services] == ["a", "b"]

    def test_one_memory_is_read_consistently(self, moto: MotoStage) -> None:
        moto.ports.memories.read(WEB)
        assert moto.scripted.called("dynamodb.GetItem")[0]["ConsistentRead"] is True

    def test_a_transaction_holds_a_hundred_activities(self, moto: MotoStage) -> None:
        moto.scripted.answer("dynamodb.TransactWriteItems", {})
        moto.ports.memories.note_activity({ServiceName("c", f"s{number}"): NOW for number in range(201)})
        calls = moto.scripted.called("dynamodb.TransactWriteItems")
        assert sorted(len(call["TransactItems"]) for call in calls) == [1, 100, 100]

    def test_a_transaction_that_meets_another_is_repeated_and_then_given_up(self, moto: MotoStage) -> None:
        conflict = aws_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
        moto.scripted.answer("dynamodb.TransactWriteItems", conflict)
        with pytest.raises(CallFailed, match="cancelled 3 times \\(TransactionConflict\\)"):
            moto.ports.memories.note_activity({WEB: NOW})
        assert len(moto.scripted.called("dynamodb.TransactWriteItems")) == 3

    def test_a_denied_transaction_names_the_permission_that_allows_it(self, moto: MotoStage) -> None:
        moto.scripted.answer("dynamodb.TransactWriteItems", aws_error("AccessDeniedException", "no"))
        with pytest.raises(CallFailed, match=r"allow dynamodb:UpdateItem in the function's role"):
            moto.ports.memories.note_activity({WEB: NOW})
