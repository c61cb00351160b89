from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.parsers import ResponseParserError

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import TARGET_GROUP, Missing, ServiceFacts, Target, TrafficSource, Unknown
from tests.contract.answers import (
    BLUE,
    ECS,
    GREEN,
    a_binding,
    a_bridge_task,
    a_deployment,
    a_fargate_task,
    a_service,
    a_task_set,
)
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error
from tests.contract.stage import MINUTE, NOW, WEB


def described(moto: MotoStage, **fields: Any) -> ServiceFacts:
    moto.scripted.answer("ecs.DescribeServices", {"services": [a_service(**fields)]})
    found = moto.ports.services.describe([WEB])[WEB]
    assert isinstance(found, ServiceFacts)
    return found


class TestFacts:
    def test_counts_grace_and_newest_event_are_kept(self, moto: MotoStage) -> None:
        events = [
            {"id": "2", "createdAt": NOW, "message": "newest"},
            {"id": "1", "createdAt": NOW - timedelta(hours=1), "message": "older"},
        ]
        for listed in (events, events[::-1]):
            facts = described(
                moto,
                desiredCount=3,
                runningCount=2,
                healthCheckGracePeriodSeconds=90,
                events=listed,
            )
            assert (facts.desired, facts.running) == (3, 2)
            assert facts.health_check_grace == timedelta(seconds=90)
            assert (facts.newest_event, facts.newest_event_at) == ("newest", NOW)

    def test_other_states_and_strategies_are_passed_on(self, moto: MotoStage) -> None:
        facts = described(moto, status="DRAINING", schedulingStrategy="DAEMON")
        assert (facts.status, facts.scheduling_strategy) == ("DRAINING", "DAEMON")

    def test_a_settled_deployment_is_not_running(self, moto: MotoStage) -> None:
        assert not described(moto, deployments=[a_deployment()]).deployment_running

    def test_a_deployment_that_gave_up_is_not_running(self, moto: MotoStage) -> None:
        assert not described(moto, deployments=[a_deployment(rolloutState="FAILED")]).deployment_running

    @pytest.mark.parametrize(
        "fields",
        [
            {"deployments": [a_deployment(rolloutState="IN_PROGRESS", runningCount=0)]},
            {"deployments": [a_deployment(), a_deployment(status="ACTIVE", runningCount=1)]},
            {"deployments": [a_deployment(), a_deployment(status="ACTIVE")]},
            {"taskSets": [a_task_set(), a_task_set(status="ACTIVE", runningCount=1)]},
            {"taskSets": [a_task_set(), a_task_set(status="DRAINING", runningCount=1)]},
            {"taskSets": [a_task_set(), a_task_set(status="ACTIVE", runningCount=0, pendingCount=1)]},
            {"taskSets": [a_task_set(), a_task_set(status="ACTIVE", runningCount=0, computedDesiredCount=1)]},
            {
                "taskSets": [
                    a_task_set(createdAt=NOW),
                    a_task_set(status="ACTIVE", runningCount=0, pendingCount=1, createdAt=NOW + timedelta(hours=1)),
                ]
            },
        ],
        ids=[
            "rollout in progress",
            "an old deployment runs tasks",
            "an old deployment whose tasks are not counted",
            "a second task set runs tasks",
            "a task set drains",
            "a second task set starts its first task",
            "a second task set waits for capacity",
            "a newer task set starts its first task",
        ],
    )
    def test_a_deployment_under_way_is_running(self, moto: MotoStage, fields: dict[str, Any]) -> None:
        assert described(moto, **fields).deployment_running

    @pytest.mark.parametrize(
        "fields",
        [
            {"deployments": [a_deployment(), a_deployment(status="ACTIVE", runningCount=0, pendingCount=0)]},
            {"deployments": [a_deployment(), a_deployment(status="ACTIVE", runningCount=0, pendingCount=1)]},
            {"deployments": [a_deployment(), a_deployment(status="INACTIVE", runningCount=0, pendingCount=0)]},
            {"taskSets": [a_task_set(), a_task_set(status="ACTIVE", runningCount=0, pendingCount=0)]},
            {"taskSets": [a_task_set(), a_task_set(status="DRAINING", runningCount=0, pendingCount=0)]},
            {
                "taskSets": [
                    a_task_set(createdAt=NOW + timedelta(hours=1)),
                    a_task_set(status="ACTIVE", runningCount=0, pendingCount=1, createdAt=NOW),
                ]
            },
            {"taskSets": [a_task_set()]},
        ],
        ids=[
            "active deployment",
            "active deployment whose tasks cannot start",
            "inactive deployment",
            "active task set",
            "draining task set",
            "older task set whose tasks cannot start",
            "one task set",
        ],
    )
    def test_an_old_deployment_without_tasks_is_not_running(self, moto: MotoStage, fields: dict[str, Any]) -> None:
        """ECS can list an old deployment for days after its last task has stopped."""
        assert not described(moto, **fields).deployment_running

    @pytest.mark.parametrize(
        "fields",
        [
            {"deployments": [a_deployment(createdAt=NOW)]},
            {"deployments": [a_deployment(createdAt=NOW.astimezone(timezone(timedelta(hours=2))))]},
            {"deployments": [a_deployment(createdAt=NOW), a_deployment(status="ACTIVE", createdAt=NOW - MINUTE)]},
            {"deployments": [a_deployment(status="ACTIVE", createdAt=NOW - MINUTE), a_deployment(createdAt=NOW)]},
            {"taskSets": [a_task_set(createdAt=NOW - MINUTE), a_task_set(status="ACTIVE", createdAt=NOW)]},
        ],
        ids=["one", "in another time zone", "newest first", "newest last", "task sets"],
    )
    def test_the_beginning_of_the_newest_deployment_is_kept(self, moto: MotoStage, fields: dict[str, Any]) -> None:
        deployed_at = described(moto, **fields).deployed_at
        assert deployed_at == NOW
        assert deployed_at.tzinfo is UTC

    @pytest.mark.parametrize("fields", [{}, {"deployments": []}, {"deployments": [a_deployment()]}])
    def test_without_its_beginning_a_deployment_has_no_instant(self, moto: MotoStage, fields: dict[str, Any]) -> None:
        assert described(moto, **fields).deployed_at is None

    def test_a_service_without_a_count_is_unknown_and_hides_no_other(self, moto: MotoStage) -> None:
        unreadable = a_service("unreadable")
        del unreadable["desiredCount"]
        moto.scripted.answer("ecs.DescribeServices", {"services": [a_service(), unreadable]})
        other = ServiceName(WEB.cluster_name, "unreadable")
        found = moto.ports.services.describe([WEB, other])
        assert isinstance(found[WEB], ServiceFacts)
        assert found[other] == Unknown(f"ecs:DescribeServices of {other} returned an answer without 'desiredCount'")


