from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from local_aws.world import target_group_dimension
from tests.unit.local_aws.account import CLUSTER, START, Account, account, fixed, forward, forward_weighted

MINUTE = timedelta(minutes=1)


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as opened:
        yield opened


def path(*patterns: str) -> dict[str, object]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def requests_counted(aws: Account, group: str) -> float:
    dimensions = {"LoadBalancer": aws.load_balancer.partition(":loadbalancer/")[2]}
    dimensions["TargetGroup"] = target_group_dimension(group)
    aws.pass_time(5 * MINUTE)
    points = aws.world.metrics.datapoints(
        "AWS/ApplicationELB", "RequestCount", dimensions, START, aws.world.now, MINUTE, "Sum", aws.world.now
    )
    return sum(points.values())


def test_a_request_reaches_the_application_of_a_healthy_task_unchanged_and_is_counted(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    answer = aws.send(
        "POST", "/guide/saint%20denis?lang=fr&q=a%20b", content="bonjour", headers={"Host": "guide.example"}
    )
    assert answer.status_code == 200
    told = answer.json()
    [task] = aws.world.tasks(CLUSTER, "web")
    assert (told["service"], told["task"], told["address"]) == ("web", task.id, task.ip)
    assert (told["method"], told["path"], told["query"]) == ("POST", "/guide/saint%20denis", "lang=fr&q=a%20b")
    assert told["body"] == "bonjour"
    assert told["headers"]["Host"] == "guide.example"
    assert requests_counted(aws, group) == 1


def test_the_application_is_told_whom_the_load_balancer_forwards_for(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    headers = aws.get(headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "gopher"}).json()["headers"]
    assert headers["X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("http", "80")


def test_requests_are_spread_over_the_healthy_tasks(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, desired=2)
    aws.pass_time()
    assert set(Counter(aws.get().json()["task"] for _ in range(4)).values()) == {2}


def test_a_group_without_targets_answers_503_and_counts_nothing(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, desired=0)
    aws.pass_time()
    answer = aws.get()
    assert (answer.status_code, answer.headers["Server"]) == (503, "awselb/2.0")
    assert "503 Service Temporarily Unavailable" in answer.text
    assert requests_counted(aws, group) == 0


def test_a_group_with_draining_targets_only_answers_503(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    aws.pass_time(timedelta(seconds=20))
    assert aws.health(group) == ["draining"]
    assert aws.get().status_code == 503


def test_a_group_with_unhealthy_targets_only_answers_502_and_counts_the_request(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, healthCheckGracePeriodSeconds=3600)
    aws.pass_time()
    aws.world.set_passes_health_checks(CLUSTER, "web", passes=False)
    aws.pass_time()
    assert aws.get().status_code == 502
    assert requests_counted(aws, group) == 1


def test_a_rule_counts_from_the_moment_it_is_changed(aws: Account) -> None:
    listener = aws.listener(fixed("404", "default"))
    rule = aws.rule(listener, 1, [path("/a")], fixed("200", "rule"))
    assert aws.get("/a").text == "rule"
    aws.elbv2.modify_rule(RuleArn=rule, Conditions=[path("/b")])  # type: ignore[list-item]
    assert (aws.get("/a").text, aws.get("/b").text) == ("default", "rule")


def test_weights_share_the_requests_and_weight_zero_gets_none(aws: Account) -> None:
    first, second, third = (aws.target_group(name) for name in ("first", "second", "third"))
    aws.listener(forward_weighted({first: 3, second: 1, third: 0}))
    for name, group in (("first", first), ("second", second), ("third", third)):
        aws.service(name, group)
    aws.pass_time()
    answers = Counter(aws.get().json()["service"] for _ in range(40))
    assert answers.keys() == {"first", "second"}
    assert 20 <= answers["first"] <= 39


def test_a_weighted_group_without_targets_does_not_fail_over(aws: Account) -> None:
    full, empty = aws.target_group("full"), aws.target_group("empty")
    aws.listener(forward(full, empty))
    aws.service("full", full)
    aws.pass_time()
    assert set(Counter(aws.get().status_code for _ in range(40))) == {200, 503}


def test_a_fixed_response_is_answered_as_written(aws: Account) -> None:
    aws.listener(fixed("418", "a teapot"))
    answer = aws.get()
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (418, "a teapot", "text/plain")


def test_what_comes_with_the_next_issue_is_answered_with_not_modelled(aws: Account) -> None:
    redirect = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Host": "elsewhere.example"}}
    listener = aws.listener(redirect)
    assert (aws.get().status_code, aws.get().text) == (501, "not modelled: redirect actions\n")
    [functions] = aws.elbv2.create_target_group(Name="functions", TargetType="lambda")["TargetGroups"]
    aws.rule(listener, 1, [path("/lambda")], forward(functions["TargetGroupArn"]))
    assert (aws.get("/lambda").status_code, aws.get("/lambda").text) == (
        501,
        "not modelled: Lambda functions as targets\n",
    )
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}]}}
    aws.rule(listener, 2, [query], fixed("200", "rule"))
    assert "rule conditions on query-string" in aws.get("/other").text


def test_a_deleted_listener_no_longer_listens(aws: Account) -> None:
    listener = aws.listener(fixed("200", "here"))
    url = aws.load_balancers.url("front")
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(url).text == "here"
    aws.elbv2.delete_listener(ListenerArn=listener)
    aws.load_balancers.follow()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(LookupError, match="no listener of a load balancer front"):
        aws.load_balancers.url("front")
