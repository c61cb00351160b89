from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.deployed import START, Deployed

ADDRESS: Final = "someone@example.com"
ANY_SERVICE: Final = {"Effect": "Allow", "Principal": {"Service": "any.amazonaws.com"}, "Action": "*", "Resource": "*"}


class Subscribed(Deployed):
    """A topic to which any service may publish."""

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(aws)
        self.sns = self.client("sns")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [ANY_SERVICE]})
        self.topic: str = self.sns.create_topic(Name="topic", Attributes={"Policy": policy})["TopicArn"]

    def subscribe(self, address: str = ADDRESS) -> str:
        answer = self.sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True)
        arn: str = answer["SubscriptionArn"]
        return arn

    def publish(self, text: str = "hello") -> str | None:
        return self.aws.topics.publish("any.amazonaws.com", self.topic, text)

    def pending(self, subscription: str) -> str:
        answer = self.sns.get_subscription_attributes(SubscriptionArn=subscription)
        pending: str = answer["Attributes"]["PendingConfirmation"]
        return pending


@pytest.fixture
def account() -> Iterator[Subscribed]:
    with LocalAws(seed=7, start=START) as aws:
        yield Subscribed(aws)


def test_a_subscriber_gets_one_email_to_confirm_and_nothing_else_until_it_confirms(account: Subscribed) -> None:
    subscription = account.subscribe()
    account.publish("too early")
    assert account.pending(subscription) == "true"
    [email] = account.aws.topics.mail
    assert (email.to, email.instant, email.token is not None) == (ADDRESS, START, True)
    account.sns.confirm_subscription(TopicArn=account.topic, Token=email.token)
    assert account.pending(subscription) == "false"
    account.publish("in time")
    assert [email.text for email in account.aws.topics.mail[1:]] == ["in time"]


def test_an_unknown_token_confirms_nothing(account: Subscribed) -> None:
    subscription = account.subscribe()
    with pytest.raises(ClientError, match="Token"):
        account.sns.confirm_subscription(TopicArn=account.topic, Token="made up")
    assert account.pending(subscription) == "true"


def test_tests_can_confirm_by_address(account: Subscribed) -> None:
    account.subscribe()
    account.subscribe("another@example.com")
    account.aws.topics.confirm(ADDRESS)
    account.publish()
    assert [email.to for email in account.aws.topics.mail if email.token is None] == [ADDRESS]
    with pytest.raises(LookupError, match="No e-mail to"):
        account.aws.topics.confirm("nobody@example.com")


def test_a_second_subscription_sends_no_second_email(account: Subscribed) -> None:
    assert account.subscribe() == account.subscribe()
    assert len(account.aws.topics.mail) == 1


def test_a_subscription_can_be_ended_when_it_is_confirmed_and_not_before(account: Subscribed) -> None:
    subscription = account.subscribe()
    with pytest.raises(ClientError, match="pending confirmation"):
        account.sns.unsubscribe(SubscriptionArn=subscription)
    account.aws.topics.confirm(ADDRESS)
    account.sns.unsubscribe(SubscriptionArn=subscription)
    account.publish()
    assert len(account.aws.topics.mail) == 1


def test_a_message_can_have_256_kibibytes(account: Subscribed) -> None:
    limit = 256 * 1024
    assert account.publish("é" * (limit // 2)) is None
    assert str(limit) in (account.publish("é" * (limit // 2) + "x") or "")


@pytest.mark.parametrize(
    ("call", "parameters", "named"),
    [
        ("create_topic", {"Name": "a.fifo", "Attributes": {"FifoTopic": "true"}}, "FifoTopic"),
        ("subscribe", {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-3:123456789012:queue"}, "sqs"),
        ("subscribe", {"Protocol": "email", "Endpoint": ADDRESS, "Attributes": {"FilterPolicy": "{}"}}, "FilterPolicy"),
    ],
)
def test_topics_and_subscriptions_that_are_not_modelled_are_refused(
    account: Subscribed, call: str, parameters: dict[str, Any], named: str
) -> None:
    topic = {"TopicArn": account.topic} if call == "subscribe" else {}
    with pytest.raises(ClientError, match=f"not modelled.*{named}"):
        getattr(account.sns, call)(**topic, **parameters)
