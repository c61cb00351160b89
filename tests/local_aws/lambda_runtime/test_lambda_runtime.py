from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.deployed import MINUTE, START, Deployed, as_json, deployed, zipped

ECHO = """
    def handler(event, context):
        return {"got": event}
"""
SLEEPER = """
    import time
    from datetime import datetime, UTC

    def handler(event, context):
        before = datetime.now(UTC)
        time.sleep(event["seconds"])
        return [before.isoformat(), datetime.now(UTC).isoformat(), context.get_remaining_time_in_millis()]
"""
COUNTER = """
    import os
    count = 0

    def handler(event, context):
        global count
        count += 1
        return [os.getpid(), count]
"""
FAILING = """
    def handler(event, context):
        raise ValueError("no such thing")
"""


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        yield created


def test_a_function_answers_what_its_deployed_zip_returns(account: Deployed) -> None:
    account.deploy(ECHO)
    result = account.invoke({"a": [1, 2]})
    assert (result.status, result.payload, result.error) == (200, {"got": {"a": [1, 2]}}, None)


def test_a_function_gets_its_own_variables_and_none_of_the_callers_environment(
    account: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    account.deploy(
        "import os\ndef handler(event, context):\n    return dict(os.environ)",
        Environment={"Variables": {"TABLE_NAME": "table"}},
    )
    variables = account.invoke().payload
    assert variables["TABLE_NAME"] == "table"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "function"
    assert variables["AWS_ENDPOINT_URL"] == account.aws.endpoint_url
    assert "SECRET_OF_THE_CALLER" not in variables
    assert variables["PATH"] != os.environ["PATH"]


def test_a_function_can_import_only_the_packages_of_lambdas_runtime(account: Deployed) -> None:
    account.deploy("""
        import importlib.util

        def handler(event, context):
            return {name: importlib.util.find_spec(name) is not None for name in event}
    """)
    assert account.invoke(["boto3", "botocore", "moto", "pytest", "local_aws", "scale_to_zero"]).payload == {
        "boto3": True,
        "botocore": True,
        "moto": False,
        "pytest": False,
        "local_aws": False,
        "scale_to_zero": False,
    }


def test_a_function_can_call_this_aws(account: Deployed) -> None:
    account.allow("dynamodb:PutItem")
    account.client("dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    account.deploy("""
        import boto3

        def handler(event, context):
            boto3.client("dynamodb").put_item(TableName="table", Item={"id": {"S": "1"}})
    """)
    assert account.invoke().error is None
    assert account.client("dynamodb").scan(TableName="table")["Items"] == [{"id": {"S": "1"}}]


def test_a_warm_environment_is_used_again_and_runs_one_invocation_at_a_time(account: Deployed) -> None:
    account.deploy(COUNTER)
    (first, one), (second, two) = account.invoke().payload, account.invoke().payload
    assert (first, one, two) == (second, 1, 2)
    assert [invocation.cold for invocation in account.aws.invocations] == [True, False]


def test_invocations_that_overlap_run_in_different_environments(account: Deployed) -> None:
    arn = account.deploy("""
        import os, time

        def handler(event, context):
            time.sleep(5)
            return os.getpid()
    """)
    for _ in range(2):
        account.lambda_.invoke(FunctionName=arn, InvocationType="Event", Payload="{}")
    account.aws.advance(timedelta(seconds=5))
    first, second = (invocation.answer for invocation in account.aws.invocations)
    assert first != second


@pytest.mark.parametrize("change", ["code", "configuration"])
def test_an_update_starts_new_environments(account: Deployed, change: str) -> None:
    account.deploy(COUNTER)
    before, _ = account.invoke().payload
    if change == "code":
        account.lambda_.update_function_code(
            FunctionName="function", ZipFile=zipped(COUNTER.replace("count = 0", "count = 0  # changed"))
        )
    else:
        account.lambda_.update_function_configuration(FunctionName="function", MemorySize=256)
    after, count = account.invoke().payload
    assert before != after
    assert count == 1
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_function_reads_the_virtual_instant_and_time_stands_still_while_it_computes(account: Deployed) -> None:
    account.deploy("""
        from datetime import datetime, UTC

        def handler(event, context):
            sum(range(1_000_000))
            return datetime.now(UTC).isoformat()
    """)
    assert account.invoke().payload == START.isoformat()
    account.aws.advance(timedelta(days=3))
    assert account.invoke().payload == (START + timedelta(days=3)).isoformat()


def test_a_function_that_sleeps_lets_virtual_time_pass(account: Deployed) -> None:
    account.deploy(SLEEPER, Timeout=900)
    before, after, remaining = account.invoke({"seconds": 600.5}).payload
    assert before == START.isoformat()
    assert after == (START + timedelta(seconds=600.5)).isoformat()
    assert remaining == 299_500
    assert account.aws.now() == START + timedelta(seconds=600.5)


def test_a_function_that_sleeps_longer_than_its_timeout_is_killed_at_that_virtual_instant(account: Deployed) -> None:
    account.deploy(SLEEPER, Timeout=3)
    result = account.invoke({"seconds": 100})
    [invocation] = account.aws.invocations
    assert result.error == "Unhandled"
    assert result.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {invocation.request_id} Error: Task timed out after 3.00 seconds",
    }
    assert invocation.ended == account.aws.now() == START + timedelta(seconds=3)
    account.invoke({"seconds": 1})
    assert account.aws.invocations[-1].cold, "a killed environment must not be used again"


def test_a_function_that_computes_longer_than_its_timeout_is_killed(account: Deployed) -> None:
    account.deploy("def handler(event, context):\n    while True: pass", Timeout=1)
    result = account.invoke()
    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in result.log)


def test_an_exception_is_answered_in_lambdas_form(account: Deployed) -> None:
    account.deploy(FAILING)
    result = account.invoke()
    assert (result.status, result.error) == (200, "Unhandled")
    assert result.payload["errorType"] == "ValueError"
    assert result.payload["errorMessage"] == "no such thing"
    assert result.payload["requestId"] == account.aws.invocations[0].request_id
    assert "module.py" in result.payload["stackTrace"][0]


def test_a_process_that_ends_is_an_error_of_the_runtime(account: Deployed) -> None:
    account.deploy("import os\ndef handler(event, context):\n    os._exit(3)")
    result = account.invoke()
    assert result.payload["errorType"] == "Runtime.ExitError"
    assert result.payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("module.missing", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'module'"),
        ("absent.handler", "Runtime.ImportModuleError", "Unable to import module 'absent': No module named 'absent'"),
    ],
)
def test_a_handler_that_is_missing_is_an_init_error(
    account: Deployed, handler: str, error_type: str, message: str
) -> None:
    account.deploy(ECHO, Handler=handler)
    result = account.invoke()
    assert result.error == "Unhandled"
    assert (result.payload["errorType"], result.payload["errorMessage"]) == (error_type, message)


def test_a_zip_with_one_wrong_byte_is_refused(account: Deployed) -> None:
    sound = zipped(ECHO)
    assert sound.count(b"got") == 1
    for spoilt in (b"not a zip", sound.replace(b"got", b"lot")):
        with pytest.raises(ClientError, match="Could not unzip uploaded file"):
            account.lambda_.create_function(
                FunctionName="spoilt",
                Role=account.role_arn,
                Runtime="python3.13",
                Handler="module.handler",
                Code={"ZipFile": spoilt},
            )


def test_each_environment_unpacks_exactly_the_bytes_that_were_uploaded(account: Deployed) -> None:
    account.lambda_.create_function(
        FunctionName="function",
        Role=account.role_arn,
        Runtime="python3.13",
        Handler="module.handler",
        Code={
            "ZipFile": zipped(
                "from pathlib import Path\ndef handler(event, context): return Path('data.txt').read_text()",
                **{"data.txt": "as uploaded"},
            )
        },
    )
    assert account.invoke().payload == "as uploaded"


def test_an_answer_beyond_six_megabytes_is_an_error(account: Deployed) -> None:
    account.deploy("def handler(event, context):\n    return 'x' * 6_300_000")
    assert account.invoke().payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_dry_run_runs_nothing(account: Deployed) -> None:
    account.deploy(ECHO)
    answer = account.lambda_.invoke(FunctionName="function", InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert account.aws.invocations == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"FunctionName": "absent"}, "ResourceNotFoundException"),
        ({"FunctionName": "function", "Payload": "{"}, "InvalidRequestContentException"),
        ({"FunctionName": "function", "Payload": f'"{"x" * (6 * 1024 * 1024)}"'}, "RequestTooLargeException"),
        (
            {"FunctionName": "function", "InvocationType": "Event", "Payload": f'"{"x" * (1024 * 1024)}"'},
            "RequestTooLargeException",
        ),
    ],
)
def test_an_invocation_that_lambda_refuses_is_refused(account: Deployed, parameters: object, code: str) -> None:
    account.deploy(ECHO)
    assert isinstance(parameters, dict)
    with pytest.raises(ClientError) as refused:
        account.lambda_.invoke(**parameters)
    assert refused.value.response["Error"]["Code"] == code


# Asynchronous invocation


def test_an_asynchronous_invocation_is_accepted_and_runs_at_that_instant(account: Deployed) -> None:
    account.deploy(ECHO)
    answer = account.lambda_.invoke(FunctionName="function", InvocationType="Event", Payload='{"a": 1}')
    account.aws.clock.settle()
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    [invocation] = account.aws.invocations
    assert (invocation.started, invocation.answer) == (START, {"got": {"a": 1}})


def test_a_failed_asynchronous_invocation_is_retried_after_one_minute_and_two_minutes_later(account: Deployed) -> None:
    account.deploy(FAILING)
    account.lambda_.invoke(FunctionName="function", InvocationType="Event")
    account.aws.advance(10 * MINUTE)
    assert account.started() == [START, START + MINUTE, START + 3 * MINUTE]
    assert len({invocation.request_id for invocation in account.aws.invocations}) == 1


@pytest.mark.parametrize(
    ("config", "attempts"),
    [({"MaximumRetryAttempts": 0}, 1), ({"MaximumRetryAttempts": 1}, 2), ({"MaximumEventAgeInSeconds": 60}, 2)],
)
def test_the_event_invoke_config_limits_the_attempts(account: Deployed, config: dict[str, int], attempts: int) -> None:
    account.deploy(FAILING)
    account.lambda_.put_function_event_invoke_config(FunctionName="function", **config)
    account.lambda_.invoke(FunctionName="function", InvocationType="Event")
    account.aws.advance(10 * MINUTE)
    assert len(account.aws.invocations) == attempts


def test_an_event_that_sleeps_continues_when_time_passes(account: Deployed) -> None:
    account.deploy(SLEEPER)
    account.lambda_.invoke(FunctionName="function", InvocationType="Event", Payload='{"seconds": 5}')
    account.aws.advance(timedelta(seconds=4))
    assert account.aws.invocations == []
    account.aws.advance(timedelta(seconds=1))
    assert account.aws.invocations[0].ended == START + timedelta(seconds=5)


def test_a_function_that_waits_for_another_one_lets_time_pass(account: Deployed) -> None:
    account.allow("lambda:InvokeFunction")
    account.deploy(SLEEPER, name="sleeper")
    account.deploy("""
        import boto3, json

        def handler(event, context):
            answer = boto3.client("lambda").invoke(FunctionName="sleeper", Payload=json.dumps({"seconds": 4}))
            return json.loads(answer["Payload"].read())[1]
    """)
    assert account.invoke().payload == (START + timedelta(seconds=4)).isoformat()


# Logs


def test_json_log_lines_have_the_functions_own_fields_between_lambdas_own_lines(account: Deployed) -> None:
    account.deploy(
        """
        import logging

        def handler(event, context):
            logging.getLogger().info("gone to sleep", extra={"service": "web", "reason": "idle"})
            logging.getLogger().debug("not shown")
        """,
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"},
    )
    init, start, line, report = as_json(account.invoke().log)
    request_id = account.aws.invocations[0].request_id
    assert init["type"] == "platform.initStart"
    assert (start["type"], start["record"]["requestId"]) == ("platform.start", request_id)
    assert (line["message"], line["service"], line["reason"]) == ("gone to sleep", "web", "idle")
    assert (line["timestamp"], line["requestId"]) == ("2026-01-05T08:00:00Z", request_id)
    assert (report["type"], report["record"]["status"]) == ("platform.report", "success")


def test_system_log_level_warn_leaves_only_the_functions_lines(account: Deployed) -> None:
    account.deploy(
        "import logging\ndef handler(event, context):\n    logging.warning('only this')",
        LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"},
    )
    assert [line["message"] for line in as_json(account.invoke().log)] == ["only this"]


def test_text_log_lines_have_start_end_and_report(account: Deployed) -> None:
    account.deploy("def handler(event, context):\n    print('plain')")
    first, start, plain, end, report = account.invoke().log
    assert first.startswith("INIT_START")
    assert start.startswith("START RequestId: ")
    assert plain == "plain"
    assert end.startswith("END RequestId: ")
    assert "Billed Duration: " in report


def test_log_lines_are_in_the_functions_log_group_at_their_virtual_instants(account: Deployed) -> None:
    account.deploy("import logging\ndef handler(event, context):\n    logging.error('seen')")
    account.aws.advance(5 * MINUTE)
    account.invoke()
    events = account.client("logs").filter_log_events(logGroupName="/aws/lambda/function", filterPattern="seen")
    [event] = events["events"]
    assert datetime.fromtimestamp(event["timestamp"] / 1000, START.tzinfo) == START + 5 * MINUTE
    assert event["logStreamName"].startswith("2026/01/05/[$LATEST]")


def test_a_message_of_many_lines_is_one_event(account: Deployed) -> None:
    account.deploy("import logging\ndef handler(event, context):\n    logging.error('one\\ntwo')")
    account.invoke()
    messages = [line.message for line in account.aws.invocations[0].log]
    assert any(message.endswith("one\ntwo") for message in messages)


def test_no_process_and_no_folder_is_left_at_the_end_of_local_aws() -> None:
    with deployed() as account:
        account.deploy("import os\ndef handler(event, context):\n    return [os.getpid(), os.getcwd()]")
        pid, folder = account.invoke().payload
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not os.path.exists(folder)  # noqa: PTH110


@pytest.mark.parametrize("attempt", range(5))
def test_a_process_that_ends_as_it_starts_reports_its_exit_status(attempt: int, account: Deployed) -> None:
    account.deploy("import os\nos._exit(3)")
    result = account.invoke()
    assert "exit status 3" in json.dumps(result.payload), attempt


def test_the_same_seed_gives_the_same_history() -> None:
    histories = []
    for _ in range(2):
        with deployed() as account:
            account.every_minute(account.deploy(SLEEPER), Input=json.dumps({"seconds": 1}))
            account.aws.advance(3 * MINUTE)
            histories.append([(run.request_id, run.started, run.answer) for run in account.aws.invocations])
    assert histories[0] == histories[1]
    assert len(histories[0]) == 2
