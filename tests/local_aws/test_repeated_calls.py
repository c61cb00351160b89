"""Repeated calls of a client that lost the answer: AWS carries them out once, and returns no error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.deployed import Deployed, deployed

GROUP: dict[str, Any] = {"Name": "functions", "TargetType": "lambda"}


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        yield created


@pytest.fixture
def elbv2(account: Deployed) -> Any:
    return account.client("elbv2")


def test_a_target_group_is_created_once(elbv2: Any) -> None:
    first, second = (elbv2.create_target_group(**GROUP)["TargetGroups"] for _ in range(2))
    assert first == second
    assert len(elbv2.describe_target_groups()["TargetGroups"]) == 1


def test_a_load_balancer_and_its_listener_are_created_once(account: Deployed, elbv2: Any) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in range(2)]
    first, second = (elbv2.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"] for _ in range(2))
    balancer = first[0]["LoadBalancerArn"]
    assert second[0]["LoadBalancerArn"] == balancer
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    for _ in range(2):
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[answer])
    assert len(elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]) == 1


def test_another_target_group_of_the_same_name_is_refused(elbv2: Any) -> None:
    elbv2.create_target_group(**GROUP)
    with pytest.raises(ClientError, match="DuplicateTargetGroupName"):
        elbv2.create_target_group(**GROUP, Tags=[{"Key": "team", "Value": "a"}])


def test_a_target_group_can_be_deleted_twice(elbv2: Any) -> None:
    [group] = elbv2.create_target_group(**GROUP)["TargetGroups"]
    for _ in range(2):
        elbv2.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    assert elbv2.describe_target_groups()["TargetGroups"] == []


def test_a_deleted_target_group_can_be_created_again(elbv2: Any) -> None:
    [before] = elbv2.create_target_group(**GROUP)["TargetGroups"]
    elbv2.delete_target_group(TargetGroupArn=before["TargetGroupArn"])
    [after] = elbv2.create_target_group(**GROUP)["TargetGroups"]
    assert after["TargetGroupArn"] != before["TargetGroupArn"]
