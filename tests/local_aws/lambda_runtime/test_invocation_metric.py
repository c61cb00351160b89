from __future__ import annotations

from datetime import datetime

from tests.local_aws.deployed import MINUTE, START, deployed


def test_lambda_counts_every_run_even_a_failed_one_in_the_minute_in_which_it_began() -> None:
    with deployed() as account:
        account.every_minute(account.deploy("def handler(event, context):\n    return event"))
        account.deploy("def handler(event, context):\n    raise ValueError", name="failing")
        account.aws.advance(2 * MINUTE)
        account.invoke()
        account.invoke(name="failing")
        account.aws.advance(2 * MINUTE)

        def counted(name: str) -> dict[datetime, float]:
            function = {"FunctionName": name}
            now = account.aws.now()
            return account.aws.world.metrics.datapoints(
                "AWS/Lambda", "Invocations", function, START, now, MINUTE, "Sum", now
            )

        assert counted("function") == {START + MINUTE: 1, START + 2 * MINUTE: 2}
        assert counted("failing") == {START + 2 * MINUTE: 1}
