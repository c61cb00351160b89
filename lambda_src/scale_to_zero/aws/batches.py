"""Calls that take many names at once: in batches, and several batches at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# AWS allows bursts of 100 ECS reads and 40 Elastic Load Balancing reads; more at once would only be throttled.
PARALLEL_CALLS: Final = 16
# The module allows up to this many services one by one, and more by cluster: a refusal of more is of them all.
READ_SINGLY: Final = 50


def in_batches(items: Iterable[Item], size: int) -> list[list[Item]]:
    """Cut into lists of at most ``size``; what occurs twice is kept once."""
    distinct = list(dict.fromkeys(items))
    return [distinct[first : first + size] for first in range(0, len(distinct), size)]


def read_together_or_alone(
    read: Callable[[list[Item]], tuple[dict[Item, Answer], list[Item]]], batches: Sequence[list[Item]]
) -> dict[Item, Answer]:
    """Read the batches, then each item once more of a refused batch, since one item may be the cause.

    ``read``: answers for each item of a batch, and names those that should be read alone.
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
    """Make the calls, at most ``PARALLEL_CALLS`` at a time, and answer in the order of ``items``."""
    if len(items) < 2:  # a thread of its own would only cost time
        return [call(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(PARALLEL_CALLS, len(items))) as threads:
        return list(threads.map(call, items))
