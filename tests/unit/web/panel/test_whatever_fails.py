"""The widget reports every failure in one sentence, and the log says why."""

from __future__ import annotations

import pytest

import scale_to_zero.web.panel.answering as answering
from scale_to_zero.model.service_state import Phase
from simulator.ports.faults import Call, Fault
from tests.unit.web.panel.scene import Scene, a_context


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        ("en", "The services could not be read. The cause is in the log of the panel's function."),
        ("fr", "Les services n’ont pas pu être lus. La cause est dans le journal de la fonction du panneau."),
    ],
)
def test_services_that_cannot_be_read_are_reported(
    language: str, notice: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(language)
    scene.has("web")
    scene.ports.faults.fail("read_all")
    shown = scene.view()
    assert shown.notices == [notice]
    assert not shown.all_is_well
    assert "read_all of None was not answered" in caplog.text


def test_a_press_is_reported_though_the_services_cannot_be_read_afterwards() -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    scene.ports.faults.fail("read_all")
    assert scene.act(action="wake", service="web").notices == [
        "web: as requested",
        "The services could not be read. The cause is in the log of the panel's function.",
    ]


def test_configuration_that_cannot_be_read_is_reported_above_the_other_services() -> None:
    scene = Scene()
    scene.has("web")
    scene.ports.table.unreadable += [f"config#{n} cannot be read" for n in range(9)]
    shown = scene.view()
    assert shown.notices == [f"config#{n} cannot be read" for n in range(3)]
    assert [*shown.rows] == ["web"]


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        ("en", "The panel could not be shown. The cause is in the log of its function."),
        ("fr", "Le panneau n’a pas pu être affiché. La cause est dans le journal de sa fonction."),
    ],
)
def test_an_unexpected_error_is_reported(language: str, notice: str, caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(language)
    scene.has("web")

    def raises(_call: Call) -> Fault | None:
        raise ZeroDivisionError("unforeseen")

    scene.ports.faults.fault_of_call = raises
    assert scene.answers({"widgetContext": a_context()}) == f'<p role="alert">{notice}</p>'
    assert "ZeroDivisionError: unforeseen" in caplog.text


def test_html_that_cannot_be_rendered_is_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(*_args: object, **_named: object) -> str:
        raise FileNotFoundError("panel.css")

    monkeypatch.setattr(answering, "render", missing)
    assert "The panel could not be shown." in Scene().answers({})
    assert "FileNotFoundError: panel.css" in caplog.text


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        (
            "en",
            "AWS denied the call: {why}. Retrying does not help until the call is allowed.",
        ),
        (
            "fr",
            "AWS a refusé l’appel\N{NO-BREAK SPACE}: {why}. Inutile de réessayer tant que l’appel n’est pas autorisé.",
        ),
    ],
)
def test_services_that_are_forbidden_to_be_read_are_reported_with_the_fix(language: str, notice: str) -> None:
    scene = Scene(language)
    scene.has("web")
    scene.ports.faults.fail("read_all", Fault.FORBIDDEN)
    why = "read_all of None is denied; allow it in the function's role"
    assert scene.view().notices == [notice.replace("{why}", why)]


def test_a_press_that_aws_forbids_must_not_be_repeated() -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    scene.ports.faults.fail("invoke_scale_up", Fault.FORBIDDEN)
    [notice] = scene.act(action="wake", service="web").notices
    assert notice.startswith("AWS denied the call: invoke_scale_up of None is denied; allow it")
    assert notice.endswith("Retrying does not help until the call is allowed.")
