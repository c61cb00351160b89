"""The data plane of API Gateway's HTTP APIs: real HTTP on loopback, by routes, stages and authorizers as moto has them.

Modelled are stages that deploy by themselves, routes to Lambda functions with payload format 2.0, and the
authorizations ``NONE``, ``AWS_IAM`` and ``JWT``; whatever else an API could have is refused when it is made.
"""

from __future__ import annotations

from .apis import CHANGES, HttpApis
from .checks import check

__all__ = ["CHANGES", "HttpApis", "check"]
