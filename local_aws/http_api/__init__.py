"""The data plane of API Gateway's HTTP APIs: real HTTP on loopback, with the routes, stages and authorizers in moto.

Stages with automatic deployment, routes to Lambda functions with payload format 2.0, and the authorizations ``NONE``,
``AWS_IAM`` and ``JWT`` are modelled. Any other setting of an API is refused when it is created.
"""

from __future__ import annotations

from .apis import CHANGES, HttpApis
from .checks import check

__all__ = ["CHANGES", "HttpApis", "check"]
