"""The languages of the page, the choice between them, and every text of the page. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "fr"]

_WEIGHT: Final = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def language_of(accept_language: str, fixed: str | None) -> Language:
    """Return the fixed language, else the one that the visitor's ``Accept-Language`` prefers, else English."""
    if fixed is not None:
        return "fr" if fixed == "fr" else "en"
    preferred: Language = "en"
    highest = 0.0
    for part in accept_language.split(","):
        tag, _, parameters = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters.strip().lower())
        if language in ("en", "fr", "*") and weight > highest:
            preferred, highest = ("fr" if language == "fr" else "en"), weight
    return preferred


def _weight(parameters: str) -> float:
    """Return a language's weight from 0 to 1; a weight that cannot be read counts as 0."""
    if not parameters:
        return 1.0
    weight = _WEIGHT.fullmatch(parameters)
    return float(weight[1]) if weight else 0.0


@dataclass(frozen=True)
class Saying:
    """The texts of the page for one state."""

    heading: str
    message: str


@dataclass(frozen=True)
class Words:
    """Every text of the page in one language; ``{elapsed}``, ``{usual}`` and ``{retry}`` are replaced by durations.

    ``sayings``: by state. ``started``, ``started_usual``, ``started_overdue``: shown if the usual wake time is unknown,
    not yet over, or over. ``retry_in`` and ``retry_now``: when a new attempt can be made.
    """

    sayings: Mapping[str, Saying]
    wake: str
    again: str
    cause: str
    progress: str
    started: str
    started_usual: str
    started_overdue: str
    retry_in: str
    retry_now: str


ASLEEP: Final = Saying("This service is asleep", "It is switched off while nobody uses it. Wake it when you need it.")
ENDORMI: Final = Saying(
    "Ce service est endormi",
    "Il est arrêté tant que personne ne s’en sert. Réveillez\N{NON-BREAKING HYPHEN}le quand vous en avez besoin.",
)
WORDS: Final[Mapping[Language, Words]] = {
    "en": Words(
        sayings={
            "asleep": ASLEEP,
            "needs_confirmation": ASLEEP,
            "waking": Saying(
                "Waking up",
                "Nobody was using this service, so it was switched off. It is starting now. This page opens it as soon "
                "as it is ready.",
            ),
            "ready": Saying("Ready", "The service is awake and opens in a moment."),
            "failed": Saying(
                "Not ready in time", "The service was started but is still not ready. The wake continues."
            ),
            "backoff": Saying(
                "It could not be started", "The service failed to start. It pauses before the next attempt."
            ),
            "unavailable": Saying("Not available right now", "The service cannot be reached at the moment."),
        },
        wake="Wake it up",
        again="Try again",
        cause="Reported cause",
        progress="Start progress",
        started="Started {elapsed} ago.",
        started_usual="Started {elapsed} ago, usually takes about {usual}.",
        started_overdue="Started {elapsed} ago, longer than the usual {usual}.",
        retry_in="A new attempt can be made in {retry}.",
        retry_now="A new attempt can be made now.",
    ),
    "fr": Words(
        sayings={
            "asleep": ENDORMI,
            "needs_confirmation": ENDORMI,
            "waking": Saying(
                "Réveil en cours",
                "Personne n’utilisait ce service, il était donc arrêté. Il démarre maintenant. Cette page l’ouvrira "
                "dès qu’il sera prêt.",
            ),
            "ready": Saying("C’est prêt", "Le service est réveillé et s’ouvre dans un instant."),
            "failed": Saying(
                "Pas prêt à temps", "Le service a été lancé mais n’est toujours pas prêt. Le réveil se poursuit."
            ),
            "backoff": Saying(
                "Le démarrage a échoué", "Le service n’a pas pu démarrer. Une pause précède le prochain essai."
            ),
            "unavailable": Saying("Indisponible pour le moment", "Le service ne répond pas pour l’instant."),
        },
        wake="Réveiller le service",
        again="Réessayer",
        cause="Cause signalée",
        progress="Avancement du démarrage",
        started="Lancé il y a {elapsed}.",
        started_usual="Lancé il y a {elapsed}, prêt d’ordinaire en {usual} environ.",
        started_overdue="Lancé il y a {elapsed}, soit plus que d’ordinaire ({usual}).",
        retry_in="Nouvel essai possible dans {retry}.",
        retry_now="Nouvel essai possible dès maintenant.",
    ),
}


def duration(seconds: int) -> str:
    """Write a duration, the same in both languages; ``page.js`` writes it the same way."""
    if seconds < 90:
        return f"{seconds}\N{NO-BREAK SPACE}s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}\N{NO-BREAK SPACE}min" + (f"\N{NO-BREAK SPACE}{rest}\N{NO-BREAK SPACE}s" if rest else "")
