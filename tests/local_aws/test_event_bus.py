from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from scale_to_zero.actions.notification_events import event_detail
from scale_to_zero.actions.notification_texts import CAUSE
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from scripts.stamps import PROJECT
from tests.local_aws.deployed import START, Deployed

PATTERN: Final = {"source": ["ecs-scale-to-zero"], "detail": {"instance": ["city"]}}
SENTENCE: Final = {"InputPathsMap": {"message": "$.detail.message"}, "InputTemplate": '"<message>"'}
# The same as in notifications.tf; tests/notifications.tftest.hcl checks that.
TRANSFORMER: Final = {
    "InputPathsMap": {"instance": "$.detail.instance", "message": "$.detail.message"},
    "InputTemplate": '"<instance>: <message>"',
}
ADDRESS: Final = "someone@example.com"


class Notified(Deployed):
    """A rule that publishes notifications to a topic with one confirmed subscriber."""

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(aws)
        self.events = self.client("events")
        self.sns = self.client("sns")
        self.topic: str = self.sns.create_topic(Name="notifications")["TopicArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint=ADDRESS)
        aws.topics.confirm(ADDRESS)
        self.put_rule(PATTERN)
        self.put_target(InputTransformer=SENTENCE)
        self.let_publish()

    def put_rule(self, pattern: Any) -> None:
        self.events.put_rule(Name="notifications", EventPattern=json.dumps(pattern))

    def put_target(self, **more: Any) -> None:
        self.events.put_targets(Rule="notifications", Targets=[{"Id": "topic", "Arn": self.topic, **more}])

    def let_publish(self, **statement: Any) -> None:
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": self.topic,
            **statement,
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=document)

    def encrypt(self, key: str) -> None:
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="KmsMasterKeyId", AttributeValue=key)

    def key(self, *actions: str, service: str = "events.amazonaws.com", **statement: Any) -> str:
        """Create a key whose policy allows these actions to a service."""
        use = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Resource": "*", **statement}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [use]})
        key: str = self.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
        return key

    def notify(self, message: str = "web is awake.", instance: str = "city", **more: Any) -> dict[str, Any]:
        return self.put(entry({"instance": instance, "message": message}, **more))

    def put(self, *entries: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.events.put_events(Entries=list(entries))
        return answer

    def emails(self) -> list[str]:
        return [email.text for email in self.aws.topics.mail if email.token is None]

    def failures(self) -> list[str]:
        return [failed.reason for failed in self.aws.failed_invocations]


def entry(detail: Any = None, **more: Any) -> dict[str, Any]:
    text = json.dumps({"instance": "city"} if detail is None else detail)
    return {"Source": "ecs-scale-to-zero", "DetailType": "Phase Change", "Detail": text, **more}


@pytest.fixture
def account() -> Iterator[Notified]:
    with LocalAws(seed=7, start=START) as aws:
        yield Notified(aws)


def test_subscribers_get_the_sentence_of_the_transformer_in_quotes(account: Notified) -> None:
    answer = account.notify("web is awake.")
    assert answer["FailedEntryCount"] == 0
    [email] = [email for email in account.aws.topics.mail if email.token is None]
    assert (email.to, email.topic_arn, email.text) == (ADDRESS, account.topic, '"web is awake."')


def test_without_a_transformer_the_whole_event_is_published(account: Notified) -> None:
    account.put_target()
    event_id = account.notify()["Entries"][0]["EventId"]
    [email] = account.emails()
    assert json.loads(email) == {
        "version": "0",
        "id": event_id,
        "detail-type": "Phase Change",
        "source": "ecs-scale-to-zero",
        "account": "123456789012",
        "time": "2026-01-05T08:00:00Z",
        "region": "eu-west-3",
        "resources": [],
        "detail": {"instance": "city", "message": "web is awake."},
    }


@pytest.mark.parametrize("language", CAUSE)
@pytest.mark.parametrize(
    "words",
    [
        'CannotPullContainerError: "city/guide:v2" is not there',
        "CannotStartContainerError: C:\\guide\\start.exe",
        "ResourceInitializationError: no secret\r\n\tfor the task",
        "Essential container in task exited: \x1b[31mout of memory\x1b[0m\x00",
        '\\"\\',
    ],
)
def test_a_notification_of_a_failed_wake_is_sent_with_any_words_of_ecs(
    account: Notified, words: str, language: str
) -> None:
    failed = PhaseChange(3, START, Phase.WAKING, Phase.WAKING, Reason.WAKE_FAILED, failed=True, cause=words)
    notification = Notification(Service("web", ServiceName("city", "web")), failed)
    account.put_target(InputTransformer=TRANSFORMER)
    account.put(entry(event_detail(notification, instance="city", language=language)))
    assert account.failures() == []
    [email] = account.emails()
    assert json.loads(email).startswith("city: web ")
    assert CAUSE[language] in email
    [event] = account.aws.bus.events
    assert event["detail"]["cause"] == words, "programs must get the exact words of ECS"


def test_the_modules_templates_extract_only_values_that_need_no_escapes() -> None:
    """EventBridge does not escape extracted values, and ``cause`` and names can have characters that need escapes."""
    paths = [
        path
        for configuration in PROJECT.glob("*.tf")
        for block in re.findall(r"input_paths\s*=\s*\{([^}]*)\}", configuration.read_text(encoding="utf-8"))
        for path in re.findall(r'"(\$[^"]*)"', block)
    ]
    assert sorted(paths) == sorted(TRANSFORMER["InputPathsMap"].values())  # type: ignore[attr-defined]


def test_an_event_can_be_older_than_its_arrival(account: Notified) -> None:
    account.notify(Time=datetime(2026, 1, 5, 7, 58, tzinfo=UTC))
    [event] = account.aws.bus.events
    assert event["time"] == "2026-01-05T07:58:00Z"


def test_an_event_that_no_rule_matches_is_not_delivered(account: Notified) -> None:
    account.notify(instance="another")
    account.notify(Source="another.source")
    assert account.emails() == []
    assert len(account.aws.bus.events) == 2


def test_a_disabled_rule_delivers_nothing(account: Notified) -> None:
    account.events.disable_rule(Name="notifications")
    account.notify()
    account.events.enable_rule(Name="notifications")
    account.notify("later")
    assert account.emails() == ['"later"']


def test_a_deleted_rule_delivers_nothing(account: Notified) -> None:
    account.events.remove_targets(Rule="notifications", Ids=["topic"])
    account.notify()
    account.events.delete_rule(Name="notifications")
    account.notify()
    assert (account.emails(), account.failures()) == ([], [])


def test_the_event_bus_does_not_deliver_to_a_rate_rule(account: Notified) -> None:
    account.every_minute(account.deploy("def handler(event, context):\n    return None"))
    account.notify()
    assert len(account.emails()) == 1
    assert account.aws.invocations == []
    assert account.failures() == []


@pytest.mark.parametrize(
    "statement",
    [
        {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-3:123456789012:rule/notifications"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
        {"Principal": {"Service": "cloudwatch.amazonaws.com"}},
        {"Action": "sns:Subscribe"},
        {"Resource": "arn:aws:sns:eu-west-3:123456789012:another"},
        {"Effect": "Deny"},
    ],
)
def test_a_topic_gets_nothing_unless_its_policy_allows_eventbridge_to_publish_without_a_condition(
    account: Notified, statement: dict[str, Any]
) -> None:
    account.let_publish(**statement)
    assert account.notify()["FailedEntryCount"] == 0
    assert account.emails() == []
    [failed] = account.aws.failed_invocations
    assert (failed.rule_name, failed.target_arn) == ("notifications", account.topic)
    assert "does not allow sns:Publish" in failed.reason


def test_the_default_policy_of_a_topic_does_not_allow_a_rule_to_publish(account: Notified) -> None:
    account.topic = account.sns.create_topic(Name="fresh")["TopicArn"]
    account.put_target()
    account.notify()
    assert len(account.failures()) == 1


def test_a_delivery_to_a_deleted_topic_fails(account: Notified) -> None:
    account.sns.delete_topic(TopicArn=account.topic)
    account.notify()
    assert account.failures() == ["There is no such topic."]


def test_no_service_can_publish_to_a_topic_with_the_key_that_aws_manages(account: Notified) -> None:
    account.encrypt("alias/aws/sns")
    account.notify()
    assert account.emails() == []
    assert "alias/aws/sns" in account.failures()[0]


def test_a_topic_with_a_customer_key_gets_messages_that_the_keys_policy_allows(account: Notified) -> None:
    key = account.key("kms:GenerateDataKey*", "kms:Decrypt")
    account.client("kms").create_alias(AliasName="alias/city", TargetKeyId=key)
    account.encrypt("alias/city")
    account.notify("by alias")
    account.encrypt("arn:aws:kms:eu-west-3:123456789012:alias/city")
    account.notify("by the alias's ARN")
    account.encrypt(key)
    account.notify("by id")
    assert account.emails() == ['"by alias"', '"by the alias\'s ARN"', '"by id"']
    assert account.failures() == []


@pytest.mark.parametrize(
    ("actions", "more"),
    [
        (["kms:Decrypt"], {}),
        (["kms:GenerateDataKey*"], {}),
        (["kms:*"], {"service": "cloudwatch.amazonaws.com"}),
        (["kms:*"], {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}),
    ],
)
def test_a_topic_with_a_key_that_eventbridge_cannot_use_gets_nothing(
    account: Notified, actions: list[str], more: dict[str, Any]
) -> None:
    account.encrypt(account.key(*actions, **more))
    account.notify()
    assert account.emails() == []
    assert "does not let events.amazonaws.com use it" in account.failures()[0]


def test_a_topic_with_a_missing_key_gets_nothing(account: Notified) -> None:
    account.encrypt("alias/missing")
    account.notify()
    assert account.failures() == ["The topic is encrypted with a key that does not exist."]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Detail": ""}, "InvalidArgument"),
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"DetailType": "x" * 129}, "InvalidArgument"),
        ({"Source": "aws.ecs"}, "NotAuthorizedForSourceException"),
    ],
)
def test_a_wrong_entry_does_not_affect_other_entries(account: Notified, wrong: dict[str, str], code: str) -> None:
    answer = account.put({**entry(), **wrong}, entry({"instance": "city", "message": "right"}))
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    assert answer["Entries"][1]["EventId"] == account.aws.bus.events[0]["id"]
    assert account.emails() == ['"right"']


