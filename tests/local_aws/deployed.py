"""A LocalAws with clients, and functions deployed from a few lines of Python."""

from __future__ import annotations

import base64
import io
import json
import textwrap
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import boto3

from local_aws import LocalAws, Timings

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Result:
    """The answer of ``Invoke``."""

    status: int
    payload: Any
    error: str | None
    log: list[str]


@cache
def session(access_key: str, secret_key: str, region: str) -> boto3.Session:
    """Return a session. It is kept, because a new one reads the models of all its services from the disk again."""
    return boto3.Session(aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=region)


class Deployed:
    """One LocalAws with its clients, and the steps of tests."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        variables = aws.environment
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
        self._session = session(*(variables[name] for name in names))
        self.lambda_ = self.client("lambda")
        role = self.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
        self.role_arn: str = role["Role"]["Arn"]

    def client(self, service: Any, **settings: Any) -> Any:
        return self._session.client(service, endpoint_url=self.aws.endpoint_url, **settings)

    def deploy(self, code: str, name: str = "function", **settings: Any) -> str:
        """Create a function and return its ARN. ``code``: the module that defines ``handler(event, context)``."""
        settings = {"Timeout": 10, "Handler": "module.handler", **settings}
        created = self.lambda_.create_function(
            FunctionName=name, Role=self.role_arn, Runtime="python3.13", Code={"ZipFile": zipped(code)}, **settings
        )
        arn: str = created["FunctionArn"]
        return arn

    def allow(self, *actions: str) -> None:
        """Allow these actions to the functions' role."""
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("iam").put_role_policy(RoleName="functions", PolicyName="allowed", PolicyDocument=document)

    def invoke(self, payload: Any = None, name: str = "function", **parameters: Any) -> Result:
        answer = self.lambda_.invoke(
            FunctionName=name, Payload=json.dumps(payload if payload is not None else {}), LogType="Tail", **parameters
        )
        body = answer["Payload"].read()
        return Result(
            answer["StatusCode"],
            json.loads(body) if body else None,
            answer.get("FunctionError"),
            base64.b64decode(answer.get("LogResult", "")).decode().splitlines(),
        )

    def every_minute(self, function_arn: str, rule: str = "tick", **target: Any) -> None:
        """Create a rule that invokes a function every minute, and the permission for it."""
        events = self.client("events")
        rule_arn = events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")["RuleArn"]
        events.put_targets(Rule=rule, Targets=[{"Id": "function", "Arn": function_arn, **target}])
        self.lambda_.add_permission(
            FunctionName=function_arn,
            StatementId=rule,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule_arn,
        )

    def started(self) -> list[datetime]:
        """Return when each invocation started, in the order in which they ended."""
        return [invocation.started for invocation in self.aws.invocations]


@contextmanager
def deployed(timings: Timings | None = None) -> Iterator[Deployed]:
    with LocalAws(seed=7, start=START, timings=timings) as aws:
        yield Deployed(aws)


def zipped(code: str, **files: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in {"module.py": textwrap.dedent(code), **files}.items():
            archive.writestr(name, text)
    return target.getvalue()


def as_json(lines: list[str]) -> list[Mapping[str, Any]]:
    """Return the lines that are JSON objects."""
    return [json.loads(line) for line in lines if line.startswith("{")]
