"""``docs/openapi.yaml`` and the implementation are compared with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from scale_to_zero.model.configured import KEY, Mode
from scale_to_zero.model.errors import CallFailed, CallForbidden
from scale_to_zero.model.service_state import Hold, Stop
from scale_to_zero.rules.payload import LONGEST_REASON
from scale_to_zero.web.api import answer_call
from scale_to_zero.web.api.paging import MOST_PER_PAGE
from scale_to_zero.web.api.problems import ProblemKind
from scale_to_zero.web.api.request_bodies import LARGEST_BODY
from scale_to_zero.web.api.routes import METHODS
from scale_to_zero.web.problem_details import TYPE_PREFIX
from simulator.account import a_service
from tests.service_states import has_failed
from tests.unit.web.api.gateway import Answered, Event, an_event, serving
from tests.unit.web.api.scene import HOUR, LONGEST_HOLD, MINUTE, SECOND, Scene

DOCUMENT: Final = Path(__file__).parents[4] / "docs" / "openapi.yaml"
PAGE: Final = DOCUMENT.with_name("http-api.md")
METHOD_NAMES: Final = ("get", "put", "post", "delete")
SEED: Final = "20260302"
"""A fixed seed, not the commit's: schemathesis treats code points that Unicode has not assigned, such as U+20F9, as
marks. It then reports that a reason with such a code point is refused, though the document's pattern excludes it, as
jsonschema-rs confirms."""


@cache
def the_document() -> dict[str, Any]:
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def schema(name: str) -> dict[str, Any]:
    """Return a schema of the document, with everything that it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": the_document()["components"]}