def test_a_call_without_a_complete_entry_fails(account: Notified) -> None:
    with pytest.raises(ClientError, match="Source, DetailType, Detail"):
        account.put({"Source": "a", "DetailType": "b"}, {"Source": "a", "Detail": "{}"})


def test_ten_entries_are_accepted_and_eleven_are_refused(account: Notified) -> None:
    assert len(account.put(*[entry()] * 10)["Entries"]) == 10
    with pytest.raises(ClientError, match="less than or equal to 10"):
        account.put(*[entry()] * 11)


def test_all_entries_together_must_be_smaller_than_a_mebibyte(account: Notified) -> None:
    overhead = len("ecs-scale-to-zero") + len("Phase Change") + len('{"a": ""}')

    def of_bytes(size: int) -> dict[str, Any]:
        return entry({"a": "x" * (size - overhead)})

    half = 512 * 1024
    assert account.put(of_bytes(half), of_bytes(half - 1))["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="over the limit"):
        account.put(of_bytes(half), of_bytes(half))
    with pytest.raises(ClientError, match="over the limit"):
        account.put(of_bytes(half), {**of_bytes(half - 1), "Resources": ["a"]})
    with pytest.raises(ClientError, match="over the limit"):
        account.put(of_bytes(half), {**of_bytes(half - 14), "Time": START})
