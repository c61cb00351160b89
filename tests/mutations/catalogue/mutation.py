"""What a mutation is, and which tests can be made to notice one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CORE: Final = "tests/unit/core"
A_DAY_WITH_WAKE_RULES: Final = f"{CORE}/test_a_day_with_wake_rules.py"
ATTENTION: Final = f"{CORE}/test_attention.py"
GOING_TO_ZERO: Final = f"{CORE}/test_going_to_zero.py"
HOLDS: Final = f"{CORE}/test_holds.py"
METRIC_WINDOWS: Final = f"{CORE}/test_metric_windows.py"
READINESS: Final = f"{CORE}/test_readiness.py"
REPAIR: Final = f"{CORE}/test_repair.py"
WAKING: Final = f"{CORE}/test_waking.py"
DRAINING: Final = f"{CORE}/test_draining.py"
PROTECTION: Final = f"{CORE}/test_protection.py"
WAKE_RULES: Final = f"{CORE}/test_wake_rules.py"
FAILED_WAKES: Final = f"{CORE}/test_failed_wakes.py"
ESCORTED_WAKES: Final = f"{CORE}/test_escorted_wakes.py"
A_TICK: Final = "tests/simulation/test_a_tick.py"
A_WAKE: Final = "tests/simulation/test_a_wake.py"

SIGHT: Final = f"{CORE}/test_what_was_not_seen.py"
TAKING_BACK: Final = f"{CORE}/test_taking_back.py"
LEAVING: Final = f"{CORE}/test_leaving.py"
PAYLOADS: Final = f"{CORE}/test_payloads.py"
CALLS: Final = "tests/simulation/test_asking_cloudwatch.py"
SUMMARY: Final = "tests/simulation/test_the_summary.py"
FENCE: Final = "tests/simulation/test_the_fence.py"
BRINGING_BACK: Final = "tests/simulation/test_bringing_back.py"
SIMULTANEOUS: Final = "tests/simulation/test_simultaneous_wakes.py"
UNINSTALLING: Final = "tests/simulation/test_uninstalling.py"
CLOUDWATCH: Final = "tests/contract/test_cloudwatch_answers.py"
TABLE: Final = "tests/contract/test_memories.py"


@dataclass(frozen=True)
class Mutation:
    """One rule broken: in ``file``, ``old`` (which stands there exactly once) becomes ``new``."""

    broken_rule: str
    file: str
    old: str
    new: str
    caught_by: str
