"""The answer where nothing is known of the service: 503, in the form the visitor takes."""

from __future__ import annotations

import logging
import secrets

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.ports import Configuration
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.rendered_page import RenderedPage, Renderer
from scale_to_zero.web.status import State, Status

from . import answers
from .answers import Answer
from .request import Request

logger = logging.getLogger(__name__)


def rendered_for(render: Renderer, status: Status, look: WaitingPage, request: Request) -> RenderedPage:
    """Have the waiting page written for this visitor."""
    return render(status, look, accept_language=request.header("accept-language"), nonce=secrets.token_urlsafe(16))


def not_available(
    render: Renderer,
    configuration: Configuration | None,
    request: Request,
    service: str,
    retry_after: int = RETRY_UNAVAILABLE,
) -> Answer:
    """503, in the form the visitor takes, whatever else is broken. ``configuration``: ``None`` where there is none."""
    status = Status(service, State.UNAVAILABLE, retry_after=retry_after)
    if "text/html" in request.header("accept").lower():
        try:
            look = _look_of(configuration)
            return answers.page(rendered_for(render, status, look, request), status, request, code=503)
        except Exception:
            logger.exception("the waiting page could not be made")
    return answers.problem(status, request)


def _look_of(configuration: Configuration | None) -> WaitingPage:
    try:
        return configuration.waiting_page() if configuration else WaitingPage()
    except Exception:
        logger.exception("how the waiting page looks could not be read")
        return WaitingPage()
