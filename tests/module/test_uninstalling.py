"""Uninstalling: services that the module put to sleep come back, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local_aws import LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying
from tests.module.existing import Existing, existing_services
from tests.module.remains import what_is_there


@dataclass(frozen=True)
class Adopted:
    aws: LocalAws
    applied: Applied
    existing: Existing
    web: Subject
    api: Subject

    def entries(self, *names: str) -> dict[str, object]:
        return {name: self.existing.entry(name) for name in names}


@pytest.fixture
def adopted() -> Iterator[Adopted]:
    """Apply the module to two services, and let it put both to sleep."""
    with LocalAws(seed=1, start=START) as aws, applying(aws, "tests/module/adopted") as applied:
        existing = existing_services(aws, {"web": "web", "api": "api"})
        both = Adopted(aws, applied, existing, existing.subject(aws, "web"), existing.subject(aws, "api"))
        applied.apply(services=both.entries("web", "api"))
        both.web.start_by_hand()
        both.api.start_by_hand()
        both.web.fall_asleep()
        both.api.fall_asleep()
        yield both


def test_destroying_the_module_brings_every_sleeping_service_back_and_leaves_nothing_of_the_module(
    adopted: Adopted,
) -> None:
    adopted.applied.destroy(services=adopted.entries("web", "api"))
    assert (adopted.web.desired(), adopted.api.desired()) == (1, 1)
    assert what_is_there(adopted.aws) == {}
    adopted.aws.advance(20 * MINUTE)
    assert (adopted.web.running(), adopted.api.running()) == (1, 1), "nothing must put them to sleep again"


def test_removing_one_service_brings_it_back_and_leaves_the_other_asleep(adopted: Adopted) -> None:
    adopted.applied.apply(services=adopted.entries("api"))
    assert (adopted.web.desired(), adopted.api.desired()) == (1, 0)
    adopted.aws.advance(20 * MINUTE)
    assert (adopted.web.running(), adopted.api.running()) == (1, 0), "web is no longer managed, so it must keep running"
    assert adopted.applied.planned_changes(services=adopted.entries("api")) == []


def test_destroying_does_not_change_an_awake_service(adopted: Adopted) -> None:
    adopted.web.start_by_hand()
    adopted.aws.advance(2 * MINUTE)
    changes = adopted.aws.calls["ecs.UpdateService"]
    adopted.applied.destroy(services=adopted.entries("web", "api"))
    assert (adopted.web.desired(), adopted.api.desired()) == (1, 1)
    assert adopted.aws.calls["ecs.UpdateService"] == changes + 1, "only the sleeping service must be changed"
