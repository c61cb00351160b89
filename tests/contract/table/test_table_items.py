from __future__ import annotations

import json
import string
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.errors import CallFailed, StateChanged
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Backoff, Explanation, Leaving, Phase, ServiceState, Wake
from tests.contract.drawn import not_flag, not_number, not_text, not_texts, not_whole, on_one_stage
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import Parameters, aws_error
from tests.contract.stage import NOW, SECOND, WEB
from tests.service_states import has_failed

STATE = f"state#{WEB}"
SERVICE_STATE = ServiceState(WEB, Phase.ASLEEP, since=NOW, restore=2, usual_wake=timedelta(seconds=42.5))
SOUND: Final = {
    "schema": {"N": "3"},
    "version": {"N": "1"},
    "phase": {"S": "asleep"},
    "since": {"S": "2026-01-05T08:00:00.000000Z"},
    "restore": {"N": "2"},
    "usual_wake_seconds": {"N": "42.5"},
}
"""The attributes of ``SERVICE_STATE``, without its id."""
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

WRONG_IN_CONFIG: Final = {
    "key": st.none() | not_text,
    "cluster_name": st.none() | not_text,
    "service_name": st.none() | not_text,
    "load_balancer_arn": not_text,
    "target_group_arns": not_texts,
    "mode": st.none() | not_text | st.sampled_from(["sometimes", "ACT", ""]),
    "idle_minutes": st.none() | not_number | st.floats(max_value=0) | st.sampled_from([0, 1e300, float("nan")]),
    "awake_count": not_whole,
    "ignore_other_traffic": not_flag,
    "wake_deadline_seconds": not_number | st.sampled_from([1e300, float("nan")]),
}
MAY_BE_MISSING: Final = frozenset({"load_balancer_arn", "awake_count", "wake_deadline_seconds"})


def put_config(moto: MotoStage, text: str, key: str = "web") -> None:
    moto.put_item({"id": {"S": f"config#{key}"}, "config": {"S": text}})


WHOLE_NUMBERS: Final = ("restore", "failures", "notified")
INSTANTS: Final = ("since", "requested_at", "stopped", "armed", "awake_since", "lease_watcher")
no_text = st.integers().map(lambda number: {"N": str(number)}) | st.booleans().map(lambda flag: {"BOOL": flag})
no_number = st.integers().map(lambda number: {"S": str(number)}) | st.just({"BOOL": True})
no_instant = no_text | (
    st.sampled_from(["soon", "yesterday", "2026-01-05", "2026-01-05T08:00:00"]) | st.text(string.ascii_letters)
).map(lambda text: {"S": text})
AN_INSTANT: Final = {"S": "2026-01-05T08:00:00Z"}
WRONG_IN_STATE: Final[dict[str, st.SearchStrategy[Any]]] = {
    "phase": no_text | st.sampled_from(["dozing", "ASLEEP"]).map(lambda phase: {"S": phase}),
    **dict.fromkeys(INSTANTS, no_instant),
    **dict.fromkeys(WHOLE_NUMBERS, no_number | st.just({"N": "1.5"})),
    "usual_wake_seconds": no_number | st.just({"N": "1e30"}),
    "wake": no_text
    | st.just({"S": "2026-01-05T08:00:00Z"})
    | st.just({"M": {}})
    | no_instant.map(lambda deadline: {"M": {"deadline": deadline}})
    | no_instant.map(lambda instant: {"M": {"deadline": AN_INSTANT, "first_requested_at": instant}})
    | st.sampled_from([{"S": "no"}, {"N": "0"}]).map(lambda failed: {"M": {"deadline": AN_INSTANT, "failed": failed}})
    | no_text.map(lambda cause: {"M": {"deadline": AN_INSTANT, "cause": cause}}),
    "stop": no_text | st.just({"M": {}}) | no_instant.map(lambda until: {"M": {"lease_until": until}}),
    "backoff": no_text | st.just({"M": {}}) | no_instant.map(lambda until: {"M": {"until": until}}),
}


