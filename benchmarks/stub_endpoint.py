"""An HTTP endpoint on loopback that answers AWS calls after some milliseconds and counts them.

It runs as a separate process (``python -m benchmarks.stub_endpoint MILLISECONDS``), so that it shares no interpreter
with the measured process. It prints its port as one line of JSON and ends when its standard input ends. The
milliseconds start when a request has arrived, so they include the stub's own work. There is no TLS.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from . import answers_cloudwatch, answers_ecs, answers_elb
from .answers_dynamodb import Table
from .fleet import Fleet, Scenario
from .protocols import Call, NotSpoken, read_call
from .table_items import items_of
from .usage import Usage

LARGEST_REQUEST_BYTES: Final = 8 * 1024 * 1024

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


class Stub:
    """The answers of one scenario, and the calls since it began."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.usage = Usage()
        self._answers = self._prepare()

    def answer(self, call: Call) -> tuple[int, str, bytes]:
        """Count a call. Return its answer: HTTP status, content type, body."""
        self.usage.calls[str(call)] += 1
        answer = self._answers.get(str(call))
        try:
            if answer is None:
                raise ValueError(f"the stub has no answer for {call}")
            content_type, body = call.encode(answer(call.parameters))
        except (ValueError, LookupError) as error:
            self.usage.unanswered.append(f"{call}: {error!r}")
            return 400, *call.encode_error("NotModelled", str(error))
        return 200, content_type, body

    def _prepare(self) -> dict[str, Answer]:
        fleet, usage = Fleet(self.scenario), self.usage
        table = Table(items_of(fleet), usage)
        return {
            "ecs.DescribeServices": lambda parameters: answers_ecs.describe_services(fleet, parameters),
            "ecs.DescribeServiceRevisions": answers_ecs.describe_service_revisions,
            "ecs.UpdateService": lambda parameters: answers_ecs.update_service(fleet, parameters),
            "cloudwatch.GetMetricData": lambda parameters: answers_cloudwatch.get_metric_data(fleet, usage, parameters),
            "cloudwatch.GetMetricStatistics": lambda parameters: answers_cloudwatch.get_metric_statistics(
                fleet, parameters
            ),
            "cloudwatch.PutMetricData": answers_cloudwatch.PutMetricData(usage),
            "elbv2.DescribeTargetGroups": lambda parameters: answers_elb.describe_target_groups(fleet, parameters),
            "elbv2.DescribeRules": lambda parameters: answers_elb.describe_rules(fleet, parameters),
            "elbv2.DescribeTargetHealth": lambda parameters: answers_elb.describe_target_health(fleet, parameters),
            "application-autoscaling.DescribeScalableTargets": lambda parameters: answers_elb.describe_scalable_targets(
                fleet, parameters
            ),
            "dynamodb.Scan": table.scan,
            "dynamodb.GetItem": table.get_item,
            "dynamodb.UpdateItem": table.update_item,
            "dynamodb.DeleteItem": table.delete_item,
            "dynamodb.TransactWriteItems": table.transact_write_items,
        }


class Endpoint:
    """The HTTP endpoint: API calls at ``/``, requests of the benchmark itself at ``/-/begin``."""

    def __init__(self, answer_after_seconds: float) -> None:
        self._answer_after_seconds = answer_after_seconds
        self._stub = Stub(Scenario(services=1, awake=0, due=0))

    def application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        application.router.add_post("/", self.call)
        application.router.add_post("/2015-03-31/functions/{function}/invocations", self.invoke)
        application.router.add_post("/-/begin", self.begin)
        return application

    async def call(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        body = await request.read()
        answer_at = loop.time() + self._answer_after_seconds
        try:
            status, content_type, answer = self._stub.answer(read_call(request.headers, body))
        except NotSpoken as error:
            self._stub.usage.unanswered.append(str(error))
            status, content_type, answer = 501, "text/plain", str(error).encode()
        await asyncio.sleep(answer_at - loop.time())
        return web.Response(status=status, body=answer, headers={"Content-Type": content_type})

    async def invoke(self, request: web.Request) -> web.Response:
        """Accept an asynchronous invocation of a function. The function does not run."""
        loop = asyncio.get_running_loop()
        answer_at = loop.time() + self._answer_after_seconds
        await request.read()
        self._stub.usage.calls["lambda.Invoke"] += 1
        await asyncio.sleep(answer_at - loop.time())
        return web.Response(status=202)

    async def begin(self, request: web.Request) -> web.Response:
        """Count from zero again, in the same scenario or in a given one. Answer what was counted until now."""
        usage = self._stub.usage
        body = await request.read()
        self._stub = Stub(Scenario(**json.loads(body)) if body else self._stub.scenario)
        return web.json_response(usage.as_json())


async def serve(answer_after_seconds: float) -> None:
    runner = web.AppRunner(Endpoint(answer_after_seconds).application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000))
