from __future__ import annotations

import pytest

from scale_to_zero.model.errors import CallFailed

from .moto_stage import MotoStage
from .scripted_aws import aws_error
from .stage import Stage


class TestWatchers:
    def test_each_watcher_is_started_for_its_services_and_not_awaited(self, stage: Stage) -> None:
        stage.ports.watchers.start(["web"])
        stage.ports.watchers.start(["api", "shop"])
        assert stage.watchers_started() == [("web",), ("api", "shop")]

    def test_a_refused_call_raises_and_says_why(self, stage: Stage) -> None:
        stage.refuse("start_watcher")
        with pytest.raises(CallFailed, match="web"):
            stage.ports.watchers.start(["web"])

    def test_a_denied_call_names_the_permission(self, moto: MotoStage) -> None:
        moto.scripted.answer("lambda.Invoke", aws_error("AccessDeniedException", "not authorized"))
        with pytest.raises(CallFailed, match="allow lambda:InvokeFunction in the function's role"):
            moto.ports.watchers.start(["web"])