@on_one_stage(max_examples=6)
@example(wrong={"since": {"S": "2026-01-05T08:00:00"}, "restore": {"N": "1.5"}, "usual_wake_seconds": {"N": "1e30"}})
@given(wrong=st.fixed_dictionaries(WRONG_IN_STATE))
def test_an_unreadable_state_item_is_named_and_the_others_are_read(
    moto: MotoStage, wrong: dict[str, dict[str, Any]]
) -> None:
    """Each service except the last has one wrong attribute."""
    names = {attribute: ServiceName("city", attribute) for attribute in wrong}
    for attribute, name in names.items():
        moto.put_item({"id": {"S": f"state#{name}"}, **SOUND, attribute: wrong[attribute]})
    moto.put_item({"id": {"S": STATE}, **SOUND})
    states = moto.ports.table.read_all().states
    assert states[WEB] == replace(SERVICE_STATE, version=1)
    for name in names.values():
        unread = states[name]
        assert isinstance(unread, Unknown)
        assert unread.call_failed
        assert f"state#{name}" in unread.why


def must_be_named(moto: MotoStage, configs: dict[str, str]) -> None:
    """Check that these configurations, by key, are reported as unreadable, and the others are read."""
    for key, text in configs.items():
        put_config(moto, text, key)
    put_config(moto, json.dumps(CONFIG))
    stored = moto.ports.table.read_all()
    assert [service.key for service in stored.services] == ["web"]
    named = {
        unreadable.removeprefix("the configuration item config#").partition(" ")[0] for unreadable in stored.unreadable
    }
    assert named >= set(configs)
    assert all(" cannot be read (" in unreadable for unreadable in stored.unreadable)
    assert all(unreadable.endswith("; apply the module again") for unreadable in stored.unreadable)


@on_one_stage(max_examples=8)
@example(wrong={"idle_minutes": 0, "target_group_arns": ["a", None]})
@example(wrong={"idle_minutes": 1e300, "awake_count": "1"})
@given(wrong=st.fixed_dictionaries(WRONG_IN_CONFIG))
def test_an_unreadable_configuration_item_is_named_and_the_others_are_read(
    moto: MotoStage, wrong: dict[str, Any]
) -> None:
    must_be_named(moto, {field: json.dumps(CONFIG | {field: value}) for field, value in wrong.items()})


def test_a_configuration_item_that_lacks_a_field_or_is_no_object_is_named(moto: MotoStage) -> None:
    lacking = {
        missing: json.dumps({field: value for field, value in CONFIG.items() if field != missing})
        for missing in CONFIG.keys() - MAY_BE_MISSING
    }
    must_be_named(moto, {**lacking, "no-json": "not json", "list": "[]", "empty": "{}"})


