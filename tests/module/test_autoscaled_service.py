"""``examples/terraform-aws-modules``, applied once: a service with autoscaling sleeps and wakes, and plans are empty.

Each test can begin with the service asleep or awake. A test that changes the configuration applies it, so that the next
plan is empty again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from local_aws import LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.remains import what_is_there

TARGET: Final = "aws_appautoscaling_target.web"
KINDS: Final = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
MAXIMUM: Final = re.compile(r"(?<=max_capacity {7}= )\d+$", re.MULTILINE)
DIMENSION: Final = re.compile(r'^  scalable_dimension = "ecs:service:DesiredCount"\n', re.MULTILINE)
"""The line of the scalable target before which a test adds a block."""
EMPTY_BLOCK: Final = "  suspended_state {}\n"
BLOCK: Final = """  suspended_state {
    dynamic_scaling_in_suspended  = false
    dynamic_scaling_out_suspended = false
    scheduled_scaling_suspended   = false
  }
"""


class Scaling(NamedTuple):
    """The scalable target of the service as AWS shows it."""

    minimum: int
    maximum: int
    suspended: tuple[bool, ...]


def up_to(maximum: int, *, suspended: bool) -> Scaling:
    """Return the scaling between 1 and ``maximum``, with all kinds suspended or none."""
    return Scaling(1, maximum, (suspended,) * len(KINDS))


@dataclass(frozen=True)
class Autoscaled:
    aws: LocalAws
    applied: Applied
    outputs: Any
    service: Subject

    def scaling(self) -> Scaling:
        answer = client(self.aws, "application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[self.outputs["scalable_target"]]
        )
        [target] = answer["ScalableTargets"]
        suspended = tuple(target["SuspendedState"][kind] for kind in KINDS)
        return Scaling(target["MinCapacity"], target["MaxCapacity"], suspended)

    def fall_asleep(self) -> None:
        """Send no request until the service is at zero and its tasks are gone."""
        for _ in range(15):
            if self.service.desired() == self.service.running() == 0:
                return
            self.aws.advance(MINUTE)
        raise AssertionError("The service did not go to zero within 15 minutes without a request.")

    def wake(self) -> None:
        """Send a request, and wait until the service answers and its scaling is put back."""
        self.service.request()
        self.stay_busy(minutes=3)
        assert self.service.request() == 200

    def stay_busy(self, minutes: int) -> None:
        """Let time pass, with a request in each minute."""
        for _ in range(minutes):
            self.aws.advance(MINUTE)
            self.service.request()

    def attention(self) -> list[str]:
        """Return why each tick reported the service. A tick that did not report it is left out."""
        events = client(self.aws, "logs").filter_log_events(
            logGroupName=f"/aws/lambda/{self.outputs['scale_to_zero_function_name']}"
        )["events"]
        lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return [line["attention"]["web"] for line in lines if "web" in line.get("attention", {})]

    def lower_the_maximum(self) -> int:
        """Lower the maximum in the configuration by one. Return the new maximum; it must still be applied."""
        maximum = self.scaling().maximum - 1
        self.change(MAXIMUM, str(maximum))
        return maximum

    def change(self, pattern: re.Pattern[str], replacement: str) -> None:
        """Change the configuration of the service, in the copy of the example that is applied."""
        file = Path(self.applied.terraform.tfdir) / "service.tf"
        text, times = pattern.subn(replacement, file.read_text(encoding="utf-8"))
        assert times == 1
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def autoscaled() -> Iterator[Autoscaled]:
    with LocalAws(seed=1, start=START) as aws, applying(aws, "examples/terraform-aws-modules") as applied:
        applied.apply()
        outputs = applied.outputs()
        service = Subject(aws, outputs["cluster_name"], outputs["service_name"], outputs["load_balancer_arn"])
        yield Autoscaled(aws, applied, outputs, service)


def test_an_idle_service_sleeps_with_its_scaling_suspended_and_a_plan_is_empty(autoscaled: Autoscaled) -> None:
    assert autoscaled.scaling() == up_to(10, suspended=False)
    autoscaled.fall_asleep()
    assert autoscaled.scaling() == up_to(10, suspended=True)
    assert autoscaled.applied.planned_changes() == []
    autoscaled.aws.advance(15 * MINUTE)
    assert autoscaled.service.desired() == 0, "its policies must not start it again"


def test_a_request_wakes_it_with_its_scaling_as_before_and_a_plan_is_empty(autoscaled: Autoscaled) -> None:
    autoscaled.fall_asleep()
    autoscaled.wake()
    assert not any(autoscaled.scaling().suspended)
    assert autoscaled.applied.planned_changes() == []


def test_a_change_of_the_maximum_while_it_sleeps_starts_it_and_it_sleeps_again(autoscaled: Autoscaled) -> None:
    autoscaled.fall_asleep()
    maximum = autoscaled.lower_the_maximum()
    autoscaled.applied.apply()
    assert autoscaled.service.desired() == 1, "AWS moves the count into the bounds"
    autoscaled.aws.advance(4 * MINUTE)
    assert autoscaled.service.running() == 1
    assert autoscaled.scaling() == up_to(maximum, suspended=False)
    autoscaled.fall_asleep()
    assert autoscaled.scaling() == up_to(maximum, suspended=True)


def test_a_plan_made_while_it_slept_does_not_leave_the_busy_service_suspended(autoscaled: Autoscaled) -> None:
    autoscaled.fall_asleep()
    maximum = autoscaled.lower_the_maximum()
    autoscaled.applied.terraform.execute_command("plan", "-input=false", "-out=made-while-asleep.tfplan")
    autoscaled.wake()
    assert autoscaled.scaling() == up_to(maximum + 1, suspended=False)
    reported = autoscaled.attention()
    autoscaled.applied.terraform.execute_command("apply", "-input=false", "made-while-asleep.tfplan")
    assert autoscaled.scaling() == up_to(maximum, suspended=True)
    autoscaled.stay_busy(minutes=2)
    assert autoscaled.scaling() == up_to(maximum, suspended=False)
    assert autoscaled.attention() == [*reported, "scaling_suspended_again"]
    assert autoscaled.applied.planned_changes() == []


@pytest.mark.parametrize("block", [EMPTY_BLOCK, BLOCK], ids=["empty", "nothing suspended"])
def test_a_plan_is_not_empty_while_it_sleeps_if_the_suspension_is_configured(
    autoscaled: Autoscaled, block: str
) -> None:
    autoscaled.fall_asleep()
    autoscaled.change(DIMENSION, rf"{block}\g<0>")
    assert autoscaled.applied.planned_changes() == [f"update {TARGET}"]
    autoscaled.change(re.compile(re.escape(block)), "")


def test_applying_a_configured_suspension_starts_it_and_it_sleeps_again(autoscaled: Autoscaled) -> None:
    autoscaled.fall_asleep()
    autoscaled.change(DIMENSION, rf"{BLOCK}\g<0>")
    autoscaled.applied.apply()
    assert autoscaled.service.desired() == 1
    autoscaled.aws.advance(2 * MINUTE)
    assert autoscaled.service.request() == 200
    assert autoscaled.applied.planned_changes() == []
    autoscaled.change(re.compile(re.escape(BLOCK)), "")
    autoscaled.fall_asleep()
    assert all(autoscaled.scaling().suspended)


def test_destroying_the_module_while_it_sleeps_brings_it_back_with_its_scaling_as_before(
    autoscaled: Autoscaled,
) -> None:
    autoscaled.fall_asleep()
    maximum = autoscaled.scaling().maximum
    autoscaled.applied.terraform.execute_command("destroy", "-auto-approve", "-target=module.scale_to_zero")
    assert autoscaled.service.desired() == 1
    assert autoscaled.scaling() == up_to(maximum, suspended=False)
    autoscaled.aws.advance(20 * MINUTE)
    assert autoscaled.service.running() == 1
    with autoscaled.aws.running(speed=60):  # Terraform waits until the tasks of the deleted service are gone
        autoscaled.applied.destroy()
    assert what_is_there(autoscaled.aws) == {}
