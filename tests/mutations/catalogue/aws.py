"""What the answers of AWS are taken for."""

from __future__ import annotations

from typing import Final

from .mutation import CLOUDWATCH, TABLE, Mutation

MUTATIONS: Final = (
    Mutation(
        "a partial answer of CloudWatch is unknown",
        "aws/cloudwatch.py",
        '        if status != "Complete":\n',
        "        if False:\n",
        CLOUDWATCH,
    ),
    Mutation(
        "a message of CloudWatch makes its answer unknown",
        "aws/cloudwatch.py",
        "        if message:\n",
        "        if False:\n",
        CLOUDWATCH,
    ),
    Mutation(
        "memory is written only over what was read",
        "aws/dynamodb.py",
        '"#version = :version_read" if memory.version',
        '":version_read = :version_read" if memory.version',
        TABLE,
    ),
)
