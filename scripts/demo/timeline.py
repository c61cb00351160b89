"""The service's life as lines on a terminal. This module shows what it is given, and observes nothing itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.demo.service_client import Answer, Facts, LogLine

MINUTE: Final = timedelta(minutes=1)
NARROWEST: Final = 110
TIME_WIDTH: Final = 8
REQUESTS_WIDTH: Final = 12
IDLE_WIDTH: Final = 6
COUNT_WIDTH: Final = 7


class Timeline:
    """A printer of one line per observation of the service, with commands, answers and log lines between them."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        if self.console.width < NARROWEST and not self.console.is_terminal:
            self.console.width = NARROWEST
        self._unchanged: list[Facts] = []
        self._shown: Facts | None = None

    def headings(self) -> None:
        """Name the columns."""
        self._line("time", "requests", "idle", "desired", "running", "healthy", style="bold")

    def seen(self, facts: Facts, answers: list[Answer], idle: timedelta | None) -> None:
        """Show one observation. Observations without a change are shown together in one line."""
        eventful = answers or (idle is not None and facts.desired) or not facts.same_tasks(self._shown)
        if not eventful:
            self._unchanged.append(facts)
            return
        self.catch_up()
        self._shown = facts
        self._facts(f"{facts.at:%H:%M:%S}", facts, requests_in_words(answers), idle)

    def catch_up(self) -> None:
        """Show the unchanged observations that are not shown yet."""
        if not self._unchanged:
            return
        last = self._unchanged[-1]
        since = self._shown.at if self._shown else self._unchanged[0].at
        self._unchanged = []
        self._shown = last
        self._facts(f"{last.at:%H:%M:%S}", last, "", None, f"unchanged for {in_words(last.at - since)}")

    def logged(self, lines: list[LogLine]) -> None:
        """Show what the functions logged."""
        for line in lines:
            self.catch_up()
            style = "yellow" if line.level in {"WARNING", "ERROR", "CRITICAL"} else "cyan"
            self._below(f"{line.at:%H:%M:%S}", Text.assemble((f"{line.function}: ", style), line.message))

    def command(self, at: datetime, command: str) -> None:
        """Show a command as an operator would type it."""
        self.catch_up()
        self.console.print(
            Text.assemble((f"{at:%H:%M:%S}  ", "dim"), ("$ ", "magenta"), (command, "bold")), soft_wrap=True
        )

    def answered(self, at: datetime, answer: str) -> None:
        """Show the answer to a command."""
        self._below(f"{at:%H:%M:%S}", Text(answer, style="green"))

    def heading(self, sentence: str) -> None:
        """Begin a part of the timeline."""
        self.catch_up()
        self.console.print()
        self.console.print(Text(sentence, style="bold"))

    def found(self, sentence: str) -> None:
        """Show a conclusion from the lines above."""
        self.catch_up()
        self.console.print(Text(sentence, style="italic"))

    def note(self, name: str, value: str) -> None:
        """Show one named value on one line, so that it can be copied."""
        self.catch_up()
        self.console.print(Text.assemble((f"{name:<28}", "bold"), value), soft_wrap=True)

    def _facts(self, time: str, facts: Facts, requests: str, idle: timedelta | None, remark: str = "") -> None:
        style = "green" if facts.healthy else "dim" if not facts.desired and not facts.running else "yellow"
        self._line(
            time,
            requests,
            f"{idle // MINUTE} min" if idle and idle >= MINUTE else "",
            str(facts.desired),
            str(facts.running),
            str(facts.healthy),
            remark=remark,
            style=style,
        )

    def _line(self, time: str, requests: str, idle: str, *counts: str, remark: str = "", style: str) -> None:
        row = Text(f"{time:<{TIME_WIDTH}}  ")
        row.append(f"{requests:<{REQUESTS_WIDTH}}")
        row.append(f"{idle:>{IDLE_WIDTH}}  ")
        row.append("".join(f"{count:>{COUNT_WIDTH}} " for count in counts), style=style)
        row.append(f"  {remark}", style="dim")
        row.rstrip()
        self.console.print(row)

    def _below(self, time: str, text: Text) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=TIME_WIDTH, style="dim")
        grid.add_column()
        grid.add_row(time, text)
        self.console.print(grid)


def requests_in_words(answers: list[Answer]) -> str:
    """Return for instance ``3 x 200``, or ``1 x 200, 2 x 503`` for several statuses."""
    statuses = [answer.status for answer in answers]
    return ", ".join(f"{statuses.count(status)} x {status}" for status in sorted(set(statuses)))


def in_words(duration: timedelta) -> str:
    """Return for instance ``1 h 20 min``. Units with the value 0 are left out."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if count]
    return " ".join(parts) or "0 s"
