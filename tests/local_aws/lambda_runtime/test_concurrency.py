"""Several invocations at once: reserved concurrency, the limit of environments, and time while visitors wait."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from local_aws.lambda_runtime import MOST_ENVIRONMENTS
from local_aws.lambda_runtime.environment import ExecutionEnvironment
from local_aws.lambda_runtime.environments import Environments
from local_aws.lambda_runtime.output import Output
from tests.local_aws.deployed import MINUTE, START, Deployed, deployed

WAITING = """
    import time
    from datetime import datetime, UTC

    def handler(event, context):
        time.sleep(20)
        return {"statusCode": 200, "body": datetime.now(UTC).isoformat()}
"""
WAITS_WITHOUT_END_BY_DEFAULT = """
    import threading

    def handler(event, context):
        if not event.get("at_once"):
            threading.Event().wait()
"""
AT_ONCE = """
    def handler(event, context):
        return {"statusCode": 200}
"""
SLEEPER = """
    import time

    def handler(event, context):
        time.sleep(event["seconds"])
"""
SECOND = timedelta(seconds=1)
WAITED = 20 * SECOND
NOT_AGAIN = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        yield created


def few_environments(most: int) -> Any:
    return LocalAws(seed=7, start=START, environments=most)


def load_balancer(account: Deployed, code: str, **settings: Any) -> str:
    """Put a function behind a load balancer; return the load balancer's URL."""
    function = account.deploy(code, Timeout=60, **settings)
    ec2, elbv2 = account.client("ec2"), account.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24")["Subnet"]["SubnetId"] for index in range(2)]
    balancer = elbv2.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name="functions", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    account.lambda_.add_permission(
        FunctionName=function,
        StatementId="load-balancer",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group,
    )
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": function}])
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=actions)
    return account.aws.load_balancer_url("front")


def reserve(account: Deployed, concurrency: int) -> None:
    account.lambda_.put_function_concurrency(FunctionName="function", ReservedConcurrentExecutions=concurrency)


def visit(url: str) -> httpx.Response:
    return httpx.get(url, timeout=60, verify=False)


