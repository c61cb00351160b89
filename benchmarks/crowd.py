"""A thousand clients at once, against a service that sleeps: each comes again as it is told until it is answered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Self

import aiohttp

from .sleeping_staging import SleepingStaging

CLIENTS: Final = 1000
LONGEST_SECONDS: Final = 300.0
LONGEST_ANSWER_SECONDS: Final = 120
MOST_REDIRECTS: Final = 20
SAMPLED_EVERY_SECONDS: Final = 0.05
UPDATE_SERVICE: Final = "ecs.UpdateService"
TARGET_HEALTH: Final = "elbv2.DescribeTargetHealth"


@dataclass(frozen=True)
class Crowd:
    """What became of the clients.

    ``answers``: by status, ``503 without Retry-After`` apart. ``served``: clients the application answered.
    ``update_service``: calls. ``most_target_health``: calls within any one second.
    ``seconds``: until the last client was answered by the application.
    """

    clients: int
    answers: dict[str, int]
    served: int
    update_service: int
    target_health: int
    most_target_health: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return vars(self).copy()


class CallSampler:
    """Notes again and again how often a call was made, to tell how often within any one second."""

    def __init__(self, subject: SleepingStaging, call: str) -> None:
        self._subject = subject
        self._call = call
        self._samples: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def most_in_a_second(self) -> int:
        """The most calls between two samples that are less than a second apart."""
        most = 0
        for number, (instant, count) in enumerate(self._samples):
            for earlier, before in reversed(self._samples[:number]):
                if instant - earlier >= 1:
                    break
                most = max(most, count - before)
        return most

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLED_EVERY_SECONDS):
            # By the functions' own clock: theirs is the second between two looks.
            now = self._subject.aws.now().timestamp()
            self._samples.append((now, self._subject.calls(self._call)))


def measure_crowd(subject: SleepingStaging, clients: int = CLIENTS) -> Crowd:
    """Let all of them come at once, while time runs as it really does."""
    answers: Counter[str] = Counter()
    updates, looks = subject.calls(UPDATE_SERVICE), subject.calls(TARGET_HEALTH)
    began = time.monotonic()
    with subject.aws.running(1.0), CallSampler(subject, TARGET_HEALTH) as sampler:
        served = asyncio.run(_all_come(subject.url, clients, answers))
    return Crowd(
        clients=clients,
        answers=dict(sorted(answers.items())),
        served=served,
        update_service=subject.calls(UPDATE_SERVICE) - updates,
        target_health=subject.calls(TARGET_HEALTH) - looks,
        most_target_health=sampler.most_in_a_second,
        seconds=time.monotonic() - began,
    )


async def _all_come(url: str, clients: int, answers: Counter[str]) -> int:
    timeout = aiohttp.ClientTimeout(total=LONGEST_ANSWER_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        ends = time.monotonic() + LONGEST_SECONDS
        return sum(await asyncio.gather(*(_one_comes(session, url, answers, ends) for _ in range(clients))))


async def _one_comes(session: aiohttp.ClientSession, url: str, answers: Counter[str], ends: float) -> bool:
    """One client: it follows redirects, and comes again when it is told to. Says whether it was served."""
    redirects = 0
    while time.monotonic() < ends and redirects <= MOST_REDIRECTS:
        try:
            async with session.get(url, allow_redirects=False) as response:
                await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError) as error:
            answers[type(error).__name__] += 1
            return False
        answers[f"{status}" if status != 503 or retry_after else "503 without Retry-After"] += 1
        if status == 307:
            redirects += 1
            continue
        redirects = 0
        if status != 503 or retry_after is None:
            return status == 200
        await asyncio.sleep(int(retry_after))
    return False
