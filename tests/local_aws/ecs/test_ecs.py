from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import CLUSTER, START, TIMINGS, Account, account, fixed, forward

SECOND = timedelta(seconds=1)


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


@pytest.fixture
def group(aws: Account) -> str:
    group = aws.target_group("web")
    aws.listener(forward(group))
    return group


def test_a_new_service_is_pending_then_running_then_steady(aws: Account, group: str) -> None:
    created = aws.service("web", group)
    assert (created["desiredCount"], created["runningCount"], created["pendingCount"]) == (1, 0, 0)
    aws.pass_time(10 * SECOND)
    assert aws.described("web")["pendingCount"] == 1
    assert aws.described("web")["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    aws.pass_time()
    service = aws.described("web")
    assert (service["runningCount"], service["pendingCount"]) == (1, 0)
    assert service["events"][0]["message"] == "(service web) has reached a steady state."
    [deployment] = service["deployments"]
    assert (deployment["status"], deployment["rolloutState"], deployment["runningCount"]) == ("PRIMARY", "COMPLETED", 1)


def test_a_desired_count_takes_effect_in_the_world_and_starts_no_deployment(aws: Account, group: str) -> None:
    aws.service("web", group)
    aws.pass_time()
    before = aws.described("web")["deployments"][0]["id"]
    answer = aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)["service"]
    assert (answer["desiredCount"], answer["runningCount"]) == (0, 1)
    aws.pass_time(TIMINGS.scheduling)
    service = aws.described("web")
    assert (service["desiredCount"], service["runningCount"]) == (0, 0)
    assert [deployment["id"] for deployment in service["deployments"]] == [before]


def test_the_same_count_again_changes_nothing(aws: Account, group: str) -> None:
    aws.service("web", group)
    aws.pass_time()
    before = aws.described("web")
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=1)
    aws.pass_time()
    assert aws.described("web") == before


def test_a_forced_deployment_shows_both_deployments_until_it_completes(aws: Account, group: str) -> None:
    aws.service("web", group)
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", forceNewDeployment=True)
    aws.pass_time(20 * SECOND)
    primary, active = aws.described("web")["deployments"]
    assert (primary["status"], primary["rolloutState"], primary["pendingCount"]) == ("PRIMARY", "IN_PROGRESS", 1)
    assert (active["status"], active["runningCount"]) == ("ACTIVE", 1)
    aws.pass_time(timedelta(minutes=5))
    [deployment] = aws.described("web")["deployments"]
    assert (deployment["id"], deployment["rolloutState"]) == (primary["id"], "COMPLETED")


def test_a_new_task_definition_begins_a_deployment_and_a_new_grace_period_does_not(aws: Account, group: str) -> None:
    service = aws.service("web", group)
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", healthCheckGracePeriodSeconds=90)
    assert len(aws.described("web")["deployments"]) == 1
    assert aws.described("web")["healthCheckGracePeriodSeconds"] == 90
    aws.ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "nginx:2", "memory": 128}]
    )
    aws.ecs.update_service(cluster=CLUSTER, service="web", taskDefinition="web:2")
    updated = aws.described("web")
    assert len(updated["deployments"]) == 2
    assert updated["taskDefinition"] == service["taskDefinition"].replace("web:1", "web:2")


def test_settings_of_a_new_service_are_described_and_missing_ones_have_aws_defaults(aws: Account) -> None:
    aws.service("set", availabilityZoneRebalancing="DISABLED", enableExecuteCommand=True)
    aws.service("unset")
    assert aws.described("set")["availabilityZoneRebalancing"] == "DISABLED"
    assert aws.described("set")["enableExecuteCommand"] is True
    unset = aws.described("unset")
    assert unset["availabilityZoneRebalancing"] == "ENABLED"
    assert unset["deploymentConfiguration"]["minimumHealthyPercent"] == 100
    assert unset["enableECSManagedTags"] is False


def test_service_connect_is_described_in_the_deployment_as_on_aws(aws: Account) -> None:
    aws.service("web", serviceConnectConfiguration={"enabled": True, "namespace": "city"})
    [deployment] = aws.described("web")["deployments"]
    assert deployment["serviceConnectConfiguration"] == {"enabled": True, "namespace": "city"}


def test_a_target_group_that_no_load_balancer_uses_is_refused(aws: Account) -> None:
    with pytest.raises(ClientError, match="does not have an associated load balancer"):
        aws.service("web", aws.target_group("web"))


def test_a_name_that_is_taken_is_refused_until_the_service_is_deleted(aws: Account) -> None:
    aws.service("web", desired=0)
    with pytest.raises(ClientError, match="not idempotent"):
        aws.service("web", desired=0)
    aws.ecs.delete_service(cluster=CLUSTER, service="web")
    aws.service("web", desired=1)
    aws.pass_time()
    assert aws.described("web")["runningCount"] == 1


