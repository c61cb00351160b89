"""Visits of a sleeping service: what is measured, and what is expected at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scale_to_zero.model.quantities import counted, either

from .crowd import Crowd, measure_crowd
from .first_answer import FirstAnswers, measure_first_answers
from .page_answer import AWS_CALL_MILLISECONDS, PageAnswer, measure_page_answer
from .sleeping_staging import sleeping_staging

MOST_PAGE_MILLISECONDS: Final = 30.0
MOST_FIRST_ANSWER_SECONDS: Final = 2.0
ALLOWED_ANSWERS: Final = frozenset({"200", "307", "503"})


@dataclass(frozen=True)
class Visits:
    """One run: the page, a crowd against a sleeping service, and waiting clients."""

    page: PageAnswer
    crowd: Crowd
    first_answers: FirstAnswers

    def as_json(self) -> dict[str, Any]:
        return {name: part.as_json() for name, part in vars(self).items()}

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return what is measured, what is expected at most, and what was measured, as text."""
        page, crowd, first = self.page, self.crowd, self.first_answers
        clients = counted(len(first.seconds), "client")
        crowded = f"{crowd.clients:,} {either(crowd.clients, 'client', 'clients')}"
        answers = ", ".join(f"{count:,} × {answer}" for answer, count in crowd.answers.items())
        return (
            (
                f"waiting page, warm, AWS calls of {AWS_CALL_MILLISECONDS} ms: median (19 of 20)",
                f"{MOST_PAGE_MILLISECONDS:.0f} ms",
                f"{page.median:.1f} ms ({page.slowest_of_twenty:.1f} ms)",
            ),
            (
                f"from ready to the answer of a waiting client: 19 of 20 ({clients}, median)",
                f"{MOST_FIRST_ANSWER_SECONDS:.0f} s",
                f"{first.slowest_of_twenty:.2f} s ({first.median:.2f} s)",
            ),
            (f"{crowded} at once: UpdateService", "1", f"{crowd.update_service}"),
            ("DescribeTargetHealth within any second", "1", f"{crowd.most_target_health}"),
            ("answers", "200, 307, 503 with Retry-After", answers),
            ("clients the application answered", "", f"{crowd.served:,}"),
        )


STEPS: Final = 4


def measure_visits(package: Path, step: Callable[[str], AbstractContextManager[None]]) -> Visits:
    """Measure the page, the crowd and the first answers. The wake of the crowd records the usual wake time.

    ``step`` shows one of the ``STEPS``. Raise ``NothingMeasured`` if a measurement fails.
    """
    with step("the waiting page"):
        page = measure_page_answer(package)
    with ExitStack() as stack:
        with step("terraform apply of examples/staging, until its service is asleep"):
            subject = stack.enter_context(sleeping_staging())
        with step("a crowd of clients at the sleeping service"):
            crowd = measure_crowd(subject)
            subject.fall_asleep()
        with step("the first answers to waiting clients, and terraform destroy"):
            first_answers = measure_first_answers(subject)
            stack.close()
    return Visits(page, crowd, first_answers)


def too_slow_visits(visits: Visits) -> Iterator[str]:
    """Yield one sentence for each expectation of time that is missed."""
    page, first = visits.page, visits.first_answers
    if page.median > MOST_PAGE_MILLISECONDS:
        yield f"The page took {page.median:.1f} ms; at most {MOST_PAGE_MILLISECONDS:.0f} ms are expected."
    if first.slowest_of_twenty > MOST_FIRST_ANSWER_SECONDS:
        expected = f"at most {MOST_FIRST_ANSWER_SECONDS:.0f} s are expected"
        yield f"From ready to the first answer it took {first.slowest_of_twenty:.2f} s; {expected}."


def missed_by_visits(visits: Visits) -> Iterator[str]:
    """Yield one sentence for each missed expectation that does not depend on how busy the machine is."""
    crowd = visits.crowd
    if crowd.update_service != 1:
        made = counted(crowd.update_service, "call")
        yield f"The crowd caused {made} of UpdateService; 1 is expected."
    if crowd.most_target_health > 1:
        made = counted(crowd.most_target_health, "call")
        yield f"Within one second there were {made} of DescribeTargetHealth; at most 1 is expected."
    if not set(crowd.answers) <= ALLOWED_ANSWERS:
        others = ", ".join(sorted(set(crowd.answers) - ALLOWED_ANSWERS))
        yield f"Some clients were answered {others}; 200, 307 and 503 with Retry-After are expected."
    if crowd.served < crowd.clients:
        yield f"The application answered only {crowd.served:,} of the crowd of {crowd.clients:,}."
