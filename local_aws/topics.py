"""SNS topics: their subscribers, and which services can publish to them.

moto keeps topics and subscriptions. An e-mail subscription is pending until it is confirmed: until then its subscriber
gets only one e-mail with a token. ``mail`` holds the e-mails that were sent. Other protocols, filter policies and FIFO
topics are not modelled.

EventBridge can publish if the topic's policy allows it and, for an encrypted topic, the key's policy lets it use the
key. Neither policy can have a condition for it, because SNS does not learn which rule publishes: "You can't use
Condition blocks in Amazon SNS topic policies for EventBridge" (EventBridge User Guide, "Using resource-based
policies"). No service can use the key ``alias/aws/sns``, and its policy cannot be changed (SNS Developer Guide,
"Enable compatibility between event sources from AWS services and encrypted topics").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from moto.core.responses import ActionResult
from moto.kms.models import kms_backends
from moto.sns.models import SNSBackend, Subscription, sns_backends
from moto.sns.responses import SNSResponse

from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError
from .patching import Patches
from .policies import AccessRequest, allows_service

MESSAGE_BYTES: Final = 256 * 1024
"""The longest message (SNS Developer Guide, "Amazon SNS quotas")."""

SUBJECT: Final = "AWS Notification Message"
"""The subject of an e-mail whose publisher named none."""

CONFIRMATION_SUBJECT: Final = "AWS Notification - Subscription Confirmation"

MODELLED_TOPIC: Final = frozenset({"DisplayName", "KmsMasterKeyId", "Policy", "DeliveryPolicy", "TracingConfig"})
KEY_USES: Final = ("kms:GenerateDataKey", "kms:Decrypt")
AWS_OWN_KEY: Final = "alias/aws/sns"
PENDING: Final = "PendingConfirmation"
_TOKEN: Final = "local_aws_token"


@dataclass(frozen=True)
class Email:
    """An e-mail that SNS sent. ``token``: set in an e-mail that asks for the confirmation of a subscription."""

    instant: datetime
    topic_arn: str
    to: str
    subject: str
    text: str
    token: str | None = None


class Topics:
    """The SNS topics of the account. ``mail``: every e-mail, in the order in which they were sent."""

    def __init__(self, now: Callable[[], datetime], seed: int) -> None:
        self.mail: list[Email] = []
        self._now = now
        self._random = Random(f"topics {seed}")

    def install(self, patches: Patches) -> None:
        """Apply every patch."""
        self._begin_pending(patches)
        self._send_emails(patches)
        self._confirm_with_token(patches)
        _keep_pending(patches)

    def check(self, call: ApiCall) -> None:
        """Refuse topics and subscriptions that would do nothing here. Raises ``AwsError``."""
        if call.name == "sns.CreateTopic":
            unmodelled = (call.parameters.get("Attributes") or {}).keys() - MODELLED_TOPIC
        elif call.name == "sns.Subscribe":
            unmodelled = set(call.parameters.get("Attributes") or {})
            if call.parameters["Protocol"] != "email":
                unmodelled.add(call.parameters["Protocol"])
        else:
            return
        if unmodelled:
            raise AwsError("NotModelled", f"not modelled: {call.name} with {', '.join(sorted(unmodelled))}")

    def confirm(self, address: str) -> None:
        """Follow the confirmation link in every e-mail to an address. Raises ``LookupError`` if none has a link."""
        tokens = {email.token for email in self.mail if email.to == address and email.token}
        if not tokens:
            raise LookupError(f"No e-mail to {address} has a confirmation link.")
        for token in tokens:
            _confirm(_subscription_of(token))

    def publish(self, service: str, topic_arn: str, message: str) -> str | None:
        """Publish a message for a service that is known only by its name; return why if that is not allowed."""
        topic = sns_backends[ACCOUNT_ID][REGION].topics.get(topic_arn)
        if topic is None:
            return "There is no such topic."
        if not allows_service(json.loads(topic.policy), service, AccessRequest("sns:Publish", topic_arn)):
            return f"The topic's policy does not allow sns:Publish to {service} without a condition."
        obstacle = _encryption_obstacle(topic.kms_master_key_id, service)
        if obstacle is not None:
            return obstacle
        if len(message.encode()) > MESSAGE_BYTES:
            return f"A message must not be longer than {MESSAGE_BYTES} bytes."
        topic.publish(message)
        return None

    def _send(self, subscription: Any, subject: str, text: str, token: str | None = None) -> None:
        topic_arn = subscription.topic.arn
        self.mail.append(Email(self._now(), topic_arn, subscription.endpoint, subject, text, token))

    def _begin_pending(self, patches: Patches) -> None:
        """Let an e-mail subscription wait for its subscriber, as AWS does; moto confirms it at once."""

        def make(moto: Callable[..., Any]) -> Callable[..., Any]:
            def subscribe(backend: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
                known = set(backend.subscriptions)
                subscription = moto(backend, topic_arn, endpoint, protocol)
                if subscription.arn not in known:
                    token = UUID(int=self._random.getrandbits(128), version=4).hex
                    subscription.attributes |= {PENDING: True, "ConfirmationWasAuthenticated": False}
                    setattr(subscription, _TOKEN, token)
                    text = f"You have chosen to subscribe to the topic: {topic_arn}. Confirm subscription: {token}"
                    self._send(subscription, CONFIRMATION_SUBJECT, text, token)
                return subscription

            return subscribe

        patches.replace(SNSBackend, "subscribe", make)

    def _send_emails(self, patches: Patches) -> None:
        """Send e-mail to confirmed subscribers, as AWS does; moto sends none."""

        def publish(subscription: Any, message: str, _id: str, subject: str | None = None, **_: Any) -> None:
            if not subscription.attributes[PENDING]:
                self._send(subscription, subject or SUBJECT, message)

        patches.replace(Subscription, "publish", lambda _: publish)

    def _confirm_with_token(self, patches: Patches) -> None:
        """Confirm a subscription by the token of its e-mail, as AWS does; moto checks no token and confirms nothing."""

        def confirm_subscription(response: Any) -> Any:
            parameters = response._get_params()
            subscription = _subscription_of(parameters["Token"])
            if subscription is None or subscription.topic.arn != parameters["TopicArn"]:
                raise AwsError("InvalidParameter", "Invalid parameter: Token")
            _confirm(subscription)
            return ActionResult({"SubscriptionArn": subscription.arn})

        patches.replace(SNSResponse, "confirm_subscription", lambda _: confirm_subscription)


def _keep_pending(patches: Patches) -> None:
    """Refuse to end a pending subscription, as AWS does; moto has no pending subscriptions."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def unsubscribe(backend: Any, subscription_arn: str) -> Any:
            subscription = backend.subscriptions.get(subscription_arn)
            if subscription is not None and subscription.attributes[PENDING]:
                message = "Invalid parameter: Cannot unsubscribe a subscription that is pending confirmation"
                raise AwsError("InvalidParameter", message)
            return moto(backend, subscription_arn)

        return unsubscribe

    patches.replace(SNSBackend, "unsubscribe", make)


