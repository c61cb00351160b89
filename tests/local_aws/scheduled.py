"""An account with a function, and schedules that invoke it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from local_aws import LocalAws
from tests.local_aws.deployed import Deployed

ECHO: Final = "def handler(event, context):\n    return event"
DAY: Final = timedelta(days=1)


class Scheduled(Deployed):
    """An account with a function, and a role that allows schedules to invoke it."""

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(aws)
        self.scheduler = self.client("scheduler")
        self.iam = self.client("iam")
        self.function = self.deploy(ECHO)
        self.role = self.iam.create_role(RoleName="schedules", AssumeRolePolicyDocument=trust())["Role"]["Arn"]
        self.let_role_invoke(self.function)

    def let_role_invoke(self, function: str) -> None:
        allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.iam.put_role_policy(RoleName="schedules", PolicyName="invoke", PolicyDocument=document)

    def settings(self, expression: str = "rate(1 minute)", name: str = "office", **more: Any) -> dict[str, Any]:
        target = {"Arn": self.function, "RoleArn": self.role, "Input": json.dumps({"name": name})}
        target = {key: value for key, value in (target | more.get("Target", {})).items() if value is not None}
        window = {"Mode": "OFF"}
        return {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": window, **more, "Target": target}

    def create(self, expression: str = "rate(1 minute)", name: str = "office", **more: Any) -> None:
        self.scheduler.create_schedule(**self.settings(expression, name, **more))

    def update(self, expression: str = "rate(1 minute)", name: str = "office", **more: Any) -> None:
        self.scheduler.update_schedule(**self.settings(expression, name, **more))

    def failures(self) -> list[str]:
        return [failed.reason for failed in self.aws.failed_invocations]


def trust(service: str = "scheduler.amazonaws.com", **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
