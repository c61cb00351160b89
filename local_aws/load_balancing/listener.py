"""One listener of a load balancer: a real HTTP server on loopback that follows the listener's rules."""

from __future__ import annotations

import threading
from dataclasses import replace
from random import Random
from typing import Any

from moto.elbv2.models import elbv2_backends
from werkzeug.wrappers import Request, Response

from local_aws import function_targets
from local_aws.api_call import AwsError
from local_aws.target_groups import weighted_groups
from simulator.world import World

from . import application
from .answers import Answer, fixed, own, redirect
from .authentication import authenticate, is_authentication
from .lambda_targets import Invoke, LambdaTargets
from .loopback import LoopbackServer
from .requests import HttpRequest, http_request
from .rules import actions_for


class Listener:
    """The server of one listener, from its creation until ``close``. ``lock`` guards moto and the world.

    The world decides which rules apply to a request: a change applies some time after it was made.
    TLS is not modelled: an HTTPS listener accepts plain HTTP, and forwards it as ``https``.
    """

    def __init__(self, world: World, lock: threading.RLock, arn: str, random: Random, invoke: Invoke) -> None:
        self._world = world
        self._lock = lock
        self._arn = arn
        self._random = random
        self._functions = LambdaTargets(world, lock, invoke)
        self._server = LoopbackServer(f"listener-{arn}", self._answer)

    @property
    def url(self) -> str:
        """The server's URL, for example ``http://127.0.0.1:8080``."""
        return self._server.url

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _answer(self, environ: dict[str, Any]) -> Answer | Response:
        request = http_request(environ)
        with self._lock:
            listener = self._listener()
            if listener is None:
                return own(503)
            actions = actions_for(self._world.listener_rules.met(self._arn).values(), request)
            request = self._forwarded(request, listener)
        for action in actions:
            if is_authentication(action):
                refusal = authenticate(action, request, f"{self._random.getrandbits(64):016x}")
                if refusal is not None:
                    return refusal
            elif action["Type"] == "fixed-response":
                return fixed(action["FixedResponseConfig"])
            elif action["Type"] == "redirect":
                return redirect(action["RedirectConfig"], request, listener.protocol, int(listener.port))
            elif action["Type"] == "forward":
                return self._forward(listener.load_balancer_arn, action, request, environ)
            else:
                raise AwsError("NotModelled", f"not modelled: {action['Type']} actions")
        raise LookupError("No action of the rule answers; the last action of each rule must answer.")

    def _listener(self) -> Any:
        _, _, _, region, account, *_ = self._arn.split(":")
        for load_balancer in elbv2_backends[account][region].load_balancers.values():
            if self._arn in load_balancer.listeners:
                return load_balancer.listeners[self._arn]
        return None

    def _forward(
        self, load_balancer_arn: str, action: Any, request: HttpRequest, environ: dict[str, Any]
    ) -> Answer | Response:
        """Return a target's answer. There is no failover to another group (ud ELB, weighted target groups)."""
        groups, weights = zip(*weighted_groups(action), strict=True)
        if not any(weights):
            return own(503)
        [group] = self._random.choices(groups, weights)
        if function_targets.are_targets(group):
            return self._functions.answer(load_balancer_arn, group, request, environ)
        return self._answer_of_task(load_balancer_arn, group, request, environ)

    def _answer_of_task(
        self, load_balancer_arn: str, group: str, request: HttpRequest, environ: dict[str, Any]
    ) -> Answer | Response:
        """Return the answer of a task.

        503 if no target is registered, 502 if the chosen one does not answer (ud ELB, troubleshooting).
        """
        with self._lock:
            target = self._world.request(load_balancer_arn, group)
            task = self._world.task(target.task_id) if target is not None else None
        if target is None:
            return own(503)
        if not target.answers or task is None:
            return own(502)
        return application.answer(task, request, Request(environ).get_data())

    def _forwarded(self, request: HttpRequest, listener: Any) -> HttpRequest:
        """Add a load balancer's headers to the request (ud ELB, "HTTP headers and Application Load Balancers")."""
        before = ", ".join(request.values("X-Forwarded-For"))
        trace = next(request.values("X-Amzn-Trace-Id"), "")
        own_trace = f"1-{int(self._world.now.timestamp()):08x}-{self._random.getrandbits(96):024x}"
        added = {
            # The client's address is appended to the header that the client sent.
            "X-Forwarded-For": f"{before}, {request.source_ip}" if before else request.source_ip,
            "X-Forwarded-Proto": listener.protocol.lower(),
            "X-Forwarded-Port": str(listener.port),
            "X-Amzn-Trace-Id": f"Self={own_trace};{trace}" if "Root=" in trace else f"Root={own_trace}",
        }
        replaced = {name.lower() for name in added}
        kept = tuple((name, value) for name, value in request.headers if name.lower() not in replaced)
        return replace(request, headers=(*kept, *added.items()))
