"""How long a warm wake function takes to answer with the waiting page: a sleeping service, AWS calls of 5 ms each.

The time is measured around the handler, in a separate process with the unpacked package.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .fleet import Fleet, Scenario
from .measure import NothingMeasured
from .stub_process import OF_ANY_INSTANCE, ROOT, StubProcess, environment

AWS_CALL_MILLISECONDS: Final = 5
ANSWERS: Final = 100
WARMING: Final = 5
SCENARIO: Final = Scenario(services=1, awake=0, due=0, woken_by_requests=True)

ANSWERING: Final = """
import json, sys, time
import scale_to_zero.handlers

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

job = json.load(sys.stdin)
milliseconds = []
for _ in range(job["answers"]):
    began = time.perf_counter()
    answer = scale_to_zero.handlers.wake(job["event"], Context())
    milliseconds.append(1000 * (time.perf_counter() - began))
print(json.dumps({"milliseconds": milliseconds, "answer": answer}))
"""


class NoPage(NothingMeasured):
    """The function did not answer with the page. The times would be meaningless."""


@dataclass(frozen=True)
class PageAnswer:
    """The times of one environment's answers, in milliseconds. ``first`` is the cold one, ``warm`` are the warm ones.

    ``page_bytes`` is the size of the page.
    """

    first: float
    warm: tuple[float, ...]
    page_bytes: int

    @property
    def median(self) -> float:
        return statistics.median(self.warm)

    @property
    def slowest_of_twenty(self) -> float:
        """The time within which 19 of 20 pages were answered."""
        return statistics.quantiles(self.warm, n=20)[-1]

    def as_json(self) -> dict[str, Any]:
        return {"first": self.first, "warm": self.warm, "page_bytes": self.page_bytes}


def measure_page_answer(package: Path) -> PageAnswer:
    """Measure several answers of one environment. Raise ``NoPage`` if the function does not answer with the page."""
    [member] = Fleet(SCENARIO).members
    event = {
        "requestContext": {"elb": {"targetGroupArn": member.wake_target_group_arn}},
        "httpMethod": "GET",
        "path": "/tours",
        "multiValueQueryStringParameters": {"city": ["paris"]},
        "multiValueHeaders": {"accept": ["text/html"], "host": ["city-guided.example.com"]},
        "body": "",
        "isBase64Encoded": False,
    }
    with StubProcess(AWS_CALL_MILLISECONDS) as stub:
        stub.begin(SCENARIO)
        result = _answer_pages(stub, package, {"event": event, "answers": WARMING + ANSWERS})
    answer = result["answer"]
    if answer["statusCode"] != 503 or "<!doctype html>" not in answer["body"]:
        raise NoPage(f"the wake function answered {answer['statusCode']} instead of the page: {answer['body'][:200]}")
    milliseconds = result["milliseconds"]
    return PageAnswer(milliseconds[0], tuple(milliseconds[WARMING:]), len(answer["body"].encode()))


def _answer_pages(stub: StubProcess, package: Path, job: dict[str, Any]) -> dict[str, Any]:
    settings = environment(
        PYTHONPATH=str(package),
        PYTHONDONTWRITEBYTECODE="1",
        TABLE_NAME="benchmark-scale-to-zero",
        METRIC_NAMESPACE="CityGuided/ECS",
        SCALE_UP_FUNCTION="benchmark-scale-up",
        STATE_METRICS="every_tick",
        **OF_ANY_INSTANCE,
        AWS_ENDPOINT_URL=stub.url,
    )
    ended = subprocess.run(
        [sys.executable, "-c", ANSWERING],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=settings,
        timeout=120,
    )
    if ended.returncode != 0:
        raise NoPage(f"the wake function failed:\n{ended.stderr}")
    result: dict[str, Any] = json.loads(ended.stdout)
    return result
