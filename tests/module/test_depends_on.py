"""``depends_on`` on the module makes Terraform read data sources only during an apply. That must change nothing."""

from __future__ import annotations

from typing import Any

from local_aws import LocalAws
from tests.module.applied import START, applying
from tests.module.existing import existing_services


def test_a_change_of_a_dependency_of_the_module_changes_nothing_of_the_module() -> None:
    with LocalAws(seed=1, start=START) as aws, applying(aws, "tests/module/depending") as applied:
        existing = existing_services(aws, {"web": "web"})

        def given(changing: int) -> dict[str, Any]:
            return {
                "given": {
                    "changing": changing,
                    "woken": existing.entry("web"),
                    "listener_arn": existing.listener_arn,
                }
            }

        applied.apply(**given(changing=30))
        assert applied.planned_changes(**given(changing=30)) == []
        assert applied.planned_changes(**given(changing=60)) == ["update aws_cloudwatch_log_group.changing"]
        applied.apply(**given(changing=60))
        assert applied.planned_changes(**given(changing=60)) == []
