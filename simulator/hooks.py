"""What a simulation shows of itself while it goes on."""

from __future__ import annotations

import logging

from scale_to_zero.model.configured import Service, ServiceName

from .http import Response
from .ports.faults import Call, Fault
from .routing import ClientRequest
from .runs import Run


class Hooks:
    """Called for what happens, in its order. Override what you need: the methods here do nothing."""

    def call_meets(self, run: Run, call: Call, fault: Fault | None) -> None:
        """A call takes effect at this instant, or fails with the fault."""

    def run_waits(self, run: Run, seconds: float) -> None:
        """A run begins to wait."""

    def run_ends(self, run: Run, *, cut_off: bool) -> None:
        """A run has ended, whether it answered or failed, or was cut off."""

    def disturbed(self, name: ServiceName | None) -> None:
        """Something went wrong that concerns this service; ``None``: every service."""

    def visit_begins(self, run: Run, service: Service, request: ClientRequest) -> None:
        """A request for the service has reached the wake function."""

    def answered(self, service: Service, request: ClientRequest, response: Response, run: Run | None) -> None:
        """A request was answered. ``run``: the visit that answered it, ``None`` where no function did."""

    def logged(self, run: Run | None, record: logging.LogRecord) -> None:
        """A run has written a line into its log; ``None``: the functions' code was called outside of a run."""
