"""The pages agree with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scale_to_zero.actions.measuring import MEASURED
from scale_to_zero.actions.notification_texts import WORDS, ChangeKind
from scale_to_zero.model.reasons import Reason
from scale_to_zero.rules.wake_rules import MOST_CONDITION_VALUES
from scripts.generate_docs import README, with_generated_parts
from tests.docs.pages import PAGES, ROOT, anchors_of, blocks_of, links_of

OPERATIONS = ROOT / "docs" / "operations.md"
PACKAGE = ROOT / "lambda_src" / "scale_to_zero"
NOT_A_DECISION = {"uninstalled"}


def rows(page: Path, heading: str) -> set[str]:
    """Return the first column of the table below a heading, without back quotes."""
    section = page.read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))


def test_the_generated_parts_of_the_readme_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_generated_parts(text), "run `make docs`"


def test_the_readmes_example_is_the_minimal_example_with_another_source() -> None:
    example, *_ = [block.text for block in blocks_of(README) if block.language == "hcl"]
    minimal = (ROOT / "examples" / "minimal" / "main.tf").read_text(encoding="utf-8")
    local, lines = re.subn(r'source = "git::[^"]+"', 'source = "../.."', example)
    assert lines == 1
    assert local in minimal


def test_every_reason_is_explained_and_no_other() -> None:
    assert rows(OPERATIONS, "### Reasons") == {reason.value for reason in Reason} | NOT_A_DECISION


def test_every_error_that_ends_a_run_is_explained_and_no_other() -> None:
    raising = [file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in ("web", "aws")]
    sources = [file.read_text(encoding="utf-8") for file in raising]
    raised = {name for source in sources for name in re.findall(r"^class (\w+)\(Exception\)", source, re.MULTILINE)}
    handled_inside = {"StateChanged", "Refused"}
    assert rows(OPERATIONS, "### When a tick ends with an error") == raised - handled_inside


def test_every_warning_of_the_wake_function_is_explained_and_no_other() -> None:
    section = (
        OPERATIONS.read_text(encoding="utf-8").partition("### What the wake function logs\n")[2].partition("\n#")[0]
    )
    explained = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    sources = [*PACKAGE.glob("web/visitor/*.py"), PACKAGE / "actions" / "disarming.py"]
    text = "".join(file.read_text(encoding="utf-8") for file in sources)
    warnings = re.findall(r"logger\.(?:warning|error|exception)\(\s*f?\"([^\"]+)\"", text)
    assert len(warnings) == len(re.findall(r"logger\.(?:warning|error|exception)\(", text))
    assert [warning for warning in warnings if not any(phrase in warning for phrase in explained)] == []
    assert [phrase for phrase in explained if not any(phrase in warning for warning in warnings)] == []


def test_every_explained_sentence_about_wake_rules_is_in_the_module() -> None:
    heading = "### Wake rules that cannot do their work\n"
    section = OPERATIONS.read_text(encoding="utf-8").partition(heading)[2].partition("\n#")[0].replace("`", "")
    explained = [row.removesuffix(" …") for row in re.findall(r"^\| (.+?) \| .+ \|$", section, re.MULTILINE)[2:]]
    source = "".join(
        (PACKAGE / "rules" / f"{name}.py").read_text(encoding="utf-8") for name in ("wake_rules", "rule_positions")
    )
    source = source.replace(" {rule.name} ", " ").replace(" {rule.own_rule_arn} ", " ")
    source = source.replace("{most}", str(MOST_CONDITION_VALUES)).replace("{taken_from}", "…")
    sentences = "".join(source.replace("{kind}", kind) for kind in ("wake rule", "uptime check"))
    assert [phrase for phrase in explained if phrase not in sentences] == []


def test_every_metric_is_explained_and_no_other() -> None:
    source = (PACKAGE / "tick" / "state_metrics.py").read_text(encoding="utf-8")
    assert rows(OPERATIONS, "## Metrics") == set(re.findall(r'StateMetric\(\s*"(\w+)"', source))


def test_every_metric_of_an_occurrence_is_explained_and_no_other() -> None:
    sources = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")]
    measured = {name for source in sources for name in re.findall(r'(?:Measure|_seconds)\(\s*"(\w+)"', source)}
    assert rows(OPERATIONS, "### Metrics that are sent when something happens") == measured


def test_every_part_of_a_wake_is_explained_and_no_other() -> None:
    assert rows(OPERATIONS, "#### Wake times") == set(MEASURED)


def test_every_change_is_explained_and_no_other() -> None:
    assert rows(OPERATIONS, "## Events") == {change.value for change in ChangeKind}


def test_the_reasons_of_each_change_are_named_and_no_others() -> None:
    section = OPERATIONS.read_text(encoding="utf-8").partition("## Events\n")[2].partition("\n#")[0]
    rows_of_changes = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    named = {(change, reason) for change, reasons in rows_of_changes for reason in re.findall(r"`(\w+)`", reasons)}
    for words in WORDS.values():
        assert named == {(change.value, reason.value) for change, reason in words}


def test_every_alarm_is_explained_and_no_other() -> None:
    alarms = (ROOT / "alarms.tf").read_text(encoding="utf-8")
    descriptions = alarms.partition("alarm_words = {")[2].partition("fr = {")[0]
    named = set(re.findall(r"^ +([a-z-]+) += \"", descriptions, re.MULTILINE)) - {"function-failing"}
    page = OPERATIONS.read_text(encoding="utf-8")
    section = page.partition("## Alarms\n")[2].partition("\n#")[0]
    assert set(re.findall(r"^\| `([a-z-]+)`", section, re.MULTILINE)) == named
    assert "`<function>-failing`" in section


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_has_a_target(page: Path) -> None:
    for link in links_of(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}, which does not exist"
        if anchor:
            assert anchor in anchors_of(target), f"{page.name} links to {link}, a heading that does not exist"
