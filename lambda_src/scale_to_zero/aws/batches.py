"""Calls that accept many names at once: in batches, with several batches in parallel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# AWS allows bursts of 100 ECS reads and 40 Elastic Load Balancing reads; more would only be throttled.
PARALLEL_CALLS: Final = 16
# For more services the module's IAM policies allow whole clusters, not single services; a refusal then concerns all.
READ_SINGLY: Final = 50


def in_batches(items: Iterable[Item], size: int) -> list[list[Item]]:
    """Split the items into lists of at most ``size``, without duplicates."""
    distinct = list(dict.fromkeys(items))
    return [distinct[first : first + size] for first in range(0, len(distinct), size)]


def read_together_or_alone(
    read: Callable[[list[Item]], tuple[dict[Item, Answer], list[Item]]], batches: Sequence[list[Item]]
) -> dict[Item, Answer]:
    """Read the batches; then read each item of a refused batch alone, since one item may be the cause.

    ``read``: returns the answer for each item of a batch, and the items that should be read alone.
    """
    answers: dict[Item, Answer] = {}
    refused: list[Item] = []
    for answer, to_read_again in in_parallel(read, batches):
        answers.update(answer)
        refused.extend(to_read_again)
    if len(refused) <= READ_SINGLY:
        for answer, _ in in_parallel(read, [[item] for item in refused]):
            answers.update(answer)
    return answers


def in_parallel(call: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """Make the calls, at most ``PARALLEL_CALLS`` at a time, and return the answers in the order of ``items``."""
    if len(items) < 2:  # a separate thread would only cost time
        return [call(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(PARALLEL_CALLS, len(items))) as threads:
        return list(threads.map(call, items))
