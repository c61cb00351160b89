"""The time from ready to the first answer of the application, for clients that waited."""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import requests

from scale_to_zero.model.quantities import counted

from .measure import NothingMeasured
from .sleeping_staging import SleepingStaging

WAKES: Final = 10
CLIENTS: Final = 5
LONGEST_ANSWER_SECONDS: Final = 300
LONGEST_WAKE_SECONDS: Final = 300.0
CHECKED_EVERY_SECONDS: Final = 0.01


class NotWaited(NothingMeasured):
    """A client did not wait, or was not served. The times would be meaningless."""


@dataclass(frozen=True)
class FirstAnswers:
    """Seconds from the instant at which a target is healthy until each waiting client has the application's answer."""

    seconds: tuple[float, ...]
    wakes: int

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def slowest_of_twenty(self) -> float:
        """The time within which 19 of 20 clients were answered."""
        return statistics.quantiles(self.seconds, n=20)[-1]

    def as_json(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "wakes": self.wakes}


def measure_first_answers(subject: SleepingStaging, wakes: int = WAKES) -> FirstAnswers:
    """Wake the service ``wakes`` times, each time by clients that wait. Raise ``NotWaited`` if one does not wait.

    The usual wake time of the service must be known already. Otherwise no request waits.
    """
    seconds: list[float] = []
    for _ in range(wakes):
        with subject.aws.running(1.0):
            seconds += _one_wake(subject)
        subject.fall_asleep()
    return FirstAnswers(tuple(seconds), wakes)


def _one_wake(subject: SleepingStaging) -> list[float]:
    with ThreadPoolExecutor(CLIENTS) as clients:
        answered = [clients.submit(_answered_at, subject.url) for _ in range(CLIENTS)]
        ready_at = _ready_at(subject)
        return [one.result() - ready_at for one in answered]


def _ready_at(subject: SleepingStaging) -> float:
    ends = time.monotonic() + LONGEST_WAKE_SECONDS
    never = threading.Event()
    while time.monotonic() < ends:
        if subject.healthy():
            return time.monotonic()
        never.wait(CHECKED_EVERY_SECONDS)
    raise NotWaited(f"the service was not ready within {LONGEST_WAKE_SECONDS:.0f} s")


def _answered_at(url: str) -> float:
    try:
        response = requests.get(url, timeout=LONGEST_ANSWER_SECONDS)
    except requests.RequestException as error:
        raise NotWaited(f"a client got no answer: {error!r}") from error
    if response.status_code != 200 or not response.history:
        raise NotWaited(f"a client got {response.status_code} after {counted(len(response.history), 'redirect')}")
    return time.monotonic()
