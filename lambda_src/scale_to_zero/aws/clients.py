"""The AWS clients: one botocore session; each client is created when it is first needed, and then kept."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final, cast

import botocore.session
from botocore.config import Config

from .batches import PARALLEL_CALLS

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_ecs.client import ECSClient
    from mypy_boto3_elbv2.client import ElasticLoadBalancingv2Client
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_lambda.client import LambdaClient

# A call that hangs at every attempt ends after 3 x (2 + 8) s and the pauses between the attempts, well within the
# functions' 60 s. After three failed attempts the next run retries.
CALL_SETTINGS: Final = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=PARALLEL_CALLS,
)

# A called function may take long, and a second call would not make it faster. The calling function has 29 s itself.
ANSWER_SETTINGS: Final = Config(
    connect_timeout=2,
    read_timeout=24,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=PARALLEL_CALLS,
)


# After a stop it must be known whether AWS did it. If AWS refuses a repeated call, the first one may have succeeded.
# So botocore does not repeat a stop; the caller does, and only if the first call cannot have succeeded.
STOP_SETTINGS: Final = CALL_SETTINGS.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


class Clients:
    """Creates each client once; several threads may use it.

    Region, credentials and ``AWS_ENDPOINT_URL`` are read from the environment by botocore itself.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._session: botocore.session.Session | None = None
        self._made: dict[tuple[str, Config], Any] = {}

    @property
    def ecs(self) -> ECSClient:
        """Amazon ECS."""
        return cast("ECSClient", self._client("ecs"))

    @property
    def ecs_for_stops(self) -> ECSClient:
        """Amazon ECS, for a call that is made once."""
        return cast("ECSClient", self._client("ecs", STOP_SETTINGS))

    @property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Elastic Load Balancing (application, network and gateway load balancers)."""
        return cast("ElasticLoadBalancingv2Client", self._client("elbv2"))

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """Amazon CloudWatch."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    @property
    def autoscaling(self) -> ApplicationAutoScalingClient:
        """Application Auto Scaling."""
        return cast("ApplicationAutoScalingClient", self._client("application-autoscaling"))

    @property
    def dynamodb(self) -> DynamoDBClient:
        """Amazon DynamoDB."""
        return cast("DynamoDBClient", self._client("dynamodb"))

    @property
    def lambda_(self) -> LambdaClient:
        """AWS Lambda."""
        return cast("LambdaClient", self._client("lambda"))

    @property
    def awaited_functions(self) -> LambdaClient:
        """AWS Lambda, for calls that wait for the function's answer."""
        return cast("LambdaClient", self._client("lambda", ANSWER_SETTINGS))

    @property
    def events(self) -> EventBridgeClient:
        """Amazon EventBridge."""
        return cast("EventBridgeClient", self._client("events"))

    def _client(self, name: str, settings: Config = CALL_SETTINGS) -> Any:
        # Threads may share botocore's clients, but not its session.
        with self._lock:
            key = (name, settings)
            if key not in self._made:
                self._session = self._session or botocore.session.get_session()
                self._made[key] = self._session.create_client(name, config=settings)
            return self._made[key]