class TestTrafficSources:
    def test_target_groups_of_service_and_task_sets(self, moto: MotoStage) -> None:
        facts = described(
            moto,
            loadBalancers=[a_binding(BLUE)],
            taskSets=[{"id": "1", "status": "PRIMARY", "loadBalancers": [a_binding(GREEN)]}],
        )
        assert facts.traffic_sources == {TrafficSource(TARGET_GROUP, BLUE), TrafficSource(TARGET_GROUP, GREEN)}

    def test_the_alternate_of_a_blue_green_pair(self, moto: MotoStage) -> None:
        pair = a_binding(BLUE) | {"advancedConfiguration": {"alternateTargetGroupArn": GREEN}}
        facts = described(moto, loadBalancers=[pair])
        assert facts.traffic_sources == {TrafficSource(TARGET_GROUP, BLUE), TrafficSource(TARGET_GROUP, GREEN)}
        assert facts.live_target_groups == {frozenset({BLUE, GREEN})}

    def test_with_task_sets_only_the_target_groups_of_the_primary_one_are_live(self, moto: MotoStage) -> None:
        facts = described(
            moto,
            loadBalancers=[a_binding(BLUE)],
            taskSets=[
                {"id": "1", "status": "PRIMARY", "loadBalancers": [a_binding(GREEN)]},
                {"id": "2", "status": "ACTIVE", "loadBalancers": [a_binding(BLUE)]},
            ],
        )
        assert facts.live_target_groups == {frozenset({GREEN})}

    def test_a_classic_load_balancer(self, moto: MotoStage) -> None:
        facts = described(moto, loadBalancers=[{"loadBalancerName": "old", "containerName": "app"}])
        assert [str(source) for source in facts.traffic_sources] == ["classic load balancer old"]
        assert facts.live_target_groups == frozenset()

    def test_cloud_map_of_service_and_task_sets(self, moto: MotoStage) -> None:
        facts = described(
            moto,
            serviceRegistries=[{"registryArn": "arn:of:one"}],
            taskSets=[{"id": "1", "serviceRegistries": [{"registryArn": "arn:of:another"}]}],
        )
        assert {str(source) for source in facts.traffic_sources} == {
            "Cloud Map registry arn:of:one",
            "Cloud Map registry arn:of:another",
        }

    def test_service_connect_with_an_endpoint(self, moto: MotoStage) -> None:
        configuration = {"enabled": True, "services": [{"portName": "http", "discoveryName": "web"}]}
        facts = described(moto, deployments=[a_deployment(serviceConnectConfiguration=configuration)])
        assert [str(source) for source in facts.traffic_sources] == ["Service Connect endpoint web"]

    @pytest.mark.parametrize(
        "configuration",
        [{"enabled": True}, {"enabled": True, "services": []}, {"enabled": False, "services": [{"portName": "http"}]}],
        ids=["client", "client with an empty list", "disabled"],
    )
    def test_service_connect_without_an_endpoint_is_no_traffic_source(
        self, moto: MotoStage, configuration: dict[str, Any]
    ) -> None:
        facts = described(moto, deployments=[a_deployment(serviceConnectConfiguration=configuration)])
        assert facts.traffic_sources == frozenset()

    def test_vpc_lattice(self, moto: MotoStage) -> None:
        lattice = {
            "roleArn": "arn:of:role",
            "targetGroupArn": "arn:of:lattice",
            "portName": "http",
            "advancedConfiguration": {"alternateTargetGroupArn": "arn:of:alternate"},
        }
        facts = described(moto, deployments=[a_deployment(vpcLatticeConfigurations=[lattice])])
        assert {str(source) for source in facts.traffic_sources} == {
            "VPC Lattice target group arn:of:lattice",
            "VPC Lattice target group arn:of:alternate",
        }
        assert facts.live_target_groups == frozenset()


