"""Every problem of ``problems.tf`` has exactly one run with exactly this problem. One plan reports all problems.

``terraform test`` only checks that *some* precondition failed. Here each run is a module of one configuration, and its
plan says what is wrong with each module, in the words that users see.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from local_aws import LocalAws
from scripts.stamps import PROJECT
from scripts.terraform_working_copy import terraform_working_copy
from tests.module.applied import START, Applied, TerraformFailed, applying

RUNS: Final = (PROJECT / "tests" / "problems.tftest.hcl").read_text(encoding="utf-8")
COMMON: Final = re.compile(r"^variables \{\n(?P<values>.*?)^\}\n", re.MULTILINE | re.DOTALL)
RUN: Final = re.compile(
    r'^run "(?P<name>\w+)" \{\n  command = plan\n\n'
    r"  variables \{\n(?P<values>.*?)^  \}\n\n"
    r"  expect_failures = \[terraform_data\.instance\]\n\}\n",
    re.MULTILINE | re.DOTALL,
)
SENTENCE: Final = re.compile(r'^    "(?P<text>(?:[^"\\]|\\.)+)" = (?P<opening>\S)', re.MULTILINE)
"""A key of one of the maps in ``problems.tf``. If its value is a list, the list has the names with the problem."""
NO_SERVICE: Final = "no_service_at_all"
"""The run whose problem no configuration can have together with problems of services."""
EVERYTHING: Final = "everything_at_once"
ROOT: Final = """terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-3"
}
"""
# The services of all runs, with names that keep the services of different runs apart.
ALL_SERVICES: Final = """merge([
    for run, services in local.services_of_runs : {
      for key, service in services :
      "${run}-${key}" => merge(service, { service_name = "${run}-${service.service_name}" })
    }
  ]...)"""
ALL_OTHERS: Final = """
  name                     = "my staging"
  idle_minutes             = 0
  longest_hold_minutes     = 0
  metric_namespace         = "AWS/City Guided"
  state_metrics            = "on"
  dashboard_name           = "City/Guided"
  language                 = "de"
  lambda_runtime           = "python3.10"
  lambda_architecture      = "x86"
  log_retention_days       = 10
  permissions_boundary_arn = "arn:aws:iam::123456789012:role/boundary"
  tags                     = { "aws:owner" = "me" }
  alarms                   = { action_arns = ["platform@example.com"], slow_wake_seconds = 0 }

  waiting_page = {
    title        = "One\\nTwo"
    accent_color = "blue"
    logo         = "https://www.example.com/logo.png"
    contact      = "One\\nTwo"
    language     = "de"
  }

  api = {
    jwt      = { issuer = "http://login.example.com/", audience = [], scopes = ["wake sleep"] }
    throttle = { burst = 0, rate = 0 }
  }

  notifications = {
    topic           = { arn = "arn:aws:sns:eu-west-3:123456789012:ops.fifo" }
    email_addresses = ["platform"]
    changes         = ["snoring"]
  }
