"""The events of a simulation, for those who observe it."""

from __future__ import annotations

import logging

from scale_to_zero.model.configured import Service, ServiceName

from .http import Response
from .ports.faults import Call, Fault
from .routing import ClientRequest
from .runs import Run
from .world import ScalingActivity


class Hooks:
    """Methods that a simulation calls for each event, in order. Override what you need: the methods here do nothing."""

    def call_meets(self, run: Run, call: Call, fault: Fault | None) -> None:
        """Handle a call at the instant when it takes effect, or fails with ``fault``."""

    def count_scaled(self, activity: ScalingActivity) -> None:
        """Handle a change of a desired count by Application Auto Scaling, just before it takes effect."""

    def run_waits(self, run: Run, seconds: float) -> None:
        """Handle the instant when a run begins to wait."""

    def run_ends(self, run: Run, *, cut_off: bool) -> None:
        """Handle the end of a run, which has answered, failed or been cut off."""

    def disturbed(self, name: ServiceName | None) -> None:
        """Handle a fault that concerns this service; ``None``: every service."""

    def visit_begins(self, run: Run, service: Service, request: ClientRequest) -> None:
        """Handle a request for the service that has reached the wake function."""

    def answered(self, service: Service, request: ClientRequest, response: Response, run: Run | None) -> None:
        """Handle an answered request. ``run``: the visit that answered it, ``None`` if no function did."""

    def logged(self, run: Run | None, record: logging.LogRecord) -> None:
        """Handle a log line of a run; ``None``: the functions' code was called outside of a run."""
