"""The README shows each attribute of an input with its type, its default and its description."""

from __future__ import annotations

import pytest

from scripts.object_attributes import kind_of, with_types

RULE = "object({arn = optional(string), hosts = optional(list(string), []), priority = number})"


def shown(hcl_type: str, *description: str) -> list[str]:
    return with_types("services", hcl_type, description)


def test_each_bullet_names_the_type_and_the_default_that_the_hcl_gives() -> None:
    hcl_type = 'map(object({name = string, mode = optional(string, "act"), count = optional(number), on = bool}))'
    bullets = ["- `name`: its name.", "- `mode`: what is done.", "- `count`: how many.", "- `on`: whether."]
    assert shown(hcl_type, "What is managed.", "", *bullets) == [
        "What is managed.",
        "",
        "- `name` (string, required): its name.",
        '- `mode` (string, default `"act"`): what is done.',
        "- `count` (number, optional): how many.",
        "- `on` (bool, required): whether.",
    ]


def test_the_attributes_of_a_nested_object_are_listed_below_it() -> None:
    hcl_type = (
        f"object({{wake = optional(object({{rules = optional(map({RULE}), {{}}), hold = optional(number, 20)}}))}})"
    )
    assert shown(
        hcl_type,
        "- `wake`: by requests.",
        "  - `rules`: the rules.",
        "    - `arn`: its own.",
        "    - `hosts`: for which.",
        "    - `priority`: its position.",
        "  - `hold`: seconds.",
    ) == [
        "- `wake` (object, optional): by requests.",
        "  - `rules` (map of objects, default `{}`): the rules.",
        "    - `arn` (string, optional): its own.",
        "    - `hosts` (list(string), default `[]`): for which.",
        "    - `priority` (number, required): its position.",
        "  - `hold` (number, default `20`): seconds.",
    ]


def test_one_bullet_can_describe_several_attributes_of_the_same_type() -> None:
    alike = "object({hosts = optional(list(string), []), paths = optional(list(string), [])})"
    assert shown(alike, "- `hosts`, `paths`: for which.") == [
        "- `hosts`, `paths` (each list(string), default `[]`): for which."
    ]
    with pytest.raises(SystemExit, match="`hosts`, `port` differ in type or default"):
        shown("object({hosts = list(string), port = number})", "- `hosts`, `port`: for which.")


def test_an_attribute_without_a_bullet_is_noticed() -> None:
    with pytest.raises(SystemExit, match="services has no bullet for: hold"):
        shown("object({name = string, hold = number})", "- `name`: its name.")


@pytest.mark.parametrize("last", [[], ["- `name`: its name."]])
def test_an_attribute_of_a_nested_object_without_a_bullet_is_noticed(last: list[str]) -> None:
    hcl_type = f"object({{wake = object({{hold = number}}){', name = string' if last else ''}}})"
    with pytest.raises(SystemExit, match=r"services\.wake has no bullet for: hold"):
        shown(hcl_type, "- `wake`: by requests.", *last)


def test_a_bullet_without_an_attribute_is_noticed() -> None:
    with pytest.raises(SystemExit, match="services has no attribute hold"):
        shown("object({name = string})", "- `name`: its name.", "- `hold`: removed long ago.")
    with pytest.raises(SystemExit, match="services has no attribute prose"):
        shown("map(string)", "- `prose`: of a map that has none.")


def test_a_neighbours_bullets_describe_attributes_that_are_the_same_and_no_others() -> None:
    described = ["- `rules`: ours.", "  - `arn`: its own.", "  - `hosts`: for which.", "  - `priority`: its position."]
    agents = RULE.removesuffix("})") + ", agents = list(string)})"
    likewise = "- `checks`: each is like one of `rules`, and has:"
    details = shown(
        f"object({{rules = {RULE}, checks = {agents}}})", *described, likewise, "  - `agents`: whose requests."
    )
    assert details[-1] == "  - `agents` (list(string), required): whose requests."
    with pytest.raises(SystemExit, match=r"services\.checks has no bullet for: agents"):
        shown(f"object({{rules = {RULE}, checks = {agents}}})", *described, likewise)
    other = RULE.replace("priority = number", "priority = optional(number, 1)")
    with pytest.raises(SystemExit, match=r"services\.checks has no bullet for: priority"):
        shown(f"object({{rules = {RULE}, checks = {other}}})", *described, "- `checks`: like one of `rules`.")


@pytest.mark.parametrize(
    ("hcl_type", "kind"),
    [
        ("string", "string"),
        ("map(string)", "map(string)"),
        ("list(list(number))", "list(list(number))"),
        ("object({name = string})", "object"),
        ("map(object({name = string}))", "map of objects"),
    ],
)
def test_a_type_is_shown_as_in_hcl_but_for_the_attributes_of_objects(hcl_type: str, kind: str) -> None:
    assert kind_of(hcl_type) == kind