"""


@dataclass(frozen=True)
class Planned:
    """A plan: the messages for each module, one for each precondition, the other errors, and the planned changes."""

    messages: Mapping[str, Sequence[str]]
    other_errors: Sequence[str]
    changes: Sequence[str]

    def sentences(self, module: str) -> list[str]:
        """Return the problems of one module. Each message begins with the name of the instance, which is left out."""
        return [sentence for message in self.messages.get(module, []) for sentence in message.split("\n- ")[1:]]


def plan(applied: Applied, folder: Path, *arguments: str) -> Planned:
    """Plan the configuration in a folder. The plan can fail."""
    output = terraform(applied, folder, "plan", "-json", "-input=false", "-out=planned", *arguments)
    events = [json.loads(line) for line in output.splitlines()]
    errors = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    shown = json.loads(terraform(applied, folder, "show", "-json", "planned"))
    messages = {
        check["address"]["module"].removeprefix("module."): [problem["message"] for problem in instance["problems"]]
        for check in shown["checks"]
        for instance in check.get("instances", [])
        if instance["status"] == "fail" and check["address"]["name"] == "instance"
    }
    failed = [message for several in messages.values() for message in several]
    return Planned(
        messages=messages,
        other_errors=[f"{error['summary']}: {error['detail']}" for error in errors if error["detail"] not in failed],
        changes=[event["change"]["resource"]["addr"] for event in events if event["type"] == "planned_change"],
    )


def terraform(applied: Applied, folder: Path, *arguments: str) -> str:
    finished = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=applied.terraform.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=840,
    )
    return finished.stdout


def modules() -> str:
    """Return a configuration with a module for each run, and one module with the problems of all runs."""
    runs = {run["name"]: run["values"].replace("var.", "local.") for run in RUN.finditer(RUNS)}
    services = {
        name: values.strip().removeprefix("services = ")
        for name, values in runs.items()
        if values.startswith("    services = ") and name != NO_SERVICE
    }
    common = COMMON.search(RUNS)
    assert common is not None
    return "\n".join(
        [
            ROOT,
            f"locals {{\n{common['values']}\n  services_of_runs = {{",
            *(f"{name} = {value}" for name, value in services.items()),
            "  }\n}",
            *(module(name, values) for name, values in runs.items()),
            module(EVERYTHING, f"  services = {ALL_SERVICES}\n{ALL_OTHERS}"),
        ]
    )


def module(name: str, values: str) -> str:
    """Return a call of the module with these values, and with the values that all runs share."""
    shared = [each for each in ("name", "services") if not re.search(rf"^ +{each} +=", values, re.MULTILINE)]
    return "\n".join(
        [f'module "{name}" {{', '  source = "../"', *(f"  {each} = local.{each}" for each in shared), values, "}"]
    )


def problems() -> dict[str, re.Pattern[str]]:
    """Return the problems of ``problems.tf``, each with a pattern of its full sentence."""
    found = {}
    for sentence in SENTENCE.finditer((PROJECT / "problems.tf").read_text(encoding="utf-8")):
        parts = re.split(r"\$\{[^}]+\}", sentence["text"].replace('\\"', '"'))
        ending = {"[": r": .+\.", "(": r"\."}[sentence["opening"]]
        found[sentence["text"]] = re.compile(".+".join(map(re.escape, parts)) + ending)
    return found


def named(sentences: Sequence[str]) -> list[str]:
    """Return the problems of sentences, sorted. A sentence that is no problem of ``problems.tf`` is returned itself."""
    return sorted(
        found
        for sentence in sentences
        for found in [text for text, full in problems().items() if full.fullmatch(sentence)] or [sentence]
    )


@pytest.fixture(scope="module")
def planned() -> Planned:
    with LocalAws(seed=1, start=START) as aws, terraform_working_copy() as copy:
        folder = copy / "each_problem"
        folder.mkdir()
        (folder / "main.tf").write_text(modules(), encoding="utf-8")
        return plan(Applied(aws, folder), folder)


def test_all_runs_are_tried() -> None:
    assert len(RUN.findall(RUNS)) == RUNS.count('\nrun "')


def test_each_run_has_exactly_one_problem(planned: Planned) -> None:
    runs = [run["name"] for run in RUN.finditer(RUNS)]
    assert {name: found for name in runs if len(found := planned.sentences(name)) != 1} == {}


def test_each_problem_belongs_to_exactly_one_run(planned: Planned) -> None:
    runs = [run["name"] for run in RUN.finditer(RUNS)]
    assert named([sentence for name in runs for sentence in planned.sentences(name)]) == sorted(problems())


def test_one_plan_reports_all_problems(planned: Planned) -> None:
    impossible = named(planned.sentences(NO_SERVICE))
    assert named(planned.sentences(EVERYTHING)) == sorted(problems().keys() - set(impossible))


def test_nothing_but_problems_is_reported_and_nothing_is_planned(planned: Planned) -> None:
    assert (planned.other_errors, planned.changes) == ([], [])


def test_each_message_is_one_sentence_that_says_what_to_do(planned: Planned) -> None:
    sentence = re.compile(r"(Add|Keep|Move|Omit|Rename|Set|Use) .*[^.]\.")
    reported = [one for name in planned.messages for one in planned.sentences(name)]
    assert [one for one in reported if not sentence.fullmatch(one) or ". " in one] == []


def test_each_sentence_names_an_input_that_its_run_sets(planned: Planned) -> None:
    runs = {run["name"]: set(re.findall(r"(\w+) += ", run["values"])) for run in RUN.finditer(RUNS)}
    inputs = {name for attributes in runs.values() for name in attributes}
    # In these runs a name is wrong, or an input is missing.
    elsewhere = {"wake_rule_name_with_a_slash", "wake_rule_with_neither_rule_nor_listener"}
    for run, attributes in runs.items():
        [sentence] = planned.sentences(run)
        # An English word is the name of an input only at the beginning of a sentence.
        words = re.findall(r"^Set (\w+)|(\w+_\w+)", sentence.split(": ")[0])
        named_inputs = {word for pair in words for word in pair} & inputs
        assert bool(named_inputs and not named_inputs & attributes) == (run in elsewhere), f"{run}: {sentence}"


def test_a_message_begins_with_the_name_of_the_instance(planned: Planned) -> None:
    beginnings = {message.split("\n")[0] for messages in planned.messages.values() for message in messages}
    assert beginnings == {f"Change the configuration of {name}:" for name in ("staging", "my staging")}


@pytest.mark.parametrize(
    ("run", "wrong"),
    [
        ("network_load_balancer", "web"),
        ("host_with_a_port_and_one_that_is_null", "web.rules.http, web.rules.nothing"),
        (
            "eight_wildcards_beside_a_rule_that_has_its_own",
            "web.rules.mixed, web.rules.paths, web.uptime_checks.monitor",
        ),
        (
            "hosts_that_do_not_end_in_letters",
            "web.rules.address, web.rules.digit, web.rules.dot, web.rules.wildcard",
        ),
        ("user_agents_beyond_ascii_and_with_a_backslash", "web.uptime_checks.monitor, web.uptime_checks.robot"),
    ],
)
def test_a_message_about_services_names_the_wrong_ones(planned: Planned, run: str, wrong: str) -> None:
    [sentence] = planned.sentences(run)
    assert sentence.endswith(f" in: {wrong}.")


MODE: Final = "Change the configuration of created-together:\n- Set mode to act, dry_run or off in: web."
HOST: Final = re.compile(r"Set host_headers to hosts with a dot")
TOPIC: Final = re.compile(r"Set notifications\.topic\.arn to the ARN of an SNS topic")
LOAD_BALANCER: Final = re.compile(r"Set load_balancer_arn to the ARN of an Application Load Balancer")
ELB: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"


def given(mode: str) -> dict[str, Any]:
    """Return values that the plan does not know yet, among them wrong ARNs."""
    return {
        "mode": mode,
        "load_balancer_arn": f"{ELB}:loadbalancer/net/city/0123456789abcdef",
        "listener_arn": f"{ELB}:listener/app/city/0123456789abcdef/fedcba9876543210",
        "topic_arn": "arn:aws:sns:eu-west-3:123456789012:ops.fifo",
        "host": "shop",
        "contact": "platform@example.com",
    }


def test_problems_of_unknown_values_hide_no_others_and_are_reported_before_anything_is_created() -> None:
    with LocalAws(seed=1, start=START) as aws, applying(aws, "tests/module/created_together") as applied:
        folder = Path(applied.terraform.tfdir)
        planned = plan(applied, folder, f"-var=given={json.dumps(given('on'))}")
        assert (planned.messages, planned.other_errors) == ({"scale_to_zero": [MODE]}, [])
        with pytest.raises(TerraformFailed) as failed:
            applied.apply(given=given("act"))
        assert TOPIC.search(str(failed.value))
        assert LOAD_BALANCER.search(str(failed.value))
        assert HOST.search(str(failed.value))
        created = terraform(applied, folder, "state", "list").splitlines()
        assert [address for address in created if ".data." not in address] == ["terraform_data.created"]
