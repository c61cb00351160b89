"""``LocalAws``: moto behind one HTTP endpoint on loopback, extended by the parts of AWS that change by themselves.

Every API call is handled in the same steps: it is read, counted, checked against the modelled calls and against AWS's
limits, and answered. The Lambda service answers ``lambda.Invoke``; moto answers everything else, with patches where
moto differs from AWS. moto's calls are answered one after the other under one lock, which also guards the world;
functions run without the lock.

Each part of AWS that changes by itself is a module around the world; its ``install`` replaces parts of moto.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from random import randrange
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import time_machine
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from simulator.world import Timings, World

from . import (
    api_surface,
    cloudwatch,
    ecs,
    event_rules,
    http_api,
    limits,
    listener_rules,
    moto_patches,
    permissions,
    repeated_calls,
    scaling,
    schedules,
    target_groups,
)
from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError, Environ, read, refuse
from .client_environment import aws_settings, complete_environment
from .clock import Clock
from .embedded_metrics import EmbeddedMetrics
from .event_bus import EventBus
from .event_rules import EventRules
from .failed_invocations import FailedInvocations
from .http_api import HttpApis
from .lambda_runtime import MOST_ENVIRONMENTS, Invocation, LambdaService
from .load_balancing import LoadBalancers, Returned
from .patching import Patches
from .schedules import Schedules
from .topics import Topics

_LOGGER = logging.getLogger(__name__)

LISTENER_CHANGES: Final = ("CreateListener", "ModifyListener", "DeleteListener", "DeleteLoadBalancer")
"""The actions after which listeners are opened and closed."""

STOP_POLL_SECONDS: Final = 0.02
"""How often, in real seconds, the server checks whether it must end."""


class LocalAws:
    """An AWS account in one region, on loopback, in virtual time. Use it as a context manager; one at a time.

    ``seed``: the same seed and the same calls give the same history. ``start``: the first virtual instant, by default
    the present. Time stands still until ``advance`` or ``run``, except for functions whose answer a caller waits for.
    ``environments``: how many functions run at once, each in its own process; further invocations wait.

    ``failed_invocations``: the invocations by rules and schedules that failed. ``bus.events``: the events that the
    event bus accepted. ``topics.mail``: the e-mails that SNS sent; ``topics.confirm`` confirms a subscription.
    ``metrics.refused``: the embedded metrics in functions' logs that were refused.
    """

    _current: ClassVar[LocalAws | None] = None

    def __init__(
        self,
        seed: int | None = None,
        start: datetime | None = None,
        timings: Timings | None = None,
        environments: int = MOST_ENVIRONMENTS,
    ) -> None:
        self.seed = randrange(2**32) if seed is None else seed
        start = (start or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self.lock = threading.RLock()
        self.calls: Counter[str] = Counter()
        self.patches = Patches()
        self.world = World(self.seed, start, timings or Timings())
        self.clock = Clock(start, self._moved)
        self.metrics = EmbeddedMetrics(self.world.metrics, self.lock)
        self.functions = LambdaService(
            self.clock,
            self.lock,
            self.seed,
            self._function_variables,
            environments,
            self.metrics.receive,
            self._count_invocation,
        )
        failed = self.failed_invocations = FailedInvocations()
        self.rules = EventRules(self.clock, self.lock, self.functions, self.seed, failed)
        self.schedules = Schedules(self.clock, self.lock, self.functions, self.seed, failed)
        self.topics = Topics(self.now, self.seed)
        self.bus = EventBus(self.now, self.topics, self.seed, failed)
        self._follow: dict[str, Callable[[], None]] = {
            **dict.fromkeys((f"events.{action}" for action in event_rules.CHANGES), self.rules.follow),
            **dict.fromkeys((f"scheduler.{action}" for action in schedules.CHANGES), self.schedules.follow),
            **dict.fromkeys((f"elbv2.{action}" for action in LISTENER_CHANGES), self._follow_listeners),
            **dict.fromkeys((f"apigatewayv2.{action}" for action in http_api.CHANGES), self._follow_http_apis),
        }
        self._time_machine = time_machine.travel(int(start.timestamp()), tick=False)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __enter__(self) -> Self:
        """Start to listen. Raises ``RuntimeError`` if another LocalAws is active: moto has one state per process."""
        if LocalAws._current is not None:
            raise RuntimeError("Another LocalAws is active in this process; leave it first.")
        with ExitStack() as undo:
            self._start(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything that was started, last first. Raises an error that occurred while time was running."""
        self._undo.close()

    def _start(self, undo: ExitStack) -> None:
        undo.callback(setattr, LocalAws, "_current", None)
        LocalAws._current = self
        self._traveller = self._time_machine.start()
        undo.callback(self._time_machine.stop)
        moto_api_backend.reset()
        undo.callback(moto_api_backend.reset)
        mock_random.seed(self.seed)
        undo.callback(self.patches.undo)
        moto_patches.install(self.patches)
        cloudwatch.install(self.patches, self.world.metrics, self.now)
        ecs.install(self.patches, self.world)
        scaling.install(self.patches, self.world)
        target_groups.install(self.patches, self.world)
        listener_rules.install(self.patches, self.world)
        repeated_calls.install(self.patches)
        self.topics.install(self.patches)
        self.bus.install(self.patches)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_quiet(MotoRequestHandler)
        )
        listening = threading.Thread(target=self._listen, name="local-aws", daemon=True)
        listening.start()
        undo.callback(self._server.server_close)
        undo.callback(listening.join)
        undo.callback(self._server.shutdown)
        self.load_balancers = LoadBalancers(self.world, self.lock, ACCOUNT_ID, REGION, self.seed, self._invoke)
        undo.callback(self.load_balancers.close)
        self.http_apis = HttpApis(self.lock, self.now, self.seed, self._invoke, self._is_function)
        undo.callback(self.http_apis.close)
        undo.callback(self.functions.close)
        undo.callback(self.clock.stop)

    # For clients

    @property
    def endpoint_url(self) -> str:
        """The URL of every AWS API, for example ``http://127.0.0.1:5000``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The AWS settings of a client; for a child process see ``child_environment``."""
        return aws_settings(self.endpoint_url)

    def child_environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment for terraform or the AWS CLI: ``inherited`` with our AWS settings.

        ``inherited``: by default the environment of this process. No AWS setting of it is kept, and loopback is reached
        without a proxy.
        """
        return complete_environment(os.environ if inherited is None else inherited, self.endpoint_url)

    def load_balancer_url(self, load_balancer: str) -> str:
        """Return the URL on which a load balancer really listens. Raises ``LookupError`` if it does not listen.

        ``load_balancer``: its ARN or name.
        """
        return self.load_balancers.url(load_balancer)

    def http_api_url(self, api: str) -> str:
        """Return the URL on which an HTTP API really listens. Raises ``LookupError`` if there is no such API.

        ``api``: its id or ``api_endpoint``.
        """
        return self.http_apis.url(api)

    @property
    def invocations(self) -> list[Invocation]:
        """Every run of a function, in the order in which they ended."""
        return self.functions.invocations

    # Time

    def now(self) -> datetime:
        """Return the virtual instant, in UTC."""
        return self.clock.now()

    def advance(self, duration: timedelta) -> None:
        """Let virtual time pass: the world changes, rules fire and functions run, each at its instant, in order."""
        self.clock.advance(duration)

    def run(self, speed: float = 1.0) -> None:
        """Let virtual time follow real time, ``speed`` times as fast, until ``stop``."""
        self.clock.run(speed)

    def stop(self) -> None:
        """Let virtual time stand still again. Raises an error that occurred while it was running."""
        self.clock.stop()

    @contextmanager
    def running(self, speed: float = 60.0) -> Iterator[None]:
        """Let virtual time run within a ``with`` statement, for clients that wait for something, such as terraform."""
        self.run(speed)
        try:
            yield
        finally:
            self.stop()

    # Within

    def _moved(self, instant: datetime) -> None:
        with self.lock:
            self.world.advance_to(instant)
            self._traveller.shift(instant - self.clock.now())

    def _count_invocation(self, function_name: str, instant: datetime) -> None:
        """Publish the metric ``Invocations``, the only one of Lambda's metrics that is modelled.

        Lambda Developer Guide, "Types of metrics".
        """
        with self.lock:
            dimensions = {"FunctionName": function_name}
            self.world.metrics.put("AWS/Lambda", "Invocations", dimensions, instant, 1)

    def _follow_listeners(self) -> None:
        self.load_balancers.follow()

    def _follow_http_apis(self) -> None:
        self.http_apis.follow()

    def _is_function(self, access_key: str) -> bool:
        return self.functions.role_of(access_key) is not None

    def _invoke(self, function_arn: str, payload: bytes) -> Returned:
        answer = self.functions.invoke(function_arn, payload)
        return Returned(answer.payload, answer.failed)

    def _function_variables(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint_url, "AWS_EC2_METADATA_DISABLED": "true"}

    # HTTP

    def _listen(self) -> None:
        self._server.serve_forever(poll_interval=STOP_POLL_SECONDS)

    def _serve(self, environ: Environ, start_response: Any) -> Any:
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ: Environ) -> Response:
        try:
            call = read(environ)
        except AwsError as error:
            return refuse(environ, error)
        self.calls[call.name] += 1
        try:
            api_surface.check(call)
            limits.check(call)
            for part in (self.rules, self.bus, self.schedules, self.topics):
                part.check(call)
            http_api.check(call)
            role = self.functions.role_of(call.access_key)
            if role is not None:
                with self.lock:
                    permissions.check(call, role)
            if call.name == "lambda.Invoke":
                return self.functions.answer(call)
            with self.lock:
                response = self._answer_by_moto(call, environ)
            if response.status_code < 300:
                # Without the lock, because a listener that is closed can wait for a request that needs the lock.
                self._follow.get(call.name, _nothing)()
            return response
        except AwsError as error:
            return call.error(error)
        except Exception as error:
            _LOGGER.exception("%s failed in local_aws.", call.name)
            return call.error(AwsError("LocalAwsFailed", f"{call.name} failed in local_aws: {error!r}"))

    def _answer_by_moto(self, call: ApiCall, environ: Environ) -> Response:
        try:
            return Response.from_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            raise AwsError("NotModelled", f"not modelled: {call.name} ({error})") from error


def _nothing() -> None:
    """Do nothing; most calls need no following step."""


def _quiet(handler: type[MotoRequestHandler]) -> type[MotoRequestHandler]:
    class Quiet(handler):  # type: ignore[valid-type,misc]
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
            """Keep requests out of the log."""

    return Quiet
