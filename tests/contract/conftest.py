"""The stages on which every contract is tested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .in_memory_stage import InMemoryStage
from .local_aws_stage import LocalAwsStage, local_aws_stage
from .moto_stage import Moto, MotoStage, running_moto
from .stage import MovingStage, Stage


@pytest.fixture(autouse=True, scope="module")
def _aws_environment() -> Iterator[None]:
    """Set the region and the credentials of the clients, which are never those of a real account."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        yield


@pytest.fixture(scope="module")
def _running_moto(_aws_environment: None) -> Iterator[Moto]:
    with running_moto() as moto:
        yield moto


@pytest.fixture(params=["in memory", "on moto", "on local_aws"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Return a stage for one implementation of the ports after the other."""
    with ExitStack() as stack:
        yield _stage(request, stack)


@pytest.fixture(params=["in memory", "on local_aws"])
def moving_stage(request: pytest.FixtureRequest) -> Iterator[MovingStage]:
    """Return a stage for each implementation in which time passes. It does not pass in moto alone."""
    with ExitStack() as stack:
        chosen = _stage(request, stack)
        assert not isinstance(chosen, MotoStage) or isinstance(chosen, LocalAwsStage)
        yield chosen


@pytest.fixture
def moto(_running_moto: Moto) -> MotoStage:
    """Return a stage with the ports on AWS only, to test AWS's answers and the table's format."""
    _running_moto.reset()
    return MotoStage(_running_moto)


def _stage(request: pytest.FixtureRequest, stack: ExitStack) -> InMemoryStage | MotoStage | LocalAwsStage:
    if request.param == "in memory":
        return InMemoryStage()
    running: Moto = request.getfixturevalue("_running_moto")
    if request.param == "on local_aws":
        return stack.enter_context(local_aws_stage(running))
    running.reset()
    return MotoStage(running)
