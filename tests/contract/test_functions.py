from __future__ import annotations

import io
import json

import pytest

from scale_to_zero.model.errors import CallFailed, CallForbidden, Refused

from .moto_stage import SCALE_UP, MotoStage
from .scripted_aws import Parameters, aws_error

ANSWER = {"services": {"web": {"phase": "waking"}}}


def answering(answer: object, *, failed: bool = False) -> dict[str, object]:
    payload = io.BytesIO(json.dumps(answer).encode())
    return {"StatusCode": 200, "Payload": payload} | ({"FunctionError": "Unhandled"} if failed else {})


class TestFunctions:
    def test_each_function_is_called_by_its_name_and_its_answer_is_awaited(self, moto: MotoStage) -> None:
        def answer(_parameters: Parameters) -> dict[str, object]:
            return answering(ANSWER)

        moto.scripted.answer("lambda.Invoke", answer)
        assert moto.ports.functions.scale_up({"service": "web"}) == ANSWER
        assert moto.ports.functions.scale_to_zero({"service": "web", "action": "sleep"}) == ANSWER
        calls = moto.scripted.called("lambda.Invoke")
        assert [call["FunctionName"] for call in calls] == [SCALE_UP, "staging-scale-to-zero"]
        assert all(call.get("InvocationType", "RequestResponse") == "RequestResponse" for call in calls)
        assert json.loads(calls[1]["Payload"]) == {"service": "web", "action": "sleep"}

    def test_a_refusal_is_passed_on_with_the_functions_own_message(self, moto: MotoStage) -> None:
        refusal = {"errorType": "PayloadRefused", "errorMessage": "web is held awake", "stackTrace": []}
        moto.scripted.answer("lambda.Invoke", answering(refusal, failed=True))
        with pytest.raises(Refused, match="web is held awake") as refused:
            moto.ports.functions.scale_to_zero({})
        assert refused.value.kind == "PayloadRefused"

    def test_any_other_error_of_the_function_is_a_failed_call(self, moto: MotoStage) -> None:
        moto.scripted.answer(
            "lambda.Invoke", answering({"errorType": "WakeFailed", "errorMessage": "no capacity"}, failed=True)
        )
        with pytest.raises(CallFailed, match="no capacity"):
            moto.ports.functions.scale_up({})

    def test_a_call_that_aws_forbids_the_function_is_forbidden_for_its_caller(self, moto: MotoStage) -> None:
        failed = {"errorType": "CallForbidden", "errorMessage": "allow ecs:UpdateService in the function's role"}
        moto.scripted.answer("lambda.Invoke", answering(failed, failed=True))
        with pytest.raises(CallForbidden, match="scale-up failed: allow ecs:UpdateService in the function's role"):
            moto.ports.functions.scale_up({})

    def test_an_answer_that_cannot_be_read_is_a_failed_call(self, moto: MotoStage) -> None:
        moto.scripted.answer("lambda.Invoke", {"StatusCode": 200, "Payload": io.BytesIO(b"<html>")})
        with pytest.raises(CallFailed, match="cannot be read"):
            moto.ports.functions.scale_up({})

    def test_a_denied_call_names_the_permission(self, moto: MotoStage) -> None:
        moto.scripted.answer("lambda.Invoke", aws_error("AccessDeniedException", "not authorized"))
        with pytest.raises(CallFailed, match="allow lambda:InvokeFunction"):
            moto.ports.functions.scale_up({})
