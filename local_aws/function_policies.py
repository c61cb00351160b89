"""Whether a function's resource-based policy lets a service of AWS invoke it (Lambda Developer Guide, "Viewing
resource-based IAM policies in Lambda").
"""

from __future__ import annotations

from moto.awslambda.models import LambdaFunction

from .account import ACCOUNT_ID
from .policies import AccessRequest, allows_service


def permits(function: LambdaFunction, service: str, source_arn: str) -> bool:
    """Whether a statement allows a service, such as ``events.amazonaws.com``, to invoke the function for a source.

    Statements that also name another account, by ``source_account``, do not count.
    """
    of_the_request = {"aws:SourceArn": [source_arn], "aws:SourceAccount": [ACCOUNT_ID]}
    request = AccessRequest("lambda:InvokeFunction", function.function_arn, of_the_request)
    return allows_service({"Statement": function.policy.statements}, service, request)
