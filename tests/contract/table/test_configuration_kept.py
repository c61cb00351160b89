"""The configuration that a warm function caches, and its answers to unreadable items."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import example, given, note
from hypothesis import strategies as st

from scale_to_zero.aws.table.configuration import AwsConfiguration
from scale_to_zero.model.configured import Service, WaitingPage, WakeOnRequest
from scale_to_zero.model.errors import CallFailed
from tests.contract.drawn import Values, not_flag, not_number, not_text, not_texts, not_whole, on_one_stage
from tests.contract.moto_stage import TABLE, Moto, MotoStage
from tests.contract.scripted_aws import aws_error
from tests.contract.stage import NOW, SECOND, WEB
from tests.contract.table.test_configuration import SERVICE, WAKE_GROUP

GET = "dynamodb.GetItem"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, duration: timedelta) -> None:
        self.now += duration


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def configuration(moto: MotoStage, _running_moto: Moto, clock: Clock) -> AwsConfiguration:
    return AwsConfiguration(_running_moto.clients, TABLE, clock)


class TestCache:
    def test_a_service_is_read_by_two_lookups_and_not_again_for_a_minute(
        self, moto: MotoStage, configuration: AwsConfiguration, clock: Clock
    ) -> None:
        moto.configure(SERVICE)
        moto.configure_wake_target_group(WAKE_GROUP, "web")
        for _ in range(4):
            assert configuration.service_of(WAKE_GROUP) == SERVICE
            clock.pass_time(19 * SECOND)
        assert len(moto.scripted.called(GET)) == 2
        assert not moto.scripted.called("dynamodb.Scan")

    def test_a_change_is_read_after_a_minute(
        self, moto: MotoStage, configuration: AwsConfiguration, clock: Clock
    ) -> None:
        moto.configure(Service("web", WEB))
        moto.configure_wake_target_group(WAKE_GROUP, "web")
        configuration.service_of(WAKE_GROUP)
        moto.configure(SERVICE)
        clock.pass_time(59 * SECOND)
        assert configuration.service_of(WAKE_GROUP) == Service("web", WEB)
        clock.pass_time(SECOND)
        assert configuration.service_of(WAKE_GROUP) == SERVICE

    def test_a_missing_service_is_read_again_after_five_seconds(
        self, moto: MotoStage, configuration: AwsConfiguration, clock: Clock
    ) -> None:
        assert configuration.service_of(WAKE_GROUP) is None
        moto.configure(SERVICE)
        moto.configure_wake_target_group(WAKE_GROUP, "web")
        clock.pass_time(4 * SECOND)
        assert configuration.service_of(WAKE_GROUP) is None
        assert len(moto.scripted.called(GET)) == 1
        clock.pass_time(SECOND)
        assert configuration.service_of(WAKE_GROUP) == SERVICE

    def test_the_waiting_page_is_read_by_one_lookup_and_not_again_for_a_minute(
        self, moto: MotoStage, configuration: AwsConfiguration, clock: Clock
    ) -> None:
        moto.configure_waiting_page(WaitingPage(title="City Guided"))
        for _ in range(4):
            assert configuration.waiting_page().title == "City Guided"
            clock.pass_time(19 * SECOND)
        assert len(moto.scripted.called(GET)) == 1
        moto.configure_waiting_page(WaitingPage(title="Another"))
        assert configuration.waiting_page().title == "Another"

    def test_a_lookup_that_failed_is_made_again_at_once(self, moto: MotoStage, configuration: AwsConfiguration) -> None:
        moto.scripted.answer(GET, aws_error("InternalServerError"))
        with pytest.raises(CallFailed):
            configuration.service_of(WAKE_GROUP)
        moto.scripted.answer(GET, {})
        assert configuration.service_of(WAKE_GROUP) is None


RULE: dict[str, Any] = {
    "name": "https",
    "arn": "arn:of:ours",
    "listener_arn": "arn:of:listener",
    "own_rule_arn": None,
    "host_headers": [],
    "path_patterns": [],
    "user_agents": [],
}
WAKE: dict[str, Any] = {
    "rules": [RULE],
    "uptime_checks": [],
    "wait_seconds": 20,
    "max_waiting_requests": 10,
    "ask_before_waking": False,
    "page_status": 503,
    "drain_lead_minutes": 0,
    "cors_origins": [],
}
CONFIG: dict[str, Any] = {
    "key": "web",
    "cluster_name": WEB.cluster_name,
    "service_name": WEB.service_name,
    "target_group_arns": [],
    "mode": "act",
    "idle_minutes": 5,
    "ignore_other_traffic": False,
}


def put_config(moto: MotoStage, **fields: Any) -> None:
    moto.put_item({"id": {"S": "config#web"}, "config": {"S": json.dumps(CONFIG | fields)}})
    moto.configure_wake_target_group(WAKE_GROUP, "web")


WRONG_IN_RULES: Final = {
    "name": st.none() | not_text,
    "arn": st.none() | not_text,
    "listener_arn": st.none() | not_text,
    "own_rule_arn": not_text,
    "host_headers": not_texts,
    "path_patterns": not_texts,
    "user_agents": not_texts,
}
below_zero: Values = st.sampled_from([-1, -0.5]) | st.floats(max_value=-0.1)
wrong_rules: Values = not_texts | st.sampled_from([{}, ["arn:of:ours"], [RULE, "arn:of:ours"]])
WRONG_IN_WAKE: Final = {
    "rules": wrong_rules,
    "uptime_checks": wrong_rules,
    "wait_seconds": st.none() | not_number | below_zero,
    "max_waiting_requests": st.none() | not_whole | st.integers(max_value=-1),
    "ask_before_waking": not_flag,
    "page_status": st.none() | not_whole,
    "drain_lead_minutes": st.none() | not_number | below_zero,
    "cors_origins": not_texts,
}


def without(name: str, whole: dict[str, Any]) -> dict[str, Any]:
    return {other: value for other, value in whole.items() if other != name}


LACKING: Final = [
    *(without(field, WAKE) for field in WAKE),
    *({**WAKE, "rules": [RULE, without(field, RULE)]} for field in RULE if field != "own_rule_arn"),
]


def must_be_named(moto: MotoStage, configuration: AwsConfiguration, clock: Clock, wake: object) -> None:
    put_config(moto, wake_on_request=wake)
    clock.pass_time(timedelta(hours=1))
    with pytest.raises(CallFailed, match=r"^the configuration item config#web cannot be read \(.*apply the module"):
        configuration.service_of(WAKE_GROUP)
    (unreadable,) = moto.ports.table.read_all().unreadable
    assert "config#web" in unreadable


@on_one_stage(max_examples=5)
@example(
    wrong={"wait_seconds": -1, "max_waiting_requests": 1.5, "page_status": True}, wrong_in_rule={"user_agents": [None]}
)
@example(wrong={"max_waiting_requests": -1, "drain_lead_minutes": -0.5, "rules": [RULE, "arn"]}, wrong_in_rule={})
@given(wrong=st.fixed_dictionaries(WRONG_IN_WAKE), wrong_in_rule=st.fixed_dictionaries(WRONG_IN_RULES))
def test_a_service_with_an_unreadable_part_is_named_and_not_read_in_part(
    moto: MotoStage,
    configuration: AwsConfiguration,
    clock: Clock,
    wrong: dict[str, Any],
    wrong_in_rule: dict[str, Any],
) -> None:
    for field, value in wrong.items():
        note(f"{field} is {value!r}")
        must_be_named(moto, configuration, clock, WAKE | {field: value})
    for field, value in wrong_in_rule.items():
        note(f"{field} of a rule is {value!r}")
        must_be_named(moto, configuration, clock, WAKE | {"uptime_checks": [RULE, RULE | {field: value}]})


def test_a_service_that_lacks_a_part_is_named_and_not_read_in_part(
    moto: MotoStage, configuration: AwsConfiguration, clock: Clock
) -> None:
    for wake in ([], "yes", {}, *LACKING):
        must_be_named(moto, configuration, clock, wake)


class TestItems:
    @pytest.mark.parametrize("fields", [{}, {"wake_on_request": None}], ids=["absent", "null"])
    def test_a_service_that_requests_do_not_wake(self, moto: MotoStage, fields: dict[str, Any]) -> None:
        put_config(moto, **fields)
        assert moto.ports.configuration.service_of(WAKE_GROUP) == Service("web", WEB)

    def test_a_service_that_requests_wake_is_read_as_terraform_writes_it(self, moto: MotoStage) -> None:
        put_config(moto, wake_on_request=WAKE)
        service = moto.ports.configuration.service_of(WAKE_GROUP)
        assert service is not None
        assert service.wake_on_request is not None
        (rule,) = service.wake_on_request.rules
        assert service.wake_on_request == WakeOnRequest((rule,))
        assert (rule.name, rule.arn, rule.listener_arn, rule.own_rule_arn) == tuple(RULE.values())[:4]

    def test_a_wake_target_group_without_a_key_is_named(self, moto: MotoStage) -> None:
        moto.put_item({"id": {"S": f"wake_target_group#{WAKE_GROUP}"}})
        with pytest.raises(CallFailed) as failure:
            moto.ports.configuration.service_of(WAKE_GROUP)
        assert str(failure.value) == (
            f"the item wake_target_group#{WAKE_GROUP} cannot be read (it lacks 'key'); apply the module again"
        )

    @pytest.mark.parametrize("page", ["not json", "[]", '{"title": 1}', '{"language": true}'])
    def test_an_unreadable_waiting_page_is_named(self, moto: MotoStage, page: str) -> None:
        moto.put_item({"id": {"S": "waiting_page"}, "page": {"S": page}})
        with pytest.raises(CallFailed, match=r"^the item waiting_page cannot be read \(.+\); apply the module again$"):
            moto.ports.configuration.waiting_page()
