"""The service's life in the demo: used, idle, at zero, woken, used again. Every step waits until its result is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from scripts.demo.browser import a_tab
from scripts.demo.failure import DemoFailed
from scripts.demo.panel import the_panel
from scripts.demo.service_client import Answer, Facts
from scripts.demo.timeline import in_words

if TYPE_CHECKING:
    from local_aws import LocalAws
    from scripts.demo.service_client import ServiceClient
    from scripts.demo.timeline import Timeline

MINUTE: Final = timedelta(minutes=1)
TEN_SECONDS: Final = timedelta(seconds=10)
BETWEEN_REQUESTS: Final = timedelta(seconds=20)
REQUESTS_A_MINUTE: Final = 3

MINUTES_OF_USE: Final = 4
MINUTES_ASLEEP: Final = 15
# Longer than the service's idle window plus the delay of the metrics.
MINUTES_ON_HOLD: Final = 12
OCCASION: Final = "démo client"
HOLD: Final = {"service": "web", "hold_minutes": 120, "reason": OCCASION}
# The office hours of examples/staging: 8:00 in Paris, in winter.
SCHEDULED: Final = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
LONGEST_WAKE: Final = 10 * MINUTE
LONGEST_STOP: Final = 10 * MINUTE
# Metrics come up to two minutes late, a tick runs once a minute, and the watermark's own minute must be over.
LONGEST_AFTER_IDLE: Final = 5 * MINUTE

OK: Final = 200
UNAVAILABLE: Final = 503


class Scenario:
    """The steps of the demo, in virtual time. A step raises ``DemoFailed`` if an expected change is not seen."""

    def __init__(self, aws: LocalAws, client: ServiceClient, timeline: Timeline) -> None:
        self._aws = aws
        self._client = client
        self._timeline = timeline
        self._last_request: datetime | None = None
        self._invocations_seen = 0

    def play(self) -> None:
        """Play all steps, from the first minute after ``terraform apply``."""
        timeline = self._timeline
        timeline.heading("After terraform apply")
        timeline.headings()
        self._minute_without_a_task()
        timeline.heading("Started by hand")
        self._start_by_hand()
        self._until("the application answers", lambda facts: facts.healthy > 0, LONGEST_WAKE, TEN_SECONDS)
        timeline.heading("In use")
        self._use()
        timeline.heading("Without requests")
        self._fall_asleep()
        timeline.heading("At zero")
        self._stay_asleep()
        timeline.heading("A visitor sends a request")
        self._visit()
        timeline.heading("In use, and idle again")
        self._use()
        self._fall_asleep()
        timeline.heading("Woken by the Lambda API, and held awake for a demonstration")
        self._hold()
        self._until("the application answers again", lambda facts: facts.healthy > 0, LONGEST_WAKE, TEN_SECONDS)
        self._stay_awake()
        timeline.heading("Released by a button of the dashboard's control panel")
        self._release()
        self._fall_asleep()
        timeline.heading(f"Asleep until {SCHEDULED:%H:%M} UTC (8:00 in Paris), when a schedule wakes the service")
        self._until_scheduled()
        self._stay_awake()
        self._show_panel("control-panel-scheduled")
        timeline.catch_up()

    def _minute_without_a_task(self) -> None:
        facts = self._pass_time(MINUTE, self._request_while_unavailable())
        if facts.desired or facts.running:
            raise DemoFailed(
                f"The new service must have no tasks, but has {facts.running} running and {facts.desired} desired."
            )

    def _start_by_hand(self) -> None:
        subject = self._client.subject
        names = f"--cluster {subject.cluster_name} --service {subject.service_name}"
        self._timeline.command(self._aws.now(), f"aws ecs update-service {names} --desired-count 1")
        self._client.start_by_hand(desired=1)

    def _use(self) -> None:
        for _ in range(MINUTES_OF_USE):
            answers = []
            for _ in range(REQUESTS_A_MINUTE):
                answers.append(self._client.request())
                self._last_request = self._aws.now()
                self._aws.advance(BETWEEN_REQUESTS)
            self._expect_status(OK, answers)
            self._show(answers)

    def _fall_asleep(self) -> None:
        idle = self._client.idle()
        facts = self._until(
            "the service is at zero", lambda facts: facts.desired == 0, idle + LONGEST_AFTER_IDLE, MINUTE
        )
        if self._last_request is not None:
            after = facts.at - self._last_request
            if after < idle:
                raise DemoFailed(
                    f"The service was stopped {in_words(after)} after its last request, "
                    f"before its idle window of {in_words(idle)} was over."
                )
            self._timeline.found(
                f"The service went to zero {in_words(after)} after its last request. "
                f"Its idle window is {in_words(idle)}."
            )
        self._last_request = None
        self._until("all tasks have stopped", lambda facts: facts.running == 0, LONGEST_STOP, MINUTE)

    def _stay_asleep(self) -> None:
        for _ in range(MINUTES_ASLEEP):
            facts = self._pass_time(MINUTE, [])
            if facts.desired:
                raise DemoFailed("The service woke without a request.")

    def _visit(self) -> None:
        """Open the address as a person does: the waiting page appears, and becomes the application by itself."""
        url, timeline = self._client.url, self._timeline
        with a_tab() as tab:
            timeline.command(self._aws.now(), f"a browser opens {url}")
            tab.visit(url)
            timeline.answered(self._aws.now(), f"the page says: {tab.heading()}")
            timeline.note("waiting page saved as", str(tab.keep("waiting-page")))
            self._until("the application is ready", lambda facts: facts.healthy > 0, LONGEST_WAKE, TEN_SECONDS)
            # The changed listener rules take effect some seconds later.
            self._pass_time(TEN_SECONDS, [])
            tab.wait_for_application()
            timeline.answered(self._aws.now(), f"the page has become the application: {tab.heading()}")
            timeline.note("application saved as", str(tab.keep("application")))

    def _hold(self) -> None:
        function, payload = self._client.subject.scale_up_function_name, json.dumps(HOLD, ensure_ascii=False)
        self._timeline.command(
            self._aws.now(), f"aws lambda invoke --function-name {function} --payload '{payload}' response.json"
        )
        answer = self._client.scale_up(HOLD)
        self._timeline.answered(self._aws.now(), answer)
        self._timeline.logged(self._client.new_log_lines())
        self._raise_if_a_function_failed()
        if "services" not in json.loads(answer):
            raise DemoFailed(f"The scale-up function must answer with its services, but answered: {answer}")

    def _stay_awake(self) -> None:
        """Let more time than the idle window pass without a request: the service must stay awake."""
        for _ in range(MINUTES_ON_HOLD):
            if self._pass_time(MINUTE, []).desired == 0:
                raise DemoFailed("The service went to zero although it was held awake.")
        self._timeline.found(
            f"{MINUTES_ON_HOLD} minutes without a request: the service is still awake because it is held."
        )

    def _release(self) -> None:
        with the_panel(self._client) as panel:
            self._timeline.note("control panel saved as", str(panel.keep("control-panel")))
            if OCCASION not in panel.text():
                raise DemoFailed(f"The control panel must show why the service is held, but shows: {panel.text()}")
            label = panel.press("release")
            self._timeline.command(self._aws.now(), f"a person presses the button “{label}”")
            if OCCASION in panel.text():
                raise DemoFailed(f"The control panel must no longer show the hold, but shows: {panel.text()}")
        self._timeline.logged(self._client.new_log_lines())
        self._raise_if_a_function_failed()

    def _show_panel(self, name: str) -> None:
        with the_panel(self._client) as panel:
            self._timeline.note("control panel saved as", str(panel.keep(name)))

    def _until_scheduled(self) -> None:
        left = SCHEDULED - self._aws.now()
        if left <= timedelta(0):
            raise DemoFailed(f"It is {self._aws.now():%H:%M} UTC, too late for the schedule of {SCHEDULED:%H:%M} UTC.")
        while self._aws.now() < SCHEDULED - MINUTE:
            if self._pass_time(MINUTE, []).desired:
                raise DemoFailed("The service woke before the schedule's time.")
        self._until("the schedule has woken the service", lambda facts: facts.healthy > 0, LONGEST_WAKE, TEN_SECONDS)

    def _request_while_unavailable(self) -> list[Answer]:
        answers = [self._client.request()]
        self._expect_status(UNAVAILABLE, answers)
        return answers

    def _until(self, what: str, seen: Callable[[Facts], bool], longest: timedelta, every: timedelta) -> Facts:
        began = self._aws.now()
        while self._aws.now() - began < longest:
            facts = self._pass_time(every, [])
            if seen(facts):
                return facts
        raise DemoFailed(f"This was not seen within {in_words(longest)}: {what}.")

    def _pass_time(self, duration: timedelta, answers: list[Answer]) -> Facts:
        self._aws.advance(duration)
        return self._show(answers)

    def _show(self, answers: list[Answer]) -> Facts:
        now = self._aws.now()
        facts = self._client.observe(now)
        self._timeline.logged(self._client.new_log_lines())
        self._timeline.seen(facts, answers, now - self._last_request if self._last_request else None)
        self._raise_if_a_function_failed()
        return facts

    def _raise_if_a_function_failed(self) -> None:
        invocations = self._aws.invocations[self._invocations_seen :]
        self._invocations_seen += len(invocations)
        for invocation in invocations:
            if invocation.error:
                message = invocation.error.get("errorMessage", "without a message")
                raise DemoFailed(f"The function {invocation.function_name} failed: {message}")
        for failed in self._aws.failed_invocations:
            raise DemoFailed(f"The rule {failed.rule_name} could not invoke its function: {failed.reason}")

    def _expect_status(self, status: int, answers: list[Answer]) -> None:
        for answer in answers:
            if answer.status != status:
                raise DemoFailed(f"The load balancer must answer {status}, but answered {answer.status}.")