def visit_at_once(url: str, visitors: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(visitors) as pool:
        return list(pool.map(visit, [url] * visitors))


def seconds_waited(answers: list[httpx.Response]) -> list[float]:
    """Return the virtual seconds until each function's answer."""
    instants = [type(START).fromisoformat(answer.text) for answer in answers]
    return sorted((instant - START) / SECOND for instant in instants)


def most_at_once(account: Deployed) -> int:
    """Return the largest number of invocations that ran at the same virtual instant."""
    runs = [(run.started, run.ended) for run in account.aws.invocations]
    return max(sum(start <= instant < end for start, end in runs) for instant, _ in runs)


# Time while a visitor waits


def test_time_passes_for_a_waiting_visitor_if_nothing_else_moves_it(account: Deployed) -> None:
    url = load_balancer(account, WAITING)
    answer = visit(url)
    assert answer.status_code == 200
    assert seconds_waited([answer]) == [20]
    assert account.aws.now() == START + WAITED


def test_a_waiting_visitor_is_answered_while_time_runs(account: Deployed) -> None:
    url = load_balancer(account, WAITING)
    with account.aws.running(speed=100):
        answer = visit(url)
    assert answer.status_code == 200
    assert seconds_waited([answer])[0] >= 20


def test_events_that_are_due_while_a_visitor_waits_happen_at_their_instants(account: Deployed) -> None:
    url = load_balancer(account, WAITING.replace("sleep(20)", "sleep(50)"))
    account.every_minute(account.deploy(AT_ONCE, name="tick"))
    account.aws.advance(30 * SECOND)
    visit(url)
    tick, visit_run = account.aws.invocations
    assert (tick.function_name, tick.started) == ("tick", START + MINUTE)
    assert (visit_run.started, visit_run.ended) == (START + 30 * SECOND, START + 80 * SECOND)


def test_several_visitors_wait_at_the_same_time(account: Deployed) -> None:
    url = load_balancer(account, WAITING)
    with account.aws.running(speed=20):
        answers = visit_at_once(url, 4)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert most_at_once(account) == 4


@pytest.mark.parametrize("speed", [None, 60])
def test_visitors_beyond_the_limit_of_environments_wait_and_time_passes(speed: float | None) -> None:
    with few_environments(2) as aws:
        account = Deployed(aws)
        url = load_balancer(account, WAITING)
        if speed is not None:
            aws.run(speed)
        answers = visit_at_once(url, 6)
        assert [answer.status_code for answer in answers] == [200] * 6
        assert most_at_once(account) == 2
        assert seconds_waited(answers)[-1] >= 60, "three rounds of two visitors, twenty seconds each"
        assert sum(invocation.cold for invocation in aws.invocations) == 2


def test_more_visitors_than_there_are_environments_are_all_answered(account: Deployed) -> None:
    url = load_balancer(account, AT_ONCE)
    answers = visit_at_once(url, 5 * MOST_ENVIRONMENTS)
    assert Counter(answer.status_code for answer in answers) == {200: 5 * MOST_ENVIRONMENTS}
    assert sum(invocation.cold for invocation in account.aws.invocations) <= MOST_ENVIRONMENTS


def test_time_passes_for_a_visitor_that_waits_for_an_environment_of_a_sleeping_event() -> None:
    with few_environments(1) as aws:
        account = Deployed(aws)
        url = load_balancer(account, AT_ONCE)
        account.deploy(SLEEPER, name="sleeper", Timeout=60)
        account.lambda_.invoke(FunctionName="sleeper", InvocationType="Event", Payload='{"seconds": 30}')
        aws.clock.settle()
        assert visit(url).status_code == 200
        assert [run.function_name for run in aws.invocations] == ["sleeper", "function"]
        assert aws.now() == START + 30 * SECOND


def test_a_function_that_waits_for_another_one_without_an_environment_times_out() -> None:
    with few_environments(1) as aws:
        account = Deployed(aws)
        account.allow("lambda:InvokeFunction")
        account.deploy(AT_ONCE, name="inner")
        account.deploy(
            """
            import boto3

            def handler(event, context):
                boto3.client("lambda").invoke(FunctionName="inner", Payload="{}")
            """,
            Timeout=5,
        )
        assert account.invoke().payload["errorType"] == "Sandbox.Timedout"
        assert aws.now() == START + 5 * SECOND


def test_a_visitor_that_still_waits_at_the_end_of_local_aws_gets_a_bad_gateway() -> None:
    with ThreadPoolExecutor(2) as pool:
        with few_environments(1) as aws:
            account = Deployed(aws)
            url = load_balancer(account, "import threading\ndef handler(event, context):\n    threading.Event().wait()")
            waiting = [pool.submit(visit, url) for _ in range(2)]
            _wait_until(lambda: len(aws.clock._activities) == 2)
        assert [_status(one) for one in waiting] == [502, 502]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("owner", "step", "warm"),
    [
        (ExecutionEnvironment, "__init__", False),
        (ExecutionEnvironment, "start", False),
        (subprocess, "Popen", False),
        (Output, "start", False),
        (Environments, "take", True),
        (ExecutionEnvironment, "run", True),
    ],
)
def test_a_function_that_is_just_starting_at_the_end_of_local_aws_is_ended(owner: Any, step: str, warm: bool) -> None:
    at_the_step = threading.Event()
    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        with few_environments(1) as aws:
            account = Deployed(aws)
            url = load_balancer(account, WAITS_WITHOUT_END_BY_DEFAULT)
            if warm:
                account.invoke({"at_once": True})
            original = getattr(owner, step)

            def after_closing_begins(*arguments: Any, **named: Any) -> Any:
                at_the_step.set()
                _wait_until(lambda: aws.functions._closed)
                time.sleep(0.5)
                return original(*arguments, **named)

            patch.setattr(owner, step, after_closing_begins)
            waiting = pool.submit(visit, url)
            assert at_the_step.wait(10)
        assert _status(waiting) == 502


def test_a_function_that_cannot_be_started_uses_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with few_environments(1) as aws:
        account = Deployed(aws)
        url = load_balancer(account, AT_ONCE)
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", _no_process)
            assert visit(url).status_code >= 500
        assert visit(url).status_code == 200


