"""Each listed mutation is applied to a copy of the package, and a test must see that its rule is broken.

A mutation that merely crashes shows nothing: any test would fail on it. So it has to compile, to name nothing that does
not exist, and to make a test fail by something else than a slip of the patch.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scripts.stamps import PROJECT
from tests.mutations.catalogue import CORE, MUTATIONS, Mutation
from tests.mutations.suite import report_in, run_suite

TESTS_FAILED = 1
UNDEFINED_NAMES = "F821,F822,F823"
SLIPS = (
    "AttributeError",
    "ImportError",
    "ModuleNotFoundError",
    "NameError",
    "SyntaxError",
    "TypeError",
    "UnboundLocal",
)
"""How the message of a failure begins that a slip of the patch brings about. Other errors may be what the broken rule
keeps in."""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.broken_rule.replace(" ", "-") for mutation in MUTATIONS])
def test_the_suite_fails_without(mutation: Mutation, tmp_path: Path) -> None:
    package = copied_to(tmp_path)
    apply(mutation, package / mutation.file)
    must_be_sound(package / mutation.file)
    run = run_suite(mutation.caught_by, tmp_path)
    assert run.returncode == TESTS_FAILED, f"nothing noticed that this rule is broken:\n{run.said[-2000:]}"
    said = failures(tmp_path)
    assert not all(message.startswith(SLIPS) for message in said), f"it only crashes or hangs: {said}"


def test_the_suite_passes_on_an_unchanged_copy(tmp_path: Path) -> None:
    copied_to(tmp_path)
    run = run_suite(CORE, tmp_path)
    assert run.returncode == 0, run.said[-2000:]
    assert failures(tmp_path) == []


@pytest.mark.parametrize(
    ("new", "why"), [("    return now_or_never\n", "Undefined name"), ("    return (\n", "invalid-syntax")]
)
def test_a_mutation_that_names_nothing_or_does_not_compile_is_none(new: str, why: str, tmp_path: Path) -> None:
    file = copied_to(tmp_path) / "pace.py"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\ndef broken():\n{new}", encoding="utf-8")
    with pytest.raises(AssertionError, match=why):
        must_be_sound(file)


def test_a_mutation_that_only_crashes_is_none(tmp_path: Path) -> None:
    crash = Mutation("", "idleness.py", "    if facts.deployment_running:\n", "    if facts.no_such_fact:\n", CORE)
    apply(crash, copied_to(tmp_path) / crash.file)
    assert run_suite(f"{CORE}/test_going_to_zero.py", tmp_path).returncode == TESTS_FAILED
    said = failures(tmp_path)
    assert said
    assert all(message.startswith(SLIPS) for message in said)


def copied_to(folder: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "lambda_src" / "scale_to_zero", folder / "scale_to_zero"))


def apply(mutation: Mutation, file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1, f"{mutation.file} no longer holds exactly once: {mutation.old!r}"
    file.write_text(source.replace(mutation.old, mutation.new), encoding="utf-8")


def must_be_sound(file: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", UNDEFINED_NAMES]
    command += ["--output-format", "concise", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, f"this patch breaks the code, and no rule:\n{checked.stdout}"


def failures(package_folder: Path) -> list[str]:
    """The messages of tests that failed.

    What could not be collected or set up is an error and not among them, nor is a test that never ends.
    """
    if not report_in(package_folder).exists():
        return []
    report = ET.parse(report_in(package_folder))
    return [failure.get("message", "") for failure in report.iter("failure")]
