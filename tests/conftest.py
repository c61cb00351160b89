"""The tiers of the tests, one folder each: how long a test of a tier can take, and what it needs from the machine."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from scripts.terraform_provider import INIT_ARGUMENTS, TerraformUnavailable, init_arguments

from .missing_programs import missing, pytest_runtest_makereport, pytest_unconfigure
from .scheduling import pytest_xdist_make_scheduler
from .seeds import pytest_report_header, seed_hypothesis
from .under_way import end_with_a_list_of_what_is_under_way, pytest_runtest_logfinish, pytest_runtest_logstart

__all__ = [
    "pytest_report_header",
    "pytest_runtest_logfinish",
    "pytest_runtest_logstart",
    "pytest_runtest_makereport",
    "pytest_unconfigure",
    "pytest_xdist_make_scheduler",
]

# boto3 and moto read these variables when they are imported, so they are changed before that. ``local_aws`` does the
# same, but is slow to import.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
# moto makes thousands of machine images for each of its EC2 backends, and never frees them. After some hundred tests
# they are most of the memory, and garbage collection takes most of the time.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
# Terraform and its provider end after some seconds, so their garbage is seldom worth collecting: with Go's default, a
# fifth of their processor time is spent on it.
os.environ.setdefault("GOGC", "400")
for name in ("NO_PROXY", "no_proxy"):
    os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    end_with_a_list_of_what_is_under_way(config)
    seed_hypothesis(config)


TESTS = Path(__file__).parent

# A test that takes longer than its tier allows hangs, or is in the wrong tier. The tiers run in this order: tiers with
# tests of several minutes begin first, so that no process has such a test left at the end.
SECONDS_OF_A_TIER = {
    "module": 900,
    "docs": 900,
    "browser": 600,
    "visitors": 600,
    "packaging": 300,
    "smoke": 300,
    "simulation": 600,
    "simulator": 60,
    "local_aws": 60,
    "scripts": 60,
    "benchmarks": 60,
    "contract": 120,
    "unit": 60,
}
TIERS_WITH_TERRAFORM = frozenset({"smoke", "module", "browser", "visitors", "docs"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tier = tier_of(item)
        item.add_marker(tier)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS_OF_A_TIER[tier]))
    order = list(SECONDS_OF_A_TIER)
    items.sort(key=lambda item: order.index(tier_of(item)))


def tier_of(item: pytest.Item) -> str:
    folder = item.path.relative_to(TESTS).parts[0]
    if folder not in SECONDS_OF_A_TIER:
        raise pytest.UsageError(f"{item.nodeid} is in no tier: put it into one of {', '.join(SECONDS_OF_A_TIER)}.")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if tier_of(item) in TIERS_WITH_TERRAFORM and (unavailable := _terraform_unavailable()):
        missing(unavailable, fails=True)


@cache
def _terraform_unavailable() -> str | None:
    """Let every terraform that a test starts inherit the provider's location. Return ``None``, or why this failed."""
    try:
        os.environ[INIT_ARGUMENTS] = init_arguments()
    except TerraformUnavailable as unavailable:
        return str(unavailable)
    return None