def _confirm(subscription: Any) -> None:
    if subscription is not None:
        subscription.attributes[PENDING] = False


def _subscription_of(token: str | None) -> Any:
    subscriptions = sns_backends[ACCOUNT_ID][REGION].subscriptions.values()
    return next((one for one in subscriptions if getattr(one, _TOKEN) == token), None)


def _encryption_obstacle(key_name: str, service: str) -> str | None:
    if not key_name:
        return None
    if key_name.endswith(AWS_OWN_KEY):
        return f"The topic is encrypted with {AWS_OWN_KEY}, a key that no service can use."
    key = _key(key_name)
    if key is None:
        return "The topic is encrypted with a key that does not exist."
    policy: Mapping[str, Any] = json.loads(key.policy)
    if not key.enabled or not all(allows_service(policy, service, AccessRequest(use, key.arn)) for use in KEY_USES):
        return f"The topic's key does not let {service} use it: {' and '.join(KEY_USES)}."
    return None


def _key(name: str) -> Any:
    """Return a key by its id, its ARN or an alias; ``None`` if there is none."""
    kms = kms_backends[ACCOUNT_ID][REGION]
    if ":alias/" in name or name.startswith("alias/"):
        name = kms.get_key_id_from_alias(kms.get_alias_name(name)) or ""
    return kms.keys.get(kms.get_key_id(name))
