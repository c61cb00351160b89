from __future__ import annotations

import json
from typing import Any, Final

import pytest
from moto.events.models import Rule

from local_aws.api_call import AwsError
from local_aws.event_patterns import check, matches

EVENT: Final = {
    "source": "ecs-scale-to-zero",
    "detail-type": "Phase Change",
    "resources": [],
    "detail": {"instance": "city", "to": "awake", "from": None, "failed": False, "version": 3, "tags": ["a", "b"]},
}


def rule(pattern: str | None, expression: str | None = None) -> Any:
    made: Any = Rule
    return made("rule", "123456789012", "eu-west-3", None, pattern, expression, None, "default", "ENABLED")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ({"source": ["ecs-scale-to-zero"]}, True),
        ({"source": ["another"]}, False),
        ({"source": ["another", "ecs-scale-to-zero"]}, True),
        ({"source": ["ecs-scale-to-zero"], "detail-type": ["Phase Change"]}, True),
        ({"source": ["ecs-scale-to-zero"], "detail-type": ["Another"]}, False),
        ({"detail": {"instance": ["city"]}}, True),
        ({"detail": {"instance": ["town"]}}, False),
        ({"detail": {"instance": ["city"], "to": ["asleep", "awake"]}}, True),
        ({"detail": {"failed": [False]}}, True),
        ({"detail": {"failed": [True]}}, False),
        ({"detail": {"version": [3]}}, True),
        ({"detail": {"from": [None]}}, True),
        ({"detail": {"tags": ["b"]}}, True),
        ({"detail": {"tags": ["c"]}}, False),
        ({"detail": {"absent": ["x"]}}, False),
        ({"detail": {"to": [{"prefix": "aw"}]}}, True),
        ({"detail": {"to": [{"prefix": "as"}]}}, False),
        ({"detail": {"to": [{"anything-but": "asleep"}]}}, True),
        ({"detail": {"to": [{"anything-but": ["asleep", "awake"]}]}}, False),
        ({"detail": {"absent": [{"exists": False}]}}, True),
        ({"detail": {"to": [{"exists": False}]}}, False),
    ],
)
def test_patterns_match_events_as_in_eventbridge(pattern: Any, matched: bool) -> None:
    check(json.dumps(pattern))
    assert matches(rule(json.dumps(pattern)), EVENT) is matched


def test_a_rule_without_a_pattern_matches_no_event() -> None:
    assert not matches(rule(None, "rate(1 minute)"), EVENT)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("{", "InvalidEventPatternException"),
        ("[]", "InvalidEventPatternException"),
        ("{}", "InvalidEventPatternException"),
        ('{"source": "ours"}', "InvalidEventPatternException"),
        ('{"source": []}', "InvalidEventPatternException"),
        ('{"detail": {"to": [["awake"]]}}', "InvalidEventPatternException"),
        ('{"detail": {"to": [{"suffix": "ke"}]}}', "NotModelled"),
        ('{"detail": {"to": [{"wildcard": "a*"}]}}', "NotModelled"),
        ('{"detail": {"version": [{"numeric": [">", 1]}]}}', "NotModelled"),
        ('{"detail": {"to": [{"anything-but": {"prefix": "a"}}]}}', "NotModelled"),
        ('{"detail": {"to": [{"prefix": "a", "exists": true}]}}', "NotModelled"),
        ('{"$or": [{"source": ["a"]}, {"source": ["b"]}]}', "NotModelled"),
    ],
)
def test_a_pattern_that_is_wrong_or_not_modelled_is_refused(pattern: str, code: str) -> None:
    with pytest.raises(AwsError) as refused:
        check(pattern)
    assert refused.value.code == code
