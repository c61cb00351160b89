"""Every text of the panel, in each of its languages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .buttons import Button
from .panel_event import MOST_ROWS, USUAL_ROWS, Fault
from .reason_words import REASONS


@dataclass(frozen=True)
class Words:
    """Every text in one language; names in braces are replaced by values.

    ``language``: its code. ``columns``: the heads of the table, by column. ``phases``: by what ``shown_phase`` answers;
    ``counted``: the same for one and for several services. ``services`` and ``saved_so_far``: for one and for several.
    ``months``: short names. ``presses`` and ``confirmations``: the label of a button, and the question before it
    acts. ``reasons``: by their codes. ``decimal`` and ``thousands``: the signs in amounts.
    """

    language: str
    caption: str
    columns: Mapping[str, str]
    phases: Mapping[str, str]
    counted: Mapping[str, tuple[str, str]]
    services: tuple[str, str]
    saved_so_far: tuple[str, str]
    months: tuple[str, ...]
    day: str
    amount: str
    decimal: str
    thousands: str
    dry_run: str
    skipped: str
    sleep_requested: str
    ready_in: str
    overdue: str
    cause: str
    needs_attention: str
    why: str
    reasons: Mapping[str, str]
    presses: Mapping[Button, str]
    confirmations: Mapping[Button, str]
    hold_reason: str
    all_held: str
    all_held_because: str
    all_held_already: str
    previous: str
    following: str
    page: str
    none_configured: str
    none_wanted: str
    done: str
    done_for_all: str
    not_done: str
    not_permitted: str
    perhaps_done: str
    not_read: str
    not_shown: str
    no_such_action: str
    no_service_named: str
    faults: Mapping[Fault, str]


ENGLISH: Final = Words(
    language="en",
    caption="Services {first} to {last} of {all}. As of {now}; times are {zone}.",
    columns={
        "service": "Service",
        "phase": "Phase",
        "since": "Since",
        "activity": "Last activity",
        "hold": "Held until",
        "wake": "Usual wake",
        "asleep": "Asleep today",
        "saved": "Saved",
        "actions": "Actions",
    },
    phases={
        "awake": "Awake",
        "draining": "Draining",
        "asleep": "Asleep",
        "waking": "Waking",
        "failed": "Wake failed",
        "unread": "Unknown",
        "unseen": "Not seen yet",
    },
    counted={
        "awake": ("awake", "awake"),
        "draining": ("draining", "draining"),
        "asleep": ("asleep", "asleep"),
        "waking": ("waking", "waking"),
        "failed": ("wake failed", "wakes failed"),
        "unread": ("unknown", "unknown"),
        "unseen": ("not seen yet", "not seen yet"),
    },
    services=("service", "services"),
    saved_so_far=("{saved} saved so far", "{saved} saved so far"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    day="{day}\N{NO-BREAK SPACE}{month}, {time}",
    amount="${number}",
    decimal=".",
    thousands=",",
    dry_run="dry run",
    skipped="skipped",
    sleep_requested="will be put to sleep",
    ready_in="ready in about {left}",
    overdue="takes longer than usual",
    cause="Reported cause:",
    needs_attention="Needs attention:",
    why="Why:",
    reasons=REASONS["en"],
    presses={
        Button.WAKE: "Wake",
        Button.SLEEP: "Sleep",
        Button.HOLD: "Keep awake {hold}",
        Button.RELEASE: "Release",
        Button.HOLD_ALL: "Keep all awake {hold}",
        Button.RELEASE_ALL: "Release all",
    },
    confirmations={
        Button.WAKE: "Wake {service} now?",
        Button.SLEEP: "Put {service} to sleep now, without waiting until it is idle?",
        Button.HOLD: "Keep {service} awake for {hold} from now? If it sleeps, it is woken.",
        Button.RELEASE: "Lift the hold of {service}? It then sleeps as soon as it is idle.",
        Button.HOLD_ALL: "Keep all services of this module awake for {hold} from now? Those that sleep are woken.",
        Button.RELEASE_ALL: "Release all services? Each then sleeps as soon as it is idle, unless it has a hold of its "
        "own.",
    },
    hold_reason="control panel",
    all_held="All services are held awake until {until}.",
    all_held_because="All services are held awake until {until}: {reason}.",
    all_held_already="All services are held awake until {until} already; nothing was changed.",
    previous="Previous",
    following="Next",
    page="Page {page} of {pages}",
    none_configured="This module manages no service.",
    none_wanted="No service has a key that the widget's parameter “services” names.",
    done="{service}: request sent.",
    done_for_all="Request sent for all services.",
    not_done="It could not be done: {why}",
    not_permitted="AWS does not permit it: {why}. Retrying does not help until the call is allowed.",
    perhaps_done="Something went wrong, and it may or may not have been done: see the table. The cause is in the log "
    "of the panel's function.",
    not_read="The services could not be read. The cause is in the log of the panel's function.",
    not_shown="The panel could not be shown. The cause is in the log of its function.",
    no_such_action="There is no such action, and nothing was changed: allowed are wake, sleep, hold, "
    "release, hold_all and release_all.",
    no_service_named="The action names no service, and nothing was changed.",
    faults={
        Fault.NO_EVENT: "The request to the panel is no JSON object; all services are shown.",
        Fault.UNKNOWN_PARAMETERS: "The widget has unknown parameters; allowed are “services” and “rows”.",
        Fault.ROWS: f"The widget's parameter “rows” is no whole number from 1 to {MOST_ROWS}; {USUAL_ROWS} are shown.",
        Fault.SERVICES: "The widget's parameter “services” is neither a text nor a list of texts; all are shown.",
        Fault.ACTION_AS_PARAMETER: "An action is a button's, and no parameter of the widget: nothing was changed. "
        "Remove “action” from its parameters.",
    },
)

FRENCH: Final = Words(
    language="fr",
    caption="Services {first} à {last} sur {all}. État à {now} ; heures en {zone}.",
    columns={
        "service": "Service",
        "phase": "Phase",
        "since": "Depuis",
        "activity": "Dernière activité",
        "hold": "Maintenu jusqu’à",
        "wake": "Réveil habituel",
        "asleep": "Endormi aujourd’hui",
        "saved": "Économisé",
        "actions": "Actions",
    },
    phases={
        "awake": "Éveillé",
        "draining": "S’endort",
        "asleep": "Endormi",
        "waking": "Se réveille",
        "failed": "Réveil échoué",
        "unread": "Inconnu",
        "unseen": "Pas encore vu",
    },
    counted={
        "awake": ("éveillé", "éveillés"),
        "draining": ("s’endort", "s’endorment"),
        "asleep": ("endormi", "endormis"),
        "waking": ("se réveille", "se réveillent"),
        "failed": ("réveil échoué", "réveils échoués"),
        "unread": ("inconnu", "inconnus"),
        "unseen": ("pas encore vu", "pas encore vus"),
    },
    services=("service", "services"),
    saved_so_far=("{saved} économisé à ce jour", "{saved} économisés à ce jour"),
    months=("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    day="{day}\N{NO-BREAK SPACE}{month} {time}",
    amount="{number}\N{NO-BREAK SPACE}$",
    decimal=",",
    thousands="\N{NARROW NO-BREAK SPACE}",
    dry_run="dry_run",
    skipped="ignoré",
    sleep_requested="va être endormi",
    ready_in="prêt dans {left} environ",
    overdue="plus long que d’ordinaire",
    cause="Cause signalée\N{NO-BREAK SPACE}:",
    needs_attention="À vérifier\N{NO-BREAK SPACE}:",
    why="Pourquoi\N{NO-BREAK SPACE}:",
    reasons=REASONS["fr"],
    presses={
        Button.WAKE: "Réveiller",
        Button.SLEEP: "Endormir",
        Button.HOLD: "Maintenir {hold}",
        Button.RELEASE: "Libérer",
        Button.HOLD_ALL: "Tout maintenir {hold}",
        Button.RELEASE_ALL: "Tout libérer",
    },
    confirmations={
        Button.WAKE: "Réveiller {service} maintenant\N{NO-BREAK SPACE}?",
        Button.SLEEP: "Endormir {service} maintenant, sans attendre qu’il soit inactif\N{NO-BREAK SPACE}?",
        Button.HOLD: "Maintenir {service} éveillé pendant {hold} à partir de maintenant\N{NO-BREAK SPACE}? "
        "S’il est endormi, il est réveillé.",
        Button.RELEASE: "Lever le maintien de {service}\N{NO-BREAK SPACE}? Il s’endort dès qu’il est inactif.",
        Button.HOLD_ALL: "Maintenir éveillés tous les services de ce module pendant {hold} à partir de maintenant"
        "\N{NO-BREAK SPACE}? Ceux qui dorment sont réveillés.",
        Button.RELEASE_ALL: "Libérer tous les services\N{NO-BREAK SPACE}? Chacun s’endort dès qu’il est inactif, sauf "
        "s’il a son propre maintien.",
    },
    hold_reason="panneau de contrôle",
    all_held="Tous les services sont maintenus éveillés jusqu’à {until}.",
    all_held_because="Tous les services sont maintenus éveillés jusqu’à {until}\N{NO-BREAK SPACE}: {reason}.",
    all_held_already="Tous les services sont déjà maintenus éveillés jusqu’à {until}\N{NO-BREAK SPACE}; rien n’a été "
    "changé.",
    previous="Précédent",
    following="Suivant",
    page="Page {page} sur {pages}",
    none_configured="Ce module ne gère aucun service.",
    none_wanted="Aucun service n’a de clé que nomme le paramètre «\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» "
    "du widget.",
    done="{service}\N{NO-BREAK SPACE}: demande envoyée.",
    done_for_all="Demande envoyée pour tous les services.",
    not_done="Cela n’a pas pu être fait\N{NO-BREAK SPACE}: {why}",
    not_permitted="AWS ne l’autorise pas\N{NO-BREAK SPACE}: {why}. "
    "Inutile de réessayer tant que l’appel n’est pas autorisé.",
    perhaps_done="Une erreur est survenue, et l’action a peut\N{NON-BREAKING HYPHEN}être été faite\N{NO-BREAK SPACE}: "
    "voyez le tableau. La cause est dans le journal de la fonction du panneau.",
    not_read="Les services n’ont pas pu être lus. La cause est dans le journal de la fonction du panneau.",
    not_shown="Le panneau n’a pas pu être affiché. La cause est dans le journal de sa fonction.",
    no_such_action="Cette action n’existe pas, et rien n’a été changé\N{NO-BREAK SPACE}: "
    "sont permises wake, sleep, hold, release, hold_all et release_all.",
    no_service_named="L’action ne nomme aucun service, et rien n’a été changé.",
    faults={
        Fault.NO_EVENT: "La demande faite au panneau n’est pas un objet JSON\N{NO-BREAK SPACE}; "
        "tous les services sont affichés.",
        Fault.UNKNOWN_PARAMETERS: "Le widget a des paramètres inconnus\N{NO-BREAK SPACE}; sont permis "
        "«\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» et «\N{NO-BREAK SPACE}rows\N{NO-BREAK SPACE}».",
        Fault.ROWS: "Le paramètre «\N{NO-BREAK SPACE}rows\N{NO-BREAK SPACE}» du widget n’est pas un nombre entier "
        f"de 1 à {MOST_ROWS}\N{NO-BREAK SPACE}; {USUAL_ROWS} lignes sont affichées.",
        Fault.SERVICES: "Le paramètre «\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» du widget n’est ni un texte "
        "ni une liste de textes\N{NO-BREAK SPACE}; tous les services sont affichés.",
        Fault.ACTION_AS_PARAMETER: "Une action appartient à un bouton, pas aux paramètres du widget\N{NO-BREAK SPACE}: "
        "rien n’a été changé. Retirez\N{NON-BREAKING HYPHEN}en «\N{NO-BREAK SPACE}action\N{NO-BREAK SPACE}».",
    },
)


def words_of(language: str) -> Words:
    """The texts in a language; English where there are none in it."""
    return FRENCH if language == "fr" else ENGLISH
