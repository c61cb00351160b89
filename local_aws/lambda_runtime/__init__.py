"""AWS Lambda: the deployed zip runs in execution environments of its own, under AWS's runtime interface client."""

from __future__ import annotations

from .records import Invocation, InvocationType
from .service import LambdaService

__all__ = ["Invocation", "InvocationType", "LambdaService"]