def test_a_function_that_cannot_be_started_leaves_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed() as account:
        url = load_balancer(account, AT_ONCE)
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", _no_process)
            visit(url)
            before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
            for _ in range(10):
                visit(url)
            after = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert after - before < 10


def _no_process(*_arguments: object, **_named: object) -> None:
    raise OSError("no process can be started")


# Reserved concurrency


def test_a_function_is_throttled_beyond_its_reserved_concurrency(account: Deployed) -> None:
    account.deploy(SLEEPER, Timeout=60)
    reserve(account, 2)
    once = account.client("lambda", config=NOT_AGAIN)
    for _ in range(2):
        account.lambda_.invoke(FunctionName="function", InvocationType="Event", Payload='{"seconds": 30}')
    account.aws.clock.settle()
    with pytest.raises(ClientError, match="Rate Exceeded") as refused:
        once.invoke(FunctionName="function", Payload="{}")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    account.aws.advance(30 * SECOND)
    assert account.invoke({"seconds": 0}).error is None


def test_a_visitor_of_a_throttled_function_gets_a_bad_gateway(account: Deployed) -> None:
    url = load_balancer(account, WAITING)
    reserve(account, 3)
    with account.aws.running(speed=1), ThreadPoolExecutor(3) as pool:
        visits = [pool.submit(visit, url) for _ in range(3)]
        _wait_until(lambda: _asleep(account) == 3)
        assert visit(url).status_code == 502
        account.aws.stop()
        assert [_status(one) for one in visits] == [200] * 3


def test_a_function_with_a_reserved_concurrency_of_zero_never_runs(account: Deployed) -> None:
    url = load_balancer(account, AT_ONCE)
    reserve(account, 0)
    assert visit(url).status_code == 502
    account.lambda_.delete_function_concurrency(FunctionName="function")
    assert visit(url).status_code == 200
    assert len(account.aws.invocations) == 1


def test_the_reserved_concurrency_of_a_function_does_not_limit_others(account: Deployed) -> None:
    account.deploy(AT_ONCE)
    account.deploy(AT_ONCE, name="other")
    reserve(account, 0)
    assert account.invoke(name="other").error is None


def test_a_throttled_event_is_retried_after_one_then_two_then_four_seconds(account: Deployed) -> None:
    account.deploy(SLEEPER, Timeout=60)
    reserve(account, 1)
    for seconds in (5, 0):
        account.lambda_.invoke(FunctionName="function", InvocationType="Event", Payload=f'{{"seconds": {seconds}}}')
        account.aws.clock.settle()
    account.aws.advance(MINUTE)
    assert account.started() == [START, START + 7 * SECOND]
    assert [run.attempt for run in account.aws.invocations] == [1, 1], "a throttled run does not count as an attempt"


def test_a_throttled_event_is_dropped_at_its_maximum_age(account: Deployed) -> None:
    account.deploy(AT_ONCE)
    account.lambda_.put_function_event_invoke_config(FunctionName="function", MaximumEventAgeInSeconds=60)
    reserve(account, 0)
    account.lambda_.invoke(FunctionName="function", InvocationType="Event", Payload="{}")
    account.aws.advance(61 * SECOND)
    account.lambda_.delete_function_concurrency(FunctionName="function")
    account.aws.advance(10 * MINUTE)
    assert account.aws.invocations == []


def test_a_hundred_of_the_accounts_thousand_cannot_be_reserved(account: Deployed) -> None:
    account.deploy(AT_ONCE)
    account.deploy(AT_ONCE, name="other")
    put = account.lambda_.put_function_concurrency
    put(FunctionName="function", ReservedConcurrentExecutions=500)
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        put(FunctionName="other", ReservedConcurrentExecutions=401)
    put(FunctionName="other", ReservedConcurrentExecutions=400)
    put(FunctionName="function", ReservedConcurrentExecutions=500)


def _status(visit: Future[httpx.Response]) -> int:
    return visit.result(timeout=60).status_code


def _asleep(account: Deployed) -> int:
    return sum(not activity.busy for activity in tuple(account.aws.clock._activities))


def _wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends, "it did not happen within half a minute"
        time.sleep(0.01)
