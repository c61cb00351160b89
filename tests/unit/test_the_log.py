"""The log of a function has our own lines from INFO on, and lines of other libraries only if something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

# AWS's runtime sets its handler and the level of the root logger before our code is loaded.
A_COLD_START = """
import logging
from awslambdaric import bootstrap

bootstrap._setup_logging(bootstrap._AWS_LAMBDA_LOG_FORMAT, bootstrap._AWS_LAMBDA_LOG_LEVEL, bootstrap.StandardLogSink())
import scale_to_zero.handlers
import boto3

boto3.client("ecs")
logging.getLogger("scale_to_zero.tick.run").info("managed 3 services")
logging.getLogger("scale_to_zero.tick.run").debug("in detail")
logging.getLogger("botocore.retryhandler").warning("no more attempts")
"""
VARIABLES = {
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "INFO",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-west-3",
    "AWS_DEFAULT_REGION": "eu-west-3",
}


@cache
def logged_at_a_cold_start() -> list[tuple[str, str]]:
    """Return the logger and the message of each line."""
    environment = {**os.environ, **VARIABLES, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", A_COLD_START]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    lines = map(json.loads, finished.stdout.splitlines())
    return [(line["logger"], line["message"]) for line in lines]


def test_a_cold_start_logs_only_the_warnings_of_other_libraries() -> None:
    others = [
        (logger, message) for logger, message in logged_at_a_cold_start() if not logger.startswith("scale_to_zero")
    ]
    assert others == [("botocore.retryhandler", "no more attempts")]


@pytest.mark.parametrize(("message", "is_logged"), [("managed 3 services", True), ("in detail", False)])
def test_our_own_lines_are_logged_from_info_on(message: str, is_logged: bool) -> None:
    assert (("scale_to_zero.tick.run", message) in logged_at_a_cold_start()) is is_logged
