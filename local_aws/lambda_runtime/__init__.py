"""AWS Lambda: the deployed zip runs in execution environments, under AWS's runtime interface client."""

from __future__ import annotations

from .records import Invocation, InvocationType, LogLine
from .service import MOST_ENVIRONMENTS, LambdaService

__all__ = ["MOST_ENVIRONMENTS", "Invocation", "InvocationType", "LambdaService", "LogLine"]