def everything(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the document, with its path."""
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from everything(value, f"{path}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from everything(value, f"{path}/{number}")


def a_service_in_each_condition() -> Scene:
    """Return a scene with a service in each condition that a call may meet."""
    scene = Scene(
        *(a_service(key, hourly_cost=0.05) for key in ("asleep", "awake", "failed", "held", "stopping", "waking")),
        a_service("dry-run", mode=Mode.DRY_RUN),
        a_service("skipped"),
        a_service("unseen"),
    )
    scene.is_asleep("asleep", usual_wake=40 * SECOND)
    scene.is_awake("awake", last_activity=scene.now - MINUTE)
    scene.is_waking("failed", wake=has_failed("CannotPullContainerError"))
    scene.is_awake("held", hold=Hold(scene.now + HOUR, "demo"))
    scene.is_asleep("stopping", stop=Stop(scene.now + MINUTE))
    scene.is_waking("waking", usual_wake=40 * SECOND)
    scene.is_asleep("dry-run")
    scene.is_asleep("skipped")
    scene.functions.skipped.add("skipped")
    scene.table.unreadable.append("config#shop is of a newer version; apply the module again")
    return scene


def with_known_services(document: dict[str, Any], keys: list[str], soon: str) -> dict[str, Any]:
    """Return the document with the existing keys and a near instant, because schemathesis seldom guesses them."""
    known = yaml.safe_load(yaml.safe_dump(document))
    known["components"]["parameters"]["Service"]["schema"] = {"enum": [*keys, "shop"]}
    known["components"]["schemas"]["HoldAll"]["properties"]["hold_all_until"] = {"enum": [soon, None]}
    assert isinstance(known, dict)
    return known


def test_schemathesis_finds_nothing_that_the_document_does_not_say(tmp_path: Path) -> None:
    scene, seen = a_service_in_each_condition(), set()

    def function(event: Event) -> object:
        answer = answer_call(scene.ports, event, longest_hold=LONGEST_HOLD)
        seen.add((event["requestContext"]["http"]["method"], event["rawPath"].rpartition("/")[2], answer["statusCode"]))
        return answer

    file = tmp_path / "openapi.yaml"
    soon = (scene.now + HOUR).isoformat()
    known = with_known_services(the_document(), sorted(scene.table.services), soon)
    file.write_text(yaml.safe_dump(known), encoding="utf-8")
    with serving(function) as url:
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            str(file),
            f"--url={url}",
            f"--seed={SEED}",
        ]
        # API Gateway refuses a caller that is not authenticated.
        command += ["--checks=all", "--exclude-checks=ignored_auth", "--header=Authorization: Bearer t0k3n"]
        command += [
            "--phases=examples,coverage,fuzzing",
            "--max-examples=10",
            "--generation-database=none",
            "--no-color",
        ]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr
    met = {(method, status) for method, _, status in seen}
    expected = {"GET": (200, 400, 404), "POST": (200, 202, 400, 404, 409, 415), "PUT": (200, 400, 404, 409, 415)}
    missed = {(method, status) for method, statuses in expected.items() for status in statuses} - met
    assert missed == set(), "schemathesis tried too few calls"
    assert {what for method, what, status in seen if status == 409} == {"wake", "sleep", "hold"}


def test_every_path_and_method_is_in_the_document_and_no_other() -> None:
    documented = {
        path: tuple(sorted(name.upper() for name in item if name in METHOD_NAMES))
        for path, item in the_document()["paths"].items()
    }
    assert documented == {route.value: methods for route, methods in METHODS.items()}


def test_every_type_of_problem_is_in_the_document_and_no_other() -> None:
    documented = the_document()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert documented == [f"{TYPE_PREFIX}{kind.type_name}" for kind in ProblemKind]


def test_every_type_of_problem_is_on_the_page_with_its_status_and_no_other() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(str(kind.status), kind.type_name) for kind in ProblemKind]


def test_every_limit_is_in_the_document() -> None:
    document = the_document()
    [limit, after] = document["paths"]["/services"]["get"]["parameters"]
    assert limit["schema"]["maximum"] == limit["schema"]["default"] == MOST_PER_PAGE
    assert after["schema"]["pattern"] == document["components"]["parameters"]["Service"]["schema"]["pattern"]
    assert after["schema"]["pattern"] == f"^{KEY.pattern}$"
    properties = document["components"]["schemas"]["Hold"]["properties"]
    assert properties["minutes"]["maximum"] == LONGEST_HOLD // MINUTE
    assert properties["reason"]["maxLength"] == LONGEST_REASON
    assert document["components"]["schemas"]["HoldAll"]["properties"]["reason"]["maxLength"] == LONGEST_REASON
    assert f"{LARGEST_BODY:,} bytes" in document["components"]["responses"]["BodyTooLarge"]["description"]


def test_every_schema_and_every_field_is_described_and_has_an_example() -> None:
    for name, one in the_document()["components"]["schemas"].items():
        assert one.get("description"), name
        for field, its in one.get("properties", {}).items():
            assert its.get("description"), f"{name}.{field}"
            assert "examples" in its or its.get("type") == "array", f"{name}.{field}"


def test_every_example_is_valid() -> None:
    components = {"components": the_document()["components"]}
    tried = 0
    for path, node in everything(the_document()):
        if "schema" in node:
            examples = [node["example"]] if "example" in node else []
            examples += [example["value"] for example in node.get("examples", {}).values()]
            tested = node["schema"]
        elif isinstance(node.get("examples"), list):
            examples, tested = node["examples"], {name: value for name, value in node.items() if name != "examples"}
        else:
            continue
        for example in examples:
            errors = [error.message for error in Draft202012Validator({**components, **tested}).iter_errors(example)]
            assert errors == [], path
            tried += 1
    assert tried > 40


@pytest.mark.parametrize(
    ("fails", "code"), [(CallFailed("throttled"), 503), (CallForbidden("forbidden"), 500), (ValueError("a bug"), 500)]
)
def test_a_failure_is_answered_as_documented(fails: Exception, code: int) -> None:
    scene = a_service_in_each_condition()
    scene.functions.fails = fails
    assert_is_a_problem(scene.post("/services/asleep/wake"), code)


@pytest.mark.parametrize(("method", "path", "code"), [("GET", "/", 404), ("PATCH", "/services", 405)])
def test_an_unknown_path_or_method_is_answered_as_documented(method: str, path: str, code: int) -> None:
    assert_is_a_problem(a_service_in_each_condition().call(an_event(method, path)), code)


def assert_is_a_problem(answered: Answered, code: int) -> None:
    assert answered.code == code
    assert answered.problem
    Draft202012Validator(schema("Problem")).validate(answered.json_body())
