"""A thousand clients at once, against a sleeping service. Each retries after ``Retry-After`` until it is served.

Clients wait in the virtual time of the service. Virtual time stands still while functions run. If clients retried by
real time on a machine too busy to answer them all, functions would always run and virtual time would never pass.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import aiohttp

from .measure import NothingMeasured
from .sleeping_staging import SleepingStaging

CLIENTS: Final = 1000
LONGEST: Final = timedelta(minutes=5)
LONGEST_REAL_SECONDS: Final = 900.0
MOST_REDIRECTS: Final = 20
SAMPLED_EVERY_SECONDS: Final = 0.05
CHECKED_EVERY_SECONDS: Final = 0.1
UPDATE_SERVICE: Final = "ecs.UpdateService"
TARGET_HEALTH: Final = "elbv2.DescribeTargetHealth"


@dataclass(frozen=True)
class Crowd:
    """The results of the clients.

    ``answers``: by status, with ``503 without Retry-After`` as its own entry.
    ``served``: clients that the application answered.
    ``update_service`` and ``target_health``: calls. ``most_target_health``: the most calls within one second.
    ``seconds``: until the application answered the last client.
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
    """A sampler that records at intervals how often a call was made, to find the most calls within one second."""

    def __init__(self, subject: SleepingStaging, call: str) -> None:
        self._subject = subject
        self._call = call
        self._samples: list[tuple[float, int, float]] = []
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
        """The most calls that were certainly made within one second. It is 1 if no two calls certainly were."""
        if not self._samples:
            return 0
        most = min(1, self._samples[-1][1] - self._samples[0][1])
        for number, (_, count, ends) in enumerate(self._samples):
            for begins, before, _ in reversed(self._samples[:number]):
                if ends - begins >= 1:
                    break
                most = max(most, count - before)
        return most

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLED_EVERY_SECONDS):
            # The functions' clock is used, because they wait a second between two observations by it.
            # It can advance while this thread waits for a processor, so each count lies between two instants.
            before, count = self._now(), self._subject.calls(self._call)
            self._samples.append((before, count, self._now()))

    def _now(self) -> float:
        return self._subject.aws.now().timestamp()


def measure_crowd(subject: SleepingStaging, clients: int = CLIENTS) -> Crowd:
    """Let all clients send a request at once, in real time. Raise ``NothingMeasured`` if this takes too long."""
    answers: Counter[str] = Counter()
    updates, before = subject.calls(UPDATE_SERVICE), subject.calls(TARGET_HEALTH)
    began = time.monotonic()
    with subject.aws.running(1.0), CallSampler(subject, TARGET_HEALTH) as sampler:
        try:
            served = asyncio.run(asyncio.wait_for(_run_clients(subject, clients, answers), LONGEST_REAL_SECONDS))
        except TimeoutError as error:
            raise NothingMeasured(f"the clients were not all answered within {LONGEST_REAL_SECONDS:.0f} s") from error
    return Crowd(
        clients=clients,
        answers=dict(sorted(answers.items())),
        served=served,
        update_service=subject.calls(UPDATE_SERVICE) - updates,
        target_health=subject.calls(TARGET_HEALTH) - before,
        most_target_health=sampler.most_in_a_second,
        seconds=time.monotonic() - began,
    )


async def _run_clients(subject: SleepingStaging, clients: int, answers: Counter[str]) -> int:
    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        ends = subject.aws.now() + LONGEST
        return sum(await asyncio.gather(*(_run_client(session, subject, answers, ends) for _ in range(clients))))


async def _run_client(
    session: aiohttp.ClientSession, subject: SleepingStaging, answers: Counter[str], ends: datetime
) -> bool:
    """Run one client, which follows redirects and retries after ``Retry-After``. Return whether it was served."""
    redirects = 0
    while subject.aws.now() < ends and redirects <= MOST_REDIRECTS:
        try:
            async with session.get(subject.url, allow_redirects=False) as response:
                await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After")
        except aiohttp.ClientError as error:
            answers[type(error).__name__] += 1
            return False
        answers[f"{status}" if status != 503 or retry_after else "503 without Retry-After"] += 1
        if status == 307:
            redirects += 1
            continue
        redirects = 0
        if status != 503 or retry_after is None:
            return status == 200
        await wait_until(subject.aws.now() + timedelta(seconds=int(retry_after)), subject)
    return False


async def wait_until(
    instant: datetime, subject: SleepingStaging, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait in virtual time, which can be slower than real time but is never faster."""
    while (left := (instant - subject.aws.now()).total_seconds()) > 0:
        await sleep(max(left, CHECKED_EVERY_SECONDS))
