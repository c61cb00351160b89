"""A number and the noun that it counts agree, in every sentence and in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from scale_to_zero.actions.notification_texts import WORDS, message
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.observed import NOT_OBSERVED, Readiness, Snapshot
from scale_to_zero.model.quantities import counted, either
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange
from scale_to_zero.rules.going_to_zero import stop
from scale_to_zero.rules.readiness import judge_readiness
from scale_to_zero.rules.vetoes import Running
from scale_to_zero.rules.waking import awake_now
from tests.service_states import a_wake
from tests.unit.timeline import Timeline, a_service, at, in_phase, running_facts

PROJECT: Final = Path(__file__).parents[2]
NUMBERS: Final = range(131)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)

# The nouns that our sentences count, plural and singular.
NOUNS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        **{f"{one}s": one for one in ("minute", "second", "hour", "day", "task", "service", "request", "fault")},
        **{f"{one}s": one for one in ("time", "byte", "change", "rule", "wildcard", "character", "item", "thing")},
        **{f"{one}s": one for one in ("value", "call", "tick", "wake", "defect", "survivor", "client", "redirect")},
        **{
            f"{one}s": one
            for one in ("run", "core", "attempt", "target", "group", "connector", "uptime_check", "metric")
        },
        "activities": "activity",
    },
    "fr": {"minutes": "minute", "secondes": "seconde", "services": "service", "tâches": "tâche"},
}


def disagreements(sentence: str, language: str) -> list[str]:
    """Return each number that does not agree with its noun: ``1 minutes``, ``2 minute``, ``0 secondes`` in French."""
    plurals = NOUNS[language]
    nouns = "|".join(sorted({*plurals, *plurals.values()}, key=len, reverse=True))
    # At most two words stand between the number and the noun: "3 more running tasks".
    found = re.finditer(rf"(?<![\w.:-])(\d+)[ \xa0](?:[^\W\d]+[ \xa0]){{0,2}}?({nouns})\b", sentence)
    singular = (0, 1) if language == "fr" else (1,)
    return [one[0] for one in found if (int(one[1]) in singular) is (one[2] in plurals)]


def goes_to_zero(number: int) -> str:
    one = Running(Snapshot(a_service(), running_facts(), None), running_facts(), in_phase(Phase.AWAKE), at("10:30"))
    return stop(one, number * MINUTE).sentence


def has_no_targets(number: int) -> str:
    timeline = Timeline.awake_since("06:00", service=a_service(idle=number * MINUTE), registered_from=at("23:00"))
    timeline.has_targets = False
    return timeline.tick("10:00").sentence


def would_wake(number: int) -> str:
    timeline = Timeline.awake_since("06:00", service=a_service(mode=Mode.DRY_RUN)).request("10:00:30")
    return timeline.save_state(would_sleep_since=at("10:03") - number * MINUTE).tick("10:03").sentence


def is_awake(number: int) -> str:
    requested = at("10:00") - number * SECOND
    wakes = replace(
        in_phase(Phase.WAKING), since=requested, requested_at=at("10:00"), wake=a_wake(first_requested_at=requested)
    )
    return awake_now(a_service(), wakes, running_facts(), at("10:00"), NOT_OBSERVED).sentence


def waits_for_tasks(number: int) -> str:
    facts = replace(running_facts(number + 1), running=1, live_target_groups=frozenset())
    readiness = judge_readiness(facts, frozenset(), {}, now=at("10:00"), stopped=None)
    assert isinstance(readiness, Readiness)
    return readiness.waits_for


def fell_asleep(number: int, language: str) -> str:
    quiet = at("10:00") - number * MINUTE
    change = PhaseChange(7, at("10:00"), Phase.AWAKE, Phase.ASLEEP, Reason.IDLE, quiet_since=quiet)
    return message("web", change, language)


def woke_up(number: int, language: str) -> str:
    began = at("10:00") - number * SECOND
    return message("web", PhaseChange(7, at("10:00"), Phase.WAKING, Phase.AWAKE, Reason.READY, began=began), language)


@pytest.mark.parametrize(
    ("sentence", "smallest"),
    [(goes_to_zero, 0), (has_no_targets, 1), (would_wake, 1), (is_awake, 0), (waits_for_tasks, 1)],
)
def test_the_numbers_of_a_decision_agree_with_their_nouns(sentence: Callable[[int], str], smallest: int) -> None:
    sentences = {number: sentence(number) for number in NUMBERS if number >= smallest}
    assert {number: said for number, said in sentences.items() if not re.search(rf"\b{number} \w", said)} == {}
    assert [wrong for said in sentences.values() for wrong in disagreements(said, "en")] == []


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("sentence", [fell_asleep, woke_up])
def test_the_numbers_of_a_notification_agree_with_their_nouns(
    sentence: Callable[[int, str], str], language: str
) -> None:
    sentences = {number: sentence(number, language) for number in NUMBERS}
    assert {number: said for number, said in sentences.items() if not re.search(rf"\b{number} \w", said)} == {}
    assert [wrong for said in sentences.values() for wrong in disagreements(said, language)] == []


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", 0, "0 minutes"),
        ("en", 1, "1 minute"),
        ("en", 2, "2 minutes"),
        ("en", 101, "101 minutes"),
        ("fr", 0, "0 minute"),
        ("fr", 1, "1 minute"),
        ("fr", 2, "2 minutes"),
    ],
)
def test_a_number_is_written_with_the_singular_or_the_plural(language: str, number: int, text: str) -> None:
    assert counted(number, "minute", language=language) == text


@pytest.mark.parametrize(("amount", "french"), [(0.0, "one"), (0.5, "one"), (1.99, "one"), (2.0, "several")])
def test_french_is_singular_below_two_and_english_only_at_one(amount: float, french: str) -> None:
    assert either(amount, "one", "several", language="fr") == french
    assert either(amount, "one", "several") == "several"


@pytest.mark.parametrize(
    ("sentence", "language", "wrong"),
    [
        ("awake, 1 seconds after it was requested", "en", ["1 seconds"]),
        ("2 minute", "en", ["2 minute"]),
        ("3 more running task", "en", ["3 more running task"]),
        ("1 faults while managing 2 services", "en", ["1 faults"]),
        ("pendant 0 minutes, puis 1 secondes", "fr", ["0 minutes", "1 secondes"]),
        ("11 minutes, 1.1 minutes, s-1 services, 10:01 minutes", "en", []),
    ],
)
def test_a_number_that_does_not_agree_with_its_noun_is_found(sentence: str, language: str, wrong: list[str]) -> None:
    assert disagreements(sentence, language) == wrong


SOURCES: Final = ("lambda_src", "scripts", "benchmarks")
"""Without ``simulator`` and ``local_aws``, which repeat sentences of AWS: "has started 1 tasks"."""
CONSTANT: Final = re.compile(r"[A-Z][A-Z_]+(?::.*)?")
RIGHT_AS_IT_IS: Final = {
    "seconds // 60 minutes",  # for the `date` command of a shell, which understands "1 minutes ago"
    "self.slowdown times",  # with a decimal: "1.5 times as long"
}
ALSO_VERBS: Final = {"changes", "runs", "wakes"}


def numbers_before_plurals(text: str) -> Iterator[str]:
    """Yield every value that stands before a fixed plural. Constants are left out: they are larger than one."""
    nouns = {**NOUNS["en"], **NOUNS["fr"]}.keys() - ALSO_VERBS
    plural = re.compile(rf"[ \xa0](?:(?!has )[^\W\d]+[ \xa0])?({'|'.join(nouns)})\b")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    found = plural.match(str(after.value))
                    if found and not CONSTANT.fullmatch(ast.unparse(value.value)):
                        yield f"{ast.unparse(value.value)} {found[1]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (found[0] for found in re.finditer(r"\{\w+\}" + plural.pattern, node.value))


@pytest.mark.parametrize("folder", SOURCES)
def test_no_sentence_puts_a_number_before_a_fixed_plural(folder: str) -> None:
    found = {
        f"{file.relative_to(PROJECT)}: {wrong}"
        for file in (PROJECT / folder).rglob("*.py")
        for wrong in numbers_before_plurals(file.read_text(encoding="utf-8"))
        if wrong not in RIGHT_AS_IT_IS
    }
    assert found == set(), "write it with scale_to_zero.model.quantities, or put the number behind a colon"


def test_a_number_before_a_fixed_plural_is_found() -> None:
    found = list(numbers_before_plurals('f"{n} minutes"; f"{len(a)} more tasks"; f"{MOST} bytes"; "{m} secondes"'))
    assert found == ["n minutes", "len(a) tasks", "{m} secondes"]
