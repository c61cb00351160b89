"""The names of changes of phase, and their notifications as one readable sentence, in English and French. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.quantities import in_minutes, in_seconds
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange

# All that JSON does not allow unescaped (RFC 8259, section 7), and other characters that begin a line or control a
# terminal.
_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_PLAIN: Final = {ord('"'): "'", ord("\\"): "/", **dict.fromkeys(_CONTROLS, " ")}


class ChangeKind(StrEnum):
    """What happened; subscribers can filter notifications by it."""

    DRAINS = "drains"
    STAYS_AWAKE = "stays_awake"
    ASLEEP = "asleep"
    WAKES = "wakes"
    AWAKE = "awake"
    WAKE_FAILED = "wake_failed"


def change_of(change: PhaseChange) -> ChangeKind:
    """Return the kind of a change."""
    if change.failed:
        return ChangeKind.WAKE_FAILED
    if change.after is Phase.AWAKE:
        return ChangeKind.STAYS_AWAKE if change.before is Phase.DRAINING else ChangeKind.AWAKE
    return {Phase.DRAINING: ChangeKind.DRAINS, Phase.ASLEEP: ChangeKind.ASLEEP, Phase.WAKING: ChangeKind.WAKES}[
        change.after
    ]


def message(service_key: str, change: PhaseChange, language: str) -> str:
    """Write a change as one sentence. ``language``: ``en`` or ``fr``."""
    what = change_of(change)
    sentence = WORDS[language].get((what, change.reason)) or ANY_REASON[language][what]
    if what is ChangeKind.AWAKE and change.reason is Reason.READY and change.began is None:
        sentence = STARTED_IN_ECS[language]
    began = change.quiet_since if change.after is Phase.ASLEEP else change.began
    took = change.at - began if began is not None else timedelta(0)
    minutes, seconds = in_minutes(took, language=language), in_seconds(took, language=language)
    filled = sentence.format(service=service_key, minutes=minutes, seconds=seconds)
    cause = plain(change.cause)
    return plain(f"{filled} {CAUSE[language]} {cause}" if cause else filled)


def plain(text: str) -> str:
    """Return a text in one line, without double quotes, backslashes and control characters.

    EventBridge inserts it unescaped between the quotes of a template, and delivers nothing if the result is not JSON.
    Source: EventBridge user guide, "Common issues with transforming input".
    """
    # Split at ordinary spaces only: French texts need their no-break spaces.
    return " ".join(filter(None, text.translate(_PLAIN).split(" ")))


CAUSE: Final = {"en": "The cause:", "fr": "La cause\N{NO-BREAK SPACE}:"}

WORDS: Final[Mapping[str, Mapping[tuple[ChangeKind, Reason], str]]] = {
    "en": {
        (ChangeKind.DRAINS, Reason.DRAINING): "{service} is about to sleep: it seems unused.",
        (ChangeKind.DRAINS, Reason.SLEEP_REQUESTED): "{service} is about to sleep: sleep was requested.",
        (
            ChangeKind.STAYS_AWAKE,
            Reason.NEEDED_WHILE_DRAINING,
        ): "{service} stays awake: it is still needed.",
        (
            ChangeKind.STAYS_AWAKE,
            Reason.DRAINED_TOO_LONG,
        ): "{service} stays awake: it could not be stopped safely in time.",
        (ChangeKind.STAYS_AWAKE, Reason.STOP_REFUSED): "{service} stays awake: it could not be stopped.",
        (ChangeKind.STAYS_AWAKE, Reason.DRY_RUN): "{service} stays awake: its mode is now dry_run.",
        (ChangeKind.STAYS_AWAKE, Reason.NO_LONGER_MANAGED): "{service} stays awake: this module no longer manages it.",
        (ChangeKind.ASLEEP, Reason.IDLE): "{service} is asleep: it was not used for {minutes}.",
        (ChangeKind.ASLEEP, Reason.SLEEP_REQUESTED): "{service} is asleep: sleep was requested.",
        (ChangeKind.ASLEEP, Reason.STOPPED_ELSEWHERE): "{service} is asleep: its desired count was set to zero in ECS.",
        (
            ChangeKind.ASLEEP,
            Reason.WAKE_ABANDONED,
        ): "{service} is asleep again: it did not wake and had no new request.",
        (
            ChangeKind.ASLEEP,
            Reason.DRY_RUN,
        ): "{service} is asleep: its wake was cancelled, because its mode is dry_run.",
        (ChangeKind.WAKES, Reason.WAKE_REQUESTED): "{service} is waking: a wake was requested.",
        (ChangeKind.WAKES, Reason.STARTED_ELSEWHERE): "{service} is waking: it was started in ECS.",
        (
            ChangeKind.WAKES,
            Reason.WAKE_RULE_PROBLEM,
        ): "{service} is waking: its wake rules do not let requests wake it.",
        (ChangeKind.WAKES, Reason.NO_LONGER_MANAGED): "{service} is started again: this module no longer manages it.",
        (ChangeKind.AWAKE, Reason.READY): "{service} is awake, {seconds} after it was requested.",
        (ChangeKind.AWAKE, Reason.NO_LONGER_MANAGED): "{service} runs: this module no longer manages it.",
        (ChangeKind.WAKE_FAILED, Reason.WAKE_FAILED): "{service} did not wake by its deadline.",
    },
    "fr": {
        (ChangeKind.DRAINS, Reason.DRAINING): "{service} va s'endormir\N{NO-BREAK SPACE}: il semble inutilisé.",
        (
            ChangeKind.DRAINS,
            Reason.SLEEP_REQUESTED,
        ): "{service} va s'endormir\N{NO-BREAK SPACE}: sa mise en veille a été demandée.",
        (
            ChangeKind.STAYS_AWAKE,
            Reason.NEEDED_WHILE_DRAINING,
        ): "{service} reste éveillé\N{NO-BREAK SPACE}: on en a encore besoin.",
        (ChangeKind.STAYS_AWAKE, Reason.DRAINED_TOO_LONG): (
            "{service} reste éveillé\N{NO-BREAK SPACE}: il n'a pas pu être arrêté sans risque dans le délai prévu."
        ),
        (
            ChangeKind.STAYS_AWAKE,
            Reason.STOP_REFUSED,
        ): "{service} reste éveillé\N{NO-BREAK SPACE}: il n'a pas pu être arrêté.",
        (
            ChangeKind.STAYS_AWAKE,
            Reason.DRY_RUN,
        ): "{service} reste éveillé\N{NO-BREAK SPACE}: son mode est désormais dry_run.",
        (
            ChangeKind.STAYS_AWAKE,
            Reason.NO_LONGER_MANAGED,
        ): "{service} reste éveillé\N{NO-BREAK SPACE}: ce module ne le gère plus.",
        (
            ChangeKind.ASLEEP,
            Reason.IDLE,
        ): "{service} est endormi\N{NO-BREAK SPACE}: il n'a pas été utilisé pendant {minutes}.",
        (
            ChangeKind.ASLEEP,
            Reason.SLEEP_REQUESTED,
        ): "{service} est endormi\N{NO-BREAK SPACE}: sa mise en veille a été demandée.",
        (
            ChangeKind.ASLEEP,
            Reason.STOPPED_ELSEWHERE,
        ): "{service} est endormi\N{NO-BREAK SPACE}: son nombre de tâches a été mis à zéro dans ECS.",
        (ChangeKind.ASLEEP, Reason.WAKE_ABANDONED): (
            "{service} est de nouveau endormi\N{NO-BREAK SPACE}: "
            "il ne s'est pas réveillé et n'a reçu aucune nouvelle demande."
        ),
        (ChangeKind.ASLEEP, Reason.DRY_RUN): (
            "{service} est endormi\N{NO-BREAK SPACE}: son réveil a été annulé, car son mode est dry_run."
        ),
        (ChangeKind.WAKES, Reason.WAKE_REQUESTED): "{service} se réveille\N{NO-BREAK SPACE}: son réveil a été demandé.",
        (
            ChangeKind.WAKES,
            Reason.STARTED_ELSEWHERE,
        ): "{service} se réveille\N{NO-BREAK SPACE}: il a été démarré dans ECS.",
        (ChangeKind.WAKES, Reason.WAKE_RULE_PROBLEM): (
            "{service} se réveille\N{NO-BREAK SPACE}: "
            "ses règles de réveil ne permettent pas aux requêtes de le réveiller."
        ),
        (
            ChangeKind.WAKES,
            Reason.NO_LONGER_MANAGED,
        ): "{service} est remis en marche\N{NO-BREAK SPACE}: ce module ne le gère plus.",
        (ChangeKind.AWAKE, Reason.READY): "{service} est éveillé, {seconds} après la demande.",
        (ChangeKind.AWAKE, Reason.NO_LONGER_MANAGED): "{service} tourne\N{NO-BREAK SPACE}: ce module ne le gère plus.",
        (ChangeKind.WAKE_FAILED, Reason.WAKE_FAILED): "{service} ne s'est pas réveillé dans le délai prévu.",
    },
}
"""The sentence of a change, by its reason."""

STARTED_IN_ECS: Final = {
    "en": "{service} is awake: it was started in ECS.",
    "fr": "{service} est éveillé\N{NO-BREAK SPACE}: il a été démarré dans ECS.",
}
"""The sentence of a service that is ready without a request to this module."""

ANY_REASON: Final[Mapping[str, Mapping[ChangeKind, str]]] = {
    "en": {
        ChangeKind.DRAINS: "{service} is about to sleep.",
        ChangeKind.STAYS_AWAKE: "{service} stays awake.",
        ChangeKind.ASLEEP: "{service} is asleep.",
        ChangeKind.WAKES: "{service} is waking.",
        ChangeKind.AWAKE: "{service} is awake.",
        ChangeKind.WAKE_FAILED: "{service} did not wake.",
    },
    "fr": {
        ChangeKind.DRAINS: "{service} va s'endormir.",
        ChangeKind.STAYS_AWAKE: "{service} reste éveillé.",
        ChangeKind.ASLEEP: "{service} est endormi.",
        ChangeKind.WAKES: "{service} se réveille.",
        ChangeKind.AWAKE: "{service} est éveillé.",
        ChangeKind.WAKE_FAILED: "{service} ne s'est pas réveillé.",
    },
}
"""The sentence of a change whose reason this version never gives it: another version of the module recorded it."""
