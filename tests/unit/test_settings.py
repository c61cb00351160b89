"""The environment is read in one place, and all its faults are told at once."""

from __future__ import annotations

import ast
from dataclasses import is_dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

import scale_to_zero
from scale_to_zero.model.remembered import Memory
from scale_to_zero.settings import Settings, SettingsRefused
from scripts.mutation.mutants import PURE_CORE

COMPLETE = {
    "INSTANCE_NAME": "staging",
    "TABLE_NAME": "staging-scale-to-zero",
    "METRIC_NAMESPACE": "CityGuided/ECS",
    "SCALE_UP_FUNCTION": "staging-scale-up",
    "SCALE_TO_ZERO_FUNCTION": "staging-scale-to-zero",
    "LONGEST_HOLD_MINUTES": "10080",
    "STATE_METRICS": "every_tick",
    "MESSAGE_LANGUAGE": "fr",
}


def test_a_complete_environment_is_read() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.longest_hold == timedelta(days=7)
    assert settings.scale_up_function == "staging-scale-up"
    assert settings.publish_state_metrics
    assert not Settings.from_env({**COMPLETE, "STATE_METRICS": "off"}).publish_state_metrics


def test_all_faults_are_told_in_one_sentence() -> None:
    with pytest.raises(SettingsRefused) as refusal:
        Settings.from_env({"LONGEST_HOLD_MINUTES": "soon", "STATE_METRICS": "sometimes"})
    for name in COMPLETE:
        assert name in str(refusal.value)


@pytest.mark.parametrize("minutes", ["0", "-1", "1.5", "²"])
def test_a_longest_hold_that_is_no_whole_number_above_zero_is_refused(minutes: str) -> None:
    with pytest.raises(SettingsRefused, match="LONGEST_HOLD_MINUTES"):
        Settings.from_env({**COMPLETE, "LONGEST_HOLD_MINUTES": minutes})


def test_only_the_handlers_read_the_environment_and_only_aws_imports_botocore() -> None:
    package = Path(scale_to_zero.__file__).parent
    for file in package.rglob("*.py"):
        tree = ast.parse(file.read_text())
        modules = {
            name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
        }
        modules |= {
            node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
        }
        if "os" in modules:
            assert file.name == "handlers.py"
        if modules & {"boto3", "botocore"}:
            assert "aws" in file.relative_to(package).parts


@pytest.mark.parametrize("name", [*PURE_CORE, "model/reasons", "rules/payload", "tick/state_metrics"])
def test_the_core_knows_no_clock_no_environment_and_no_log(name: str) -> None:
    source = (Path(scale_to_zero.__file__).parent / f"{name}.py").read_text()
    tree = ast.parse(source)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not imported & {"os", "time", "logging", "random", "threading", "boto3", "botocore"}
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"now", "utcnow", "today", "environ"}


@pytest.mark.parametrize("name", PURE_CORE)
def test_the_rules_assert_nothing_about_what_they_judge(name: str) -> None:
    """What a rule needs it gets as an argument, or finds out."""
    tree = ast.parse((Path(scale_to_zero.__file__).parent / f"{name}.py").read_text())
    assert not [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def test_the_data_of_the_core_cannot_be_changed() -> None:
    modules = [import_module(f"scale_to_zero.{name}".replace("/", ".")) for name in PURE_CORE]
    data = {one for module in modules for one in vars(module).values() if isinstance(one, type) and is_dataclass(one)}
    assert [one.__name__ for one in data if not vars(one)["__dataclass_params__"].frozen] == []
    assert Memory in data