def test_a_service_can_be_deleted_only_at_zero_then_drains_and_becomes_inactive(aws: Account, group: str) -> None:
    aws.service("web", group)
    aws.pass_time()
    with pytest.raises(ClientError, match="scaled above 0"):
        aws.ecs.delete_service(cluster=CLUSTER, service="web")
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    assert aws.ecs.delete_service(cluster=CLUSTER, service="web")["service"]["status"] == "DRAINING"
    assert aws.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=1)
    aws.pass_time()
    assert aws.described("web")["status"] == "INACTIVE"


def test_an_unknown_service_is_missing_in_an_answer_with_a_known_one(aws: Account) -> None:
    aws.service("web", desired=0)
    answer = aws.ecs.describe_services(cluster=CLUSTER, services=["web", "gone"])
    assert [service["serviceName"] for service in answer["services"]] == ["web"]
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


def test_eleven_services_are_too_many_for_one_call(aws: Account) -> None:
    with pytest.raises(ClientError, match="more than 10"):
        aws.ecs.describe_services(cluster=CLUSTER, services=[f"s{number}" for number in range(11)])


def test_a_cluster_counts_its_services_and_tasks(aws: Account) -> None:
    aws.service("web", desired=2)
    aws.service("api", desired=0)
    aws.pass_time()
    [cluster] = aws.ecs.describe_clusters(clusters=[CLUSTER])["clusters"]
    assert (cluster["activeServicesCount"], cluster["runningTasksCount"], cluster["pendingTasksCount"]) == (2, 2, 0)


def test_a_task_is_listed_and_described_with_its_times_and_its_address(aws: Account, group: str) -> None:
    service = aws.service("web", group)
    aws.service("api", desired=1)
    aws.pass_time()
    [arn] = aws.ecs.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"]
    [task] = aws.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
    assert (task["lastStatus"], task["desiredStatus"], task["group"]) == ("RUNNING", "RUNNING", "service:web")
    assert task["taskDefinitionArn"] == service["taskDefinition"]
    assert task["startedAt"] == START + TIMINGS.scheduling + TIMINGS.task_start
    assert START < task["createdAt"] < task["pullStartedAt"] < task["pullStoppedAt"] < task["startedAt"]
    [target] = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    address = target["Target"]["Id"]
    assert task["attachments"][0]["details"] == [{"name": "privateIPv4Address", "value": address}]
    assert task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] == address


def test_stopping_tasks_are_listed_only_among_the_stopped_ones(aws: Account, group: str) -> None:
    aws.service("web", group)
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    aws.pass_time(TIMINGS.scheduling)
    assert aws.ecs.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"] == []
    [arn] = aws.ecs.list_tasks(cluster=CLUSTER, serviceName="web", desiredStatus="STOPPED")["taskArns"]
    [task] = aws.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
    assert (task["lastStatus"], task["stopCode"]) == ("DEACTIVATING", "ServiceSchedulerInitiated")


def test_long_lists_of_tasks_come_in_pages(aws: Account) -> None:
    aws.service("web", desired=5)
    aws.pass_time()
    pages = list(aws.ecs.get_paginator("list_tasks").paginate(cluster=CLUSTER, PaginationConfig={"PageSize": 2}))
    assert [len(page["taskArns"]) for page in pages] == [2, 2, 1]
    assert len({arn for page in pages for arn in page["taskArns"]}) == 5


def test_an_unknown_task_is_missing(aws: Account) -> None:
    answer = aws.ecs.describe_tasks(cluster=CLUSTER, tasks=["nobody"])
    assert (answer["tasks"], answer["failures"][0]["reason"]) == ([], "MISSING")


def test_target_health_follows_the_world_from_initial_to_gone(aws: Account, group: str) -> None:
    aws.service("web", group)
    assert aws.health(group) == []
    aws.pass_time(TIMINGS.scheduling + TIMINGS.task_start)
    assert aws.health(group) == ["initial"]
    aws.pass_time()
    assert aws.health(group) == ["healthy"]
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    aws.pass_time(TIMINGS.scheduling)
    assert aws.health(group) == ["healthy"]
    aws.pass_time(TIMINGS.target_stays_healthy)
    assert aws.health(group) == ["draining"]
    aws.pass_time(timedelta(seconds=29))
    assert aws.health(group) == ["draining"]
    aws.pass_time(SECOND)
    assert aws.health(group) == []