class TestBatches:
    def test_a_call_describes_ten_services_of_one_cluster(self, moto: MotoStage) -> None:
        names = [ServiceName(cluster, f"s{number}") for cluster in ("a", "b") for number in range(12)]
        moto.scripted.answer(
            "ecs.DescribeServices",
            lambda parameters: {"services": [a_service(name) for name in parameters["services"]]},
        )
        moto.ports.services.describe(names)
        calls = moto.scripted.called("ecs.DescribeServices")
        assert sorted((call["cluster"], len(call["services"])) for call in calls) == [
            ("a", 2),
            ("a", 10),
            ("b", 2),
            ("b", 10),
        ]

    @pytest.mark.parametrize(
        "error",
        [
            aws_error("ThrottlingException", "Rate exceeded"),
            aws_error("ServerException"),
            ConnectTimeoutError(endpoint_url="https://ecs.eu-west-3.amazonaws.com"),
            ResponseParserError("Unable to parse response"),
        ],
        ids=["throttled", "server", "no connection", "unreadable"],
    )
    def test_a_batch_that_fails_leaves_the_others_observed(self, moto: MotoStage, error: AwsError | Exception) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            if parameters["cluster"] == "working":
                return {"services": [a_service(name) for name in parameters["services"]]}
            if isinstance(error, AwsError):
                return error
            raise error

        moto.scripted.answer("ecs.DescribeServices", answer)
        names = [ServiceName(cluster, "s") for cluster in ("working", "failing")]
        found = moto.ports.services.describe(names)
        assert isinstance(found[names[0]], ServiceFacts)
        assert isinstance(found[names[1]], Unknown)

    def test_a_refusal_because_of_one_service_hides_no_other(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            if "forbidden" in parameters["services"]:
                return aws_error("AccessDeniedException", "not authorized to perform: ecs:DescribeServices.")
            return {"services": [a_service(name) for name in parameters["services"]]}

        moto.scripted.answer("ecs.DescribeServices", answer)
        names = [ServiceName("c", name) for name in ("a", "forbidden", "z")]
        found = moto.ports.services.describe(names)
        assert [isinstance(found[name], ServiceFacts) for name in names] == [True, False, True]
        assert found[names[1]] == Unknown(
            "ecs:DescribeServices of c/forbidden failed: AccessDeniedException: not authorized to perform: "
            "ecs:DescribeServices; allow ecs:DescribeServices in the function's role",
            forbidden=True,
        )

    def test_a_refusal_of_too_many_services_is_not_repeated_for_each_service(self, moto: MotoStage) -> None:
        moto.scripted.answer("ecs.DescribeServices", aws_error("AccessDeniedException"))
        names = [ServiceName("c", f"s{number}") for number in range(60)]
        found = moto.ports.services.describe(names)
        assert all(isinstance(found[name], Unknown) for name in names)
        assert len(moto.scripted.called("ecs.DescribeServices")) == 6

    def test_failures_are_distinguished_by_their_reason(self, moto: MotoStage) -> None:
        failures = [
            {"arn": f"{ECS}:service/c/gone", "reason": "MISSING"},
            {"arn": f"{ECS}:service/c/odd", "reason": "SOMETHING_ELSE"},
        ]
        moto.scripted.answer("ecs.DescribeServices", {"services": [], "failures": failures})
        gone, odd, silent = (ServiceName("c", name) for name in ("gone", "odd", "silent"))
        found = moto.ports.services.describe([gone, odd, silent])
        assert isinstance(found[gone], Missing)
        assert found[odd] == Unknown("ecs:DescribeServices of c/odd failed: SOMETHING_ELSE")
        assert isinstance(found[silent], Unknown)

    def test_a_throttled_call_says_that_it_is_tried_again(self, moto: MotoStage) -> None:
        moto.scripted.answer("ecs.UpdateService", aws_error("ThrottlingException", "Rate exceeded"))
        with pytest.raises(CallFailed, match=r"ecs:UpdateService of .* ThrottlingException: Rate exceeded; .* retries"):
            moto.ports.services.set_desired_count(WEB, 1)


class TestWantedTargets:
    def wanted(
        self,
        moto: MotoStage,
        tasks: list[dict[str, Any]],
        bindings: list[dict[str, Any]] | None = None,
        failures: list[dict[str, Any]] | None = None,
    ) -> frozenset[Target] | Unknown:
        described(moto, loadBalancers=[a_binding()] if bindings is None else bindings)
        by_arn = {task["taskArn"]: task for task in tasks}
        pages = [list(by_arn)[first : first + 100] for first in range(0, len(by_arn), 100)] or [[]]

        def list_tasks(parameters: Parameters) -> dict[str, Any]:
            assert parameters["desiredStatus"] == "RUNNING"
            assert (parameters["cluster"], parameters["serviceName"]) == tuple(WEB)
            page = int(parameters.get("nextToken", 0))
            more = {"nextToken": str(page + 1)} if page + 1 < len(pages) else {}
            return {"taskArns": pages[page], **more}

        moto.scripted.answer("ecs.ListTasks", list_tasks)
        moto.scripted.answer(
            "ecs.DescribeTasks",
            lambda parameters: {"tasks": [by_arn[arn] for arn in parameters["tasks"]], "failures": failures or []},
        )
        moto.scripted.answer(
            "ecs.DescribeContainerInstances",
            lambda parameters: {
                "containerInstances": [
                    {"containerInstanceArn": arn, "ec2InstanceId": f"i-{arn.rpartition('/')[2]}"}
                    for arn in parameters["containerInstances"]
                ]
            },
        )
        return moto.ports.services.wanted_targets(WEB)

    def test_a_task_with_its_own_address_has_the_containers_port(self, moto: MotoStage) -> None:
        assert self.wanted(moto, [a_fargate_task("10.0.0.4")]) == frozenset({Target("10.0.0.4", 8080)})
        assert not moto.scripted.called("ecs.DescribeContainerInstances")

    def test_every_port_behind_a_load_balancer_is_a_target(self, moto: MotoStage) -> None:
        bindings = [a_binding(BLUE, 8080), a_binding(GREEN, 9090)]
        assert self.wanted(moto, [a_fargate_task("10.0.0.4")], bindings) == frozenset(
            {
                Target("10.0.0.4", 8080),
                Target("10.0.0.4", 9090),
            }
        )

    def test_addresses_of_containers_are_found_too_and_ipv6_addresses_are_normalised(self, moto: MotoStage) -> None:
        interface = {"privateIpv4Address": "10.0.0.4", "ipv6Address": "2001:0db8:0000:0000:0000:0000:0000:0001"}
        task = a_fargate_task("10.0.0.4", attachments=[], containers=[{"networkInterfaces": [interface]}])
        assert self.wanted(moto, [task]) == frozenset({Target("10.0.0.4", 8080), Target("2001:db8::1", 8080)})

    def test_a_task_whose_interface_is_not_attached_yet_has_no_target(self, moto: MotoStage) -> None:
        attaching = {"type": "ElasticNetworkInterface", "status": "PRECREATED", "details": []}
        task = a_bridge_task("one", 0, attachments=[attaching], containers=[{"name": "app"}])
        assert self.wanted(moto, [task]) == frozenset()

    def test_a_task_on_an_instance_has_the_instances_id_and_the_hosts_port(self, moto: MotoStage) -> None:
        tasks = [a_bridge_task("one", 32768), a_bridge_task("one", 32769), a_bridge_task("two", 32768)]
        assert self.wanted(moto, tasks) == frozenset(
            {
                Target("i-one", 32768),
                Target("i-one", 32769),
                Target("i-two", 32768),
            }
        )

    def test_a_task_in_network_mode_host_has_the_containers_port(self, moto: MotoStage) -> None:
        task = a_bridge_task("one", 0, containers=[{"name": "app", "networkBindings": []}])
        assert self.wanted(moto, [task]) == frozenset({Target("i-one", 8080)})

    def test_ports_of_other_containers_are_not_targets(self, moto: MotoStage) -> None:
        sidecar = {"name": "sidecar", "networkBindings": [{"containerPort": 8080, "hostPort": 40000}]}
        task = a_bridge_task("one", 32768)
        task["containers"].append(sidecar)
        task["containers"][0]["networkBindings"].append({"containerPort": 9999, "hostPort": 40001})
        assert self.wanted(moto, [task]) == frozenset({Target("i-one", 32768)})

    def test_a_task_that_began_to_stop_after_it_was_listed_is_not_wanted(self, moto: MotoStage) -> None:
        tasks = [a_fargate_task("10.0.0.4", desiredStatus="STOPPED"), a_fargate_task("10.0.0.5")]
        assert self.wanted(moto, tasks) == frozenset({Target("10.0.0.5", 8080)})

    def test_a_task_that_is_gone_after_it_was_listed_is_not_wanted(self, moto: MotoStage) -> None:
        gone = [{"arn": f"{ECS}:task/c/gone", "reason": "MISSING"}]
        assert self.wanted(moto, [a_fargate_task("10.0.0.5")], failures=gone) == frozenset({Target("10.0.0.5", 8080)})

    def test_any_other_failure_is_unknown(self, moto: MotoStage) -> None:
        odd = [{"arn": f"{ECS}:task/c/odd", "reason": "SOMETHING_ELSE"}]
        assert isinstance(self.wanted(moto, [a_fargate_task("10.0.0.5")], failures=odd), Unknown)

    def test_more_tasks_than_a_page_contains_are_all_observed(self, moto: MotoStage) -> None:
        tasks = [a_fargate_task(f"10.0.{number // 200}.{number % 200}") for number in range(250)]
        wanted = self.wanted(moto, tasks)
        assert not isinstance(wanted, Unknown)
        assert len(wanted) == 250
        assert [len(call["tasks"]) for call in moto.scripted.called("ecs.DescribeTasks")] == [100, 100, 50]

    def test_a_container_instance_without_an_id_makes_the_targets_unknown(self, moto: MotoStage) -> None:
        described(moto, loadBalancers=[a_binding()])
        moto.scripted.answer("ecs.ListTasks", {"taskArns": ["one"]})
        moto.scripted.answer("ecs.DescribeTasks", {"tasks": [a_bridge_task("one", 32768)]})
        moto.scripted.answer("ecs.DescribeContainerInstances", {"containerInstances": []})
        assert isinstance(moto.ports.services.wanted_targets(WEB), Unknown)
