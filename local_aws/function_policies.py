"""Whether a function's resource-based policy allows an AWS service to invoke it (Lambda Developer Guide, "Viewing
resource-based IAM policies in Lambda").
"""

from __future__ import annotations

from moto.awslambda.models import LambdaFunction

from .account import ACCOUNT_ID
from .policies import AccessRequest, allows_service


def permits(function: LambdaFunction, service: str, source_arn: str) -> bool:
    """Return whether a statement allows a service to invoke the function for ``source_arn``.

    ``service``: for example ``events.amazonaws.com``. Statements that also name another account, by
    ``source_account``, do not count.
    """
    of_the_request = {"aws:SourceArn": [source_arn], "aws:SourceAccount": [ACCOUNT_ID]}
    request = AccessRequest("lambda:InvokeFunction", function.function_arn, of_the_request)
    return allows_service({"Statement": function.policy.statements}, service, request)