def test_a_target_at_a_wrong_address_is_not_registered(aws: Account, group: str) -> None:
    [answer] = aws.elbv2.describe_target_health(TargetGroupArn=group, Targets=[{"Id": "10.9.9.9", "Port": 80}])[
        "TargetHealthDescriptions"
    ]
    assert answer["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_a_target_group_belongs_to_the_load_balancer_that_uses_it_now(aws: Account) -> None:
    used, unused = aws.target_group("used"), aws.target_group("unused")
    listener = aws.listener(forward(used))
    rule = aws.rule(listener, 10, [{"Field": "path-pattern", "Values": ["/api/*"]}], forward(unused))

    def load_balancers(group: str) -> list[str]:
        return aws.elbv2.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["LoadBalancerArns"]

    assert load_balancers(used) == load_balancers(unused) == [aws.load_balancer]
    aws.elbv2.delete_rule(RuleArn=rule)
    assert load_balancers(unused) == []
    aws.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[fixed("404", "nothing here")])
    assert load_balancers(used) == []


def test_targets_of_a_group_whose_rule_is_deleted_are_unused(aws: Account) -> None:
    group = aws.target_group("web")
    listener = aws.listener(fixed("404", "nothing here"))
    rule = aws.rule(listener, 10, [{"Field": "path-pattern", "Values": ["/*"]}], forward(group))
    aws.service("web", group)
    aws.pass_time()
    aws.elbv2.delete_rule(RuleArn=rule)
    assert aws.health(group) == ["unused"]


def test_calls_that_are_not_modelled_are_refused(aws: Account, group: str) -> None:
    with pytest.raises(ClientError, match="not modelled"):
        aws.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.9"}])
    with pytest.raises(ClientError, match="not modelled"):
        aws.ecs.list_tasks(cluster=CLUSTER, family="web")
    with pytest.raises(ClientError, match="not modelled"):
        aws.service("web", deploymentController={"type": "CODE_DEPLOY"})


def revisions(aws: Account, name: str) -> list[str]:
    """Return the ARNs of a service's present revisions."""
    return [revision["arn"] for revision in aws.described(name)["currentServiceRevisions"]]


def connected_ports(aws: Account, name: str) -> list[list[str]]:
    """Return the ports of the gateway connectors of each of a service's present revisions."""
    answer = aws.ecs.describe_service_revisions(serviceRevisionArns=revisions(aws, name))
    return [[one["portName"] for one in revision["gatewayConnectors"]] for revision in answer["serviceRevisions"]]


def test_only_the_revisions_of_a_service_show_its_gateway_connectors(aws: Account) -> None:
    created = aws.service("web", gatewayConnectors=[{"portName": "http"}])
    assert connected_ports(aws, "web") == [["http"]]
    assert "http" not in str(created)
    assert "http" not in str(aws.described("web"))
    [arn] = revisions(aws, "web")
    assert arn.startswith(f"arn:aws:ecs:eu-west-3:123456789012:service-revision/{CLUSTER}/web/")


def test_each_deployment_has_its_own_revision(aws: Account) -> None:
    aws.service("web", gatewayConnectors=[{"portName": "http"}])
    aws.pass_time()
    before = revisions(aws, "web")
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=2)
    assert revisions(aws, "web") == before
    aws.ecs.update_service(cluster=CLUSTER, service="web", forceNewDeployment=True)
    assert connected_ports(aws, "web") == [["http"], ["http"]]
    aws.pass_time(timedelta(minutes=5))
    [after] = revisions(aws, "web")
    assert after not in before


def test_other_gateway_connectors_begin_a_deployment(aws: Account) -> None:
    aws.service("web", gatewayConnectors=[{"portName": "http"}])
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", gatewayConnectors=[])
    assert connected_ports(aws, "web") == [[], ["http"]]
    aws.pass_time(timedelta(minutes=5))
    assert connected_ports(aws, "web") == [[]]


def test_an_unknown_revision_is_missing_in_an_answer_with_a_known_one(aws: Account) -> None:
    aws.service("web")
    [known] = revisions(aws, "web")
    unknown = [f"{known}0", known.replace("/web/", "/gone/")]
    answer = aws.ecs.describe_service_revisions(serviceRevisionArns=[known, *unknown])
    assert [revision["serviceRevisionArn"] for revision in answer["serviceRevisions"]] == [known]
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"} for arn in unknown]


def test_the_revisions_of_an_inactive_service_cannot_be_described(aws: Account) -> None:
    aws.service("web", desired=0)
    known = revisions(aws, "web")
    aws.ecs.delete_service(cluster=CLUSTER, service="web")
    aws.pass_time()
    with pytest.raises(ClientError, match="service that is INACTIVE"):
        aws.ecs.describe_service_revisions(serviceRevisionArns=known)
