"""The entry point of a request: read it, find its service, and answer it. Never raises."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from scale_to_zero.model.errors import CallForbidden
from scale_to_zero.ports import Ports
from scale_to_zero.rules.rule_positions import DISARMED_HOST
from scale_to_zero.web.rendered_page import Renderer

from . import answers
from .answers import Answer
from .decide_visit import RETRY_FORBIDDEN
from .kinds import allowed_origin, kind_of
from .request import NotAVisit, Request, read_request
from .unavailable import not_available
from .visit import Visit

logger = logging.getLogger(__name__)

EMPTY_REQUEST: Final = Request("", "", "/", "", {})


def answer_visitor(ports: Ports, event: object, *, render: Renderer, ends_at: datetime) -> Answer:
    """Answer one request. ``event``: as a load balancer sends it. ``ends_at``: when this run is cut off."""
    try:
        request = read_request(event)
    except NotAVisit as error:
        logger.warning(f"the event is not a request from a load balancer: {error}")
        return answers.not_found(EMPTY_REQUEST)
    try:
        return _answer(ports, request, render, ends_at)
    except CallForbidden as error:
        logger.error(f"a request could not be answered: {error}")
        return not_available(render, ports.configuration, request, "", RETRY_FORBIDDEN)
    except Exception:
        logger.exception("a request could not be handled")
        return not_available(render, ports.configuration, request, "")


def answer_not_set_up(event: object, *, render: Renderer) -> Answer:
    """Answer 503 if the function itself is not set up, so that it can do nothing."""
    try:
        request = read_request(event)
    except NotAVisit:
        return answers.not_found(EMPTY_REQUEST)
    return not_available(render, None, request, "")


def _answer(ports: Ports, request: Request, render: Renderer, ends_at: datetime) -> Answer:
    if request.host == DISARMED_HOST:
        return answers.not_found(request)
    service = ports.configuration.service_of(request.target_group_arn)
    if service is None or service.wake_on_request is None:
        logger.warning(f"no managed service has target group {request.target_group_arn}; apply the module again")
        return answers.not_found(request)
    on_request = service.wake_on_request
    visit = Visit(ports, request, service, on_request, kind_of(request, on_request), render, ports.clock(), ends_at)
    answer = visit.answer()
    origin = allowed_origin(request, on_request)
    return answers.for_origin(answer, origin) if origin else answer
