"""The status has the fields that the page's script reads, in the page itself and in the answers to its polls."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import scale_to_zero.web.page
from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.model.service_state import Backoff
from scale_to_zero.web.page.languages import WORDS, Language
from scale_to_zero.web.page.rendering import render
from scale_to_zero.web.problem_details import PROBLEM_TYPE
from scale_to_zero.web.status import ShownState, Status
from scale_to_zero.web.visitor.answers import DETAILS
from scale_to_zero.web.visitor.kinds import BUTTON_FIELD, BUTTON_VALUE, STATUS_TYPE
from tests.unit.web.visitor.scene import SECOND, START, Scene, an_event

SCRIPT = Path(scale_to_zero.web.page.__file__).with_name("page.js").read_text(encoding="utf-8")
SERVICE = "service"


def data_in_the_page(body: str) -> dict[str, Any]:
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', body, re.DOTALL)
    status = json.loads(data)["status"]
    assert isinstance(status, dict)
    return status


def test_the_script_accepts_the_type_by_which_polls_are_recognised() -> None:
    assert f'"{STATUS_TYPE}"' in SCRIPT


def test_a_poll_gets_everything_that_the_script_reads() -> None:
    read = set(re.findall(r"\b(?:state|cause|elapsed_seconds|usual_seconds|retry_after|poll_after_seconds)\b", SCRIPT))
    body = Scene().is_waking().visit(an_event("page_polls")).json_body()
    assert set(body) == read | {SERVICE}
    # Anything else that the script takes from an answer would be missing here.
    assert set(re.findall(r"\bnext\.(\w+)", SCRIPT)) <= set(body)
    [destructured] = re.findall(r"const { ([^}]*) } = status;\n    const passed", SCRIPT)
    assert {part.partition(":")[0] for part in destructured.split(", ")} <= set(body)


@pytest.mark.parametrize("initial", ["asleep", "waking", "awake", "without_state"])
def test_the_page_begins_with_the_status_that_its_first_poll_would_get(initial: str) -> None:
    scene = Scene()
    getattr(scene, f"is_{initial}")(**({"for_": 5 * SECOND, "usual": 40 * SECOND} if initial == "waking" else {}))
    page = scene.visit(an_event("browser_navigates"))
    poll = scene.visit(an_event("page_polls"))
    first, next_one = data_in_the_page(page.body), poll.json_body()
    assert set(next_one) == set(first) | {SERVICE}
    assert first["state"] == page.state
    if initial != "without_state":
        assert {name: first[name] for name in first} == {name: next_one[name] for name in first}


def test_the_figures_are_whole_seconds_or_null() -> None:
    scene = Scene().is_waking(for_=1.6 * SECOND, usual=40.4 * SECOND)
    body = scene.visit(an_event("page_polls")).json_body()
    assert body == {
        "service": "web",
        "state": "waking",
        "elapsed_seconds": 2,
        "usual_seconds": 40,
        "cause": "",
        "retry_after": 39,
        "poll_after_seconds": 2,
    }
    body = Scene().is_waking(usual=None).visit(an_event("page_polls")).json_body()
    assert body["usual_seconds"] is None


def test_the_first_visitor_gets_the_usual_wake_time() -> None:
    body = data_in_the_page(Scene().is_asleep(usual_wake=40 * SECOND).visit(an_event("browser_navigates")).body)
    assert (body["elapsed_seconds"], body["usual_seconds"]) == (0, 40)


def test_a_clock_that_is_behind_gives_no_negative_time() -> None:
    scene = Scene().is_waking(for_=-3 * SECOND, usual=40 * SECOND)
    assert scene.visit(an_event("page_polls")).json_body()["elapsed_seconds"] == 0
    assert data_in_the_page(scene.visit(an_event("browser_navigates")).body)["elapsed_seconds"] == 0


def test_every_state_has_words_for_programs_and_for_the_page_in_each_language() -> None:
    assert set(DETAILS) == set(ShownState)
    for words in WORDS.values():
        assert set(words.sayings) == set(ShownState)


@pytest.mark.parametrize(("language", "offer"), [("en", "Wake it up"), ("fr", "Réveiller le service")])
def test_the_page_of_a_sleeping_service_offers_to_wake_it(language: Language, offer: str) -> None:
    page = render(Status("web", ShownState.ASLEEP), WaitingPage(), language=language, nonce="")
    assert f'<a id="again" href="">{offer}</a>' in page


def test_the_button_on_the_page_is_the_button_that_wakes_the_service() -> None:
    body = Scene(ask_before_waking=True).is_asleep().visit(an_event("browser_navigates")).body
    assert f'name="{BUTTON_FIELD}" value="{BUTTON_VALUE}"' in body


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    answered = Scene().is_asleep(backoff=Backoff(START + 30 * SECOND, "no capacity")).visit(an_event("curl"))
    body = answered.json_body()
    assert answered.header("Content-Type") == PROBLEM_TYPE == "application/problem+json"
    assert body["status"] == answered.code
    assert body["type"] == "urn:ecs-scale-to-zero:backoff"
    assert body["title"]
    assert body["detail"]
    assert str(body["retry_after"]) == answered.header("Retry-After")
