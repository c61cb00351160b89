"""The answer after a failure: 503, in the form that the visitor accepts."""

from __future__ import annotations

import logging

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.ports import Configuration
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.rendered_page import Renderer
from scale_to_zero.web.status import ShownState, Status

from . import answers
from .answers import Answer
from .pages import page_for
from .request import Request

logger = logging.getLogger(__name__)


def not_available(
    render: Renderer,
    configuration: Configuration | None,
    request: Request,
    service: str,
    retry_after: int = RETRY_UNAVAILABLE,
) -> Answer:
    """Answer 503 in the form that the visitor accepts. Never raises. ``configuration``: ``None`` if there is none."""
    status = Status(service, ShownState.UNAVAILABLE, retry_after=retry_after)
    if "text/html" in request.header("accept").lower():
        try:
            return page_for(render, request, status, _page_settings(configuration), code=503)
        except Exception:
            logger.exception("the waiting page could not be rendered")
    return answers.problem(status, request)


def _page_settings(configuration: Configuration | None) -> WaitingPage:
    try:
        return configuration.waiting_page() if configuration else WaitingPage()
    except Exception:
        logger.exception("the settings of the waiting page could not be read")
        return WaitingPage()