class TestStateItems:
    def test_an_operator_can_read_them(self, moto: MotoStage) -> None:
        moto.ports.table.write(SERVICE_STATE)
        assert moto.item(STATE) == {"id": {"S": STATE}, **SOUND}

    def test_dynamodb_deletes_a_service_that_has_left_months_later_unless_it_is_configured_again(
        self, moto: MotoStage
    ) -> None:
        leaves = moto.ports.table.write(replace(SERVICE_STATE, leaving=Leaving(NOW)))
        assert "expires" not in moto.item(STATE)
        left = moto.ports.table.write(replace(leaves, leaving=Leaving(NOW, done=True)))
        assert moto.item(STATE)["expires"] == {"N": str(int((NOW + timedelta(days=90)).timestamp()))}
        moto.ports.table.write(replace(left, leaving=None))
        assert "expires" not in moto.item(STATE)

    def test_attributes_of_other_writers_are_not_changed(self, moto: MotoStage) -> None:
        written = moto.ports.table.write(SERVICE_STATE)
        moto.set_attribute(STATE, "waiting_requests", {"N": "7"})
        again = moto.ports.table.write(replace(written, phase=Phase.WAKING, wake=Wake(NOW), restore=None))
        moto.ports.table.record_activity({WEB: NOW})
        assert moto.item(STATE)["waiting_requests"] == {"N": "7"}
        assert moto.ports.table.read(WEB) == replace(again, last_activity=NOW)

    def test_a_counter_alone_is_not_a_service_state_and_does_not_prevent_one(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": STATE}, "waiting_requests": {"N": "7"}})
        assert moto.ports.table.read(WEB) is None
        assert moto.ports.table.read_all().states == {}
        moto.ports.table.record_activity({WEB: NOW})
        assert "last_activity" not in moto.item(STATE)
        assert moto.ports.table.write(SERVICE_STATE).version == 1
        assert moto.item(STATE)["waiting_requests"] == {"N": "7"}

    def test_an_explanation_is_read_without_its_service_state_and_the_service_state_without_its_explanation(
        self, moto: MotoStage
    ) -> None:
        explanation = Explanation("unwatched_traffic_source", "web stays awake", True, NOW, NOW, Phase.ASLEEP)
        written = moto.ports.table.write(SERVICE_STATE)
        moto.ports.table.explain(WEB, explanation, known=True)
        moto.set_attribute(STATE, "phase", {"S": "dancing"})
        stored = moto.ports.table.read_all()
        assert isinstance(stored.states[WEB], Unknown)
        assert stored.explanations == {WEB: explanation}
        moto.set_attribute(STATE, "phase", {"S": "asleep"})
        unreadable: list[Any] = [{"S": "x"}, {"M": {}}, {"M": {"reason": {"N": "1"}}}, {"L": []}]
        for value in unreadable:
            moto.set_attribute(STATE, "explanation", value)
            stored = moto.ports.table.read_all()
            assert (stored.explanations, stored.states) == ({}, {WEB: written})

    def test_an_operator_can_read_how_a_wake_went(self, moto: MotoStage) -> None:
        wake = replace(has_failed("No capacity", deadline=NOW), first_requested_at=NOW, accepted=NOW + SECOND)
        moto.ports.table.write(replace(SERVICE_STATE, wake=wake, failures=2, backoff=Backoff(NOW, "No capacity")))
        item = moto.item(STATE)
        assert {name: item[name] for name in ("wake", "failures", "backoff")} == {
            "wake": {
                "M": {
                    "deadline": {"S": "2026-01-05T08:00:00.000000Z"},
                    "first_requested_at": {"S": "2026-01-05T08:00:00.000000Z"},
                    "accepted": {"S": "2026-01-05T08:00:01.000000Z"},
                    "failed": {"BOOL": True},
                    "cause": {"S": "No capacity"},
                }
            },
            "failures": {"N": "2"},
            "backoff": {"M": {"until": {"S": "2026-01-05T08:00:00.000000Z"}, "cause": {"S": "No capacity"}}},
        }

    def test_an_unknown_part_of_a_wake_is_skipped(self, moto: MotoStage) -> None:
        written = moto.ports.table.write(replace(SERVICE_STATE, wake=Wake(NOW, first_requested_at=NOW)))
        parts = {
            "deadline": {"S": "2026-01-05T08:00:00Z"},
            "first_requested_at": {"S": "2026-01-05T08:00:00Z"},
            "warmed": {"S": "2026-01-05T08:00:00Z"},
        }
        moto.set_attribute(STATE, "wake", {"M": parts})
        assert moto.ports.table.read(WEB) == written

    @pytest.mark.parametrize(
        ("attribute", "value", "why"),
        [
            ("schema", {"N": "1"}, "has schema 1, but this version reads only schema 3; delete it"),
            ("schema", {"N": "2"}, "has schema 2, but this version reads only schema 3; delete it"),
            ("phase", {"S": "waking"}, "it is waking, but has no wake"),
        ],
    )
    def test_an_item_from_before_the_first_release_is_refused(
        self, moto: MotoStage, attribute: str, value: Any, why: str
    ) -> None:
        moto.ports.table.write(SERVICE_STATE)
        moto.set_attribute(STATE, attribute, value)
        with pytest.raises(CallFailed, match=why):
            moto.ports.table.read(WEB)

    def test_an_item_of_a_newer_schema_is_refused_and_not_overwritten(self, moto: MotoStage) -> None:
        moto.ports.table.write(SERVICE_STATE)
        moto.set_attribute(STATE, "schema", {"N": "4"})
        unread = moto.ports.table.read_all().states[WEB]
        assert isinstance(unread, Unknown)
        assert "schema 4" in unread.why
        with pytest.raises(CallFailed, match="schema 4"):
            moto.ports.table.read(WEB)
        before = moto.item(STATE)
        with pytest.raises(StateChanged):
            moto.ports.table.write(SERVICE_STATE)
        assert moto.item(STATE) == before

    def test_an_id_without_a_cluster_belongs_to_no_service(self, moto: MotoStage) -> None:
        moto.ports.table.write(SERVICE_STATE)
        moto.put_item(moto.item(STATE) | {"id": {"S": "state#web"}})
        assert isinstance(moto.ports.table.read_all().states[ServiceName("web", "")], Unknown)

    def test_items_of_other_kinds_are_skipped(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": "lease#scale-to-zero"}})
        stored = moto.ports.table.read_all()
        assert (stored.services, stored.states, stored.unreadable) == ((), {}, ())


class TestConfigurationItems:
    def test_an_item_is_read_as_terraform_writes_it(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG))
        assert moto.ports.table.read_all().services == (Service("web", WEB),)

    def test_an_unknown_field_is_skipped(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG | {"queue_arns": []}))
        assert moto.ports.table.read_all().services == (Service("web", WEB),)

    def test_an_item_without_its_attribute_is_named(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": "config#web"}})
        assert moto.ports.table.read_all().unreadable == (
            "the configuration item config#web cannot be read (it lacks 'config'); apply the module again",
        )

    def test_only_one_of_two_items_of_one_service_is_used(self, moto: MotoStage) -> None:
        put_config(moto, json.dumps(CONFIG))
        put_config(moto, json.dumps(CONFIG | {"key": "renamed"}), "renamed")
        stored = moto.ports.table.read_all()
        assert [service.key for service in stored.services] == ["renamed"]
        assert len(stored.unreadable) == 1


class TestCalls:
    def test_the_table_is_scanned_consistently_page_by_page(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            assert parameters["ConsistentRead"] is True
            key = "b" if "ExclusiveStartKey" in parameters else "a"
            item = {
                "id": {"S": f"config#{key}"},
                "config": {"S": json.dumps(CONFIG | {"key": key, "service_name": key})},
            }
            return {"Items": [item], **({"LastEvaluatedKey": {"id": {"S": "config#a"}}} if key == "a" else {})}

        moto.scripted.answer("dynamodb.Scan", answer)
        assert [service.key for service in moto.ports.table.read_all().services] == ["a", "b"]

    def test_one_service_state_is_read_consistently(self, moto: MotoStage) -> None:
        moto.ports.table.read(WEB)
        assert moto.scripted.called("dynamodb.GetItem")[0]["ConsistentRead"] is True

    def test_a_transaction_has_at_most_a_hundred_activities(self, moto: MotoStage) -> None:
        moto.scripted.answer("dynamodb.TransactWriteItems", {})
        moto.ports.table.record_activity({ServiceName("c", f"s{number}"): NOW for number in range(201)})
        calls = moto.scripted.called("dynamodb.TransactWriteItems")
        assert sorted(len(call["TransactItems"]) for call in calls) == [1, 100, 100]

    def test_a_transaction_that_conflicts_with_another_is_repeated_and_then_abandoned(self, moto: MotoStage) -> None:
        conflict = aws_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
        moto.scripted.answer("dynamodb.TransactWriteItems", conflict)
        with pytest.raises(CallFailed, match="cancelled 3 times \\(TransactionConflict\\)"):
            moto.ports.table.record_activity({WEB: NOW})
        assert len(moto.scripted.called("dynamodb.TransactWriteItems")) == 3

    def test_a_denied_transaction_names_the_permission_that_allows_it(self, moto: MotoStage) -> None:
        moto.scripted.answer("dynamodb.TransactWriteItems", aws_error("AccessDeniedException", "no"))
        with pytest.raises(CallFailed, match=r"allow dynamodb:UpdateItem in the function's role"):
            moto.ports.table.record_activity({WEB: NOW})
