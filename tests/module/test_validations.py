"""Every validation has one run that breaks it, and breaks nothing else.

``terraform test`` only sees that *some* rule of the expected variable failed. Here each run loses its
``expect_failures``, so that Terraform says which rule it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from scripts.stamps import PROJECT
from scripts.terraform_working_copy import terraform_working_copy
from tests.module.terraform_runs import TEST_FOLDER, init, run_tests

VALIDATIONS: Final = PROJECT / "tests" / "validations.tftest.hcl"
RUN: Final = re.compile(r'^run "(?P<name>\w+)" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
EXPECTATION: Final = re.compile(r"^  expect_failures = \[(?P<what>[^\]]+)\]\n", re.MULTILINE)
VIOLATION: Final = re.compile(r"(?P<message>.+)\n\nThis was checked by the validation rule at (?P<place>[^,]+),")


class ViolatedRule(NamedTuple):
    """A validation that failed: its file and line, and its message."""

    place: str
    message: str


@pytest.fixture(scope="module")
def violated_rules() -> Mapping[str, list[ViolatedRule]]:
    """What Terraform says to each run of the file, as it says it to a user."""
    text = VALIDATIONS.read_text(encoding="utf-8")
    runs = {run["name"]: run[0] for run in RUN.finditer(text)}
    preamble = text[: text.index("\nrun ")]
    with terraform_working_copy() as copy:
        for test in copy.rglob("*.tftest.hcl"):
            test.unlink()
        folder = copy / TEST_FOLDER
        for name, run in runs.items():
            # A run that fails ends its file, so each has a file of its own.
            (folder / f"{name}.tftest.hcl").write_text(f"{preamble}\n{EXPECTATION.sub('', run)}", encoding="utf-8")
        init(copy)
        lines = run_tests(copy, "-json").stdout.splitlines()
    violated: dict[str, list[ViolatedRule]] = {name: [] for name in runs}
    for line in lines:
        event = json.loads(line)
        if event["type"] == "diagnostic":
            violated[Path(event["@testfile"]).name.removesuffix(".tftest.hcl")].append(rule_of(event["diagnostic"]))
    return violated


def rule_of(diagnostic: Mapping[str, str]) -> ViolatedRule:
    rule = VIOLATION.search(diagnostic["detail"])
    assert rule is not None, f"this is no failed validation: {diagnostic}"
    return ViolatedRule(place=rule["place"], message=rule["message"])


def places_of(block: str) -> set[str]:
    """Where the module's root has blocks of a kind, as Terraform names places."""
    return {
        f"{configuration.name}:{number}"
        for configuration in PROJECT.glob("*.tf")
        for number, line in enumerate(configuration.read_text(encoding="utf-8").splitlines(), start=1)
        if line.strip() == f"{block} {{"
    }


def variable_at(place: str) -> str:
    """The variable within whose block a place is."""
    file, line = place.split(":")
    above = (PROJECT / file).read_text(encoding="utf-8").splitlines()[: int(line)]
    return [opening[1] for text in above if (opening := re.match(r'variable "(\w+)" {', text))][-1]


def expectations() -> list[str]:
    """What all runs of all files expect to fail."""
    return [
        expectation["what"]
        for test in (PROJECT / "tests").glob("*.tftest.hcl")
        for expectation in EXPECTATION.finditer(test.read_text(encoding="utf-8"))
    ]


def test_each_run_violates_exactly_one_rule(violated_rules: Mapping[str, list[ViolatedRule]]) -> None:
    assert {name: rules for name, rules in violated_rules.items() if len(rules) != 1} == {}


def test_each_rule_is_violated_by_exactly_one_run(violated_rules: Mapping[str, list[ViolatedRule]]) -> None:
    violated = sorted(rule.place for rules in violated_rules.values() for rule in rules)
    assert violated == sorted(places_of("validation"))


def test_each_run_expects_the_failure_of_the_variable_whose_rule_it_breaks(
    violated_rules: Mapping[str, list[ViolatedRule]],
) -> None:
    expected = {
        run["name"]: EXPECTATION.search(run[0])["what"]  # type: ignore[index]
        for run in RUN.finditer(VALIDATIONS.read_text(encoding="utf-8"))
    }
    assert {name: f"var.{variable_at(rule.place)}" for name, (rule,) in violated_rules.items()} == expected


def test_as_many_failures_are_expected_as_there_are_rules() -> None:
    of_variables = [expectation for expectation in expectations() if expectation.startswith("var.")]
    of_resources = [expectation for expectation in expectations() if not expectation.startswith("var.")]
    assert (len(of_variables), len(of_resources)) == (len(places_of("validation")), len(places_of("precondition")))


def test_each_message_is_one_sentence_that_says_what_to_do(violated_rules: Mapping[str, list[ViolatedRule]]) -> None:
    sentence = re.compile(r"(Give|Move|Name) .*[^.]\.")
    messages = [rule.message for rules in violated_rules.values() for rule in rules]
    assert [message for message in messages if not sentence.fullmatch(message) or ". " in message] == []


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
def test_a_message_about_services_names_those_that_are_wrong(
    violated_rules: Mapping[str, list[ViolatedRule]], run: str, wrong: str
) -> None:
    (rule,) = violated_rules[run]
    assert rule.message.endswith(f" in: {wrong}.")
