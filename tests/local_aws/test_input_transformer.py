from __future__ import annotations

import json
from typing import Any, Final

import pytest

from local_aws.api_call import AwsError
from local_aws.input_transformer import TransformationFailed, check, transform

EVENT: Final = {
    "source": "ours",
    "detail-type": "Phase Change",
    "detail": {"message": "web is awake.", "version": 3, "failed": False, "from": None, "said": 'no "pull"\nat all'},
}


def transformed(template: str, event: Any = EVENT, **paths: str) -> str:
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    check(transformer)
    return transform(transformer, event)


def test_text_keeps_the_quotes_of_its_template() -> None:
    assert transformed('"<message>"', message="$.detail.message") == '"web is awake."'


def test_text_can_have_several_variables_and_words_around_them() -> None:
    text = transformed(
        '"<type> <version>: <message>"', type="$.detail-type", version="$.detail.version", message="$.detail.message"
    )
    assert text == '"Phase Change 3: web is awake."'


def test_every_line_of_text_is_in_quotes() -> None:
    assert transformed('"<message>"\n"Bye."', message="$.detail.message") == '"web is awake."\n"Bye."'


def test_a_variable_in_a_json_object_is_json_outside_quotes_and_text_inside() -> None:
    template = '{"a": <version>, "b": "<version>", "c": <message>, "d": <failed>, "e": <from>, "f": <detail>}'
    paths = {name: f"$.detail.{name}" for name in ("version", "message", "failed", "from")}
    result = json.loads(transformed(template, detail="$.detail", **paths))
    assert result == {"a": 3, "b": "3", "c": "web is awake.", "d": False, "e": None, "f": EVENT["detail"]}


@pytest.mark.parametrize("said", ['no "pull"', "C:\\images", "no pull\nat all", "\x1b[31mno pull"])
@pytest.mark.parametrize("template", ['"<said>"', '{"a": "<said>"}', '{"a": <said>}'])
def test_quotes_backslashes_and_control_characters_of_a_value_are_not_escaped_and_break_the_result(
    said: str, template: str
) -> None:
    with pytest.raises(TransformationFailed):
        transformed(template, {"said": said}, said="$.said")


def test_a_value_with_escapes_is_inserted_unchanged() -> None:
    assert transformed('"<said>"', {"said": 'no \\"pull\\"'}, said="$.said") == '"no \\"pull\\""'


def test_an_object_or_a_list_is_always_inserted_as_json() -> None:
    event = {"detail": {"said": ["no", 'a "pull"']}}
    assert json.loads(transformed('{"a": <all>}', event, all="$.detail")) == {"a": event["detail"]}
    with pytest.raises(TransformationFailed):
        transformed('"<all>"', event, all="$.detail")


def test_characters_of_other_languages_are_not_escaped() -> None:
    assert transformed('"<message>"', {"detail": {"message": "réveillé"}}, message="$.detail.message") == '"réveillé"'


def test_escaped_quotes_do_not_end_a_text() -> None:
    assert transformed('"is \\"<version>\\"."', version="$.detail.version") == '"is \\"3\\"."'
    assert transformed('"is \\"<source>\\"."', source="$.source") == '"is \\"ours\\"."'


def test_a_value_that_the_event_lacks_is_empty_in_text_and_cannot_be_delivered_in_json() -> None:
    assert transformed('"(<absent>)"', absent="$.detail.absent") == '"()"'
    assert transformed('"(<absent>)"', absent="$.source.absent") == '"()"'
    with pytest.raises(TransformationFailed):
        transformed('{"a": <absent>}', absent="$.detail.absent")


@pytest.mark.parametrize(
    ("template", "paths", "why"),
    [
        ("<message>", {"message": "$.detail.message"}, "neither a JSON object nor text in double quotes"),
        ("It is <message>", {"message": "$.detail.message"}, "neither a JSON object nor text in double quotes"),
        ('"a"\nb', {}, "neither a JSON object nor text in double quotes"),
        ('{"a": }', {}, "neither a JSON object nor text in double quotes"),
        ("3", {}, "neither a JSON object nor text in double quotes"),
        ('"<unknown>"', {"message": "$.detail.message"}, "<unknown> of the InputTemplate is not in InputPathsMap"),
        ('"a"', {"a b": "$.detail"}, "must not have the key a b"),
        ('"a"', {"a": "detail"}, "detail is not a JSON path"),
        ('"a"', {f"a{number}": "$.detail" for number in range(101)}, "more than 100"),
        ('"a"', {"a": "$.resources[0]"}, "not modelled: the JSON path"),
        ('"<aws.events.rule-name>"', {}, "not modelled: <aws.events.rule-name>"),
    ],
)
def test_a_transformer_that_aws_would_refuse_or_that_is_not_modelled_is_refused(
    template: str, paths: dict[str, str], why: str
) -> None:
    with pytest.raises(AwsError) as refused:
        check({"InputPathsMap": paths, "InputTemplate": template})
    assert why in refused.value.message
