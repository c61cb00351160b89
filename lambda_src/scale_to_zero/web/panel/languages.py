"""Every text of the panel, in both languages. Pure."""

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

    ``language``: its code. ``columns``: the table's headings, by column. ``phases``: by the result of ``shown_phase``;
    ``counted``: the same, as singular and plural. ``services`` and ``saved_so_far``: singular and plural.
    ``months``: short names. ``presses`` and ``confirmations``: the label of a button, and the question to the
    viewer before it acts. ``reasons``: by their codes. ``decimal`` and ``thousands``: the separators in amounts.
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
        Button.HOLD: "Keep {service} awake for {hold} from now? If it is asleep, it is woken.",
        Button.RELEASE: "Release {service}? It then sleeps as soon as it is idle.",
        Button.HOLD_ALL: "Keep all services of this module awake for {hold} from now? Sleeping services are woken.",
        Button.RELEASE_ALL: "Release all services? Each then sleeps as soon as it is idle, unless it has its own hold.",
    },
    hold_reason="control panel",
    all_held="All services are held awake until {until}.",
    all_held_because="All services are held awake until {until}: {reason}.",
    all_held_already="All services are already held awake until {until}. Nothing was changed.",
    previous="Previous",
    following="Next",
    page="Page {page} of {pages}",
    none_configured="This module manages no service.",
    none_wanted="No service matches the widget's parameter “services”.",
    done="{service}: request sent.",
    done_for_all="Request sent for all services.",
    not_done="The request failed: {why}",
    not_permitted="AWS denied the call: {why}. Retrying does not help until the call is allowed.",
    perhaps_done="An error occurred, perhaps after the request was carried out: check the table. The cause is in the "
    "log of the panel's function.",
    not_read="The services could not be read. The cause is in the log of the panel's function.",
    not_shown="The panel could not be shown. The cause is in the log of its function.",
    no_such_action="Unknown action. Nothing was changed. Allowed actions: wake, sleep, hold, release, hold_all and "
    "release_all.",
    no_service_named="The button named no service, so nothing was changed. Reload the dashboard and try again.",
    faults={
        Fault.NO_EVENT: "The request to the panel is not a JSON object; all services are shown.",
        Fault.UNKNOWN_PARAMETERS: "The widget has unknown parameters. Allowed parameters: “services” and “rows”.",
        Fault.ROWS: f"The widget's parameter “rows” is not a whole number from 1 to {MOST_ROWS}; {USUAL_ROWS} services "
        "are shown.",
        Fault.SERVICES: "The widget's parameter “services” is neither a text nor a list of texts; all services are "
        "shown.",
        Fault.ACTION_AS_PARAMETER: "Only a button can send an action; the widget's parameters cannot. Nothing was "
        "changed. Remove “action” from the parameters.",
    },
)

FRENCH: Final = Words(
    language="fr",
    caption="Services {first} à {last} sur {all}. État à {now}\N{NO-BREAK SPACE}; heures en {zone}.",
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
        "failed": "Échec du réveil",
        "unread": "Inconnu",
        "unseen": "Pas encore vu",
    },
    counted={
        "awake": ("éveillé", "éveillés"),
        "draining": ("s’endort", "s’endorment"),
        "asleep": ("endormi", "endormis"),
        "waking": ("se réveille", "se réveillent"),
        "failed": ("échec du réveil", "échecs du réveil"),
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
        "S’il est endormi, il sera réveillé.",
        Button.RELEASE: "Libérer {service}\N{NO-BREAK SPACE}? Il s’endort dès qu’il est inactif.",
        Button.HOLD_ALL: "Maintenir éveillés tous les services de ce module pendant {hold} à partir de maintenant"
        "\N{NO-BREAK SPACE}? Ceux qui dorment seront réveillés.",
        Button.RELEASE_ALL: "Libérer tous les services\N{NO-BREAK SPACE}? Chacun s’endort dès qu’il est inactif, sauf "
        "s’il a son propre maintien.",
    },
    hold_reason="panneau de contrôle",
    all_held="Tous les services sont maintenus éveillés. Fin\N{NO-BREAK SPACE}: {until}.",
    all_held_because="Tous les services sont maintenus éveillés. Fin\N{NO-BREAK SPACE}: {until}. "
    "Motif\N{NO-BREAK SPACE}: {reason}.",
    all_held_already="Tous les services sont déjà maintenus éveillés. Fin\N{NO-BREAK SPACE}: {until}. "
    "Rien n’a été modifié.",
    previous="Précédent",
    following="Suivant",
    page="Page {page} sur {pages}",
    none_configured="Ce module ne gère aucun service.",
    none_wanted="Aucun service ne correspond au paramètre «\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» du widget.",
    done="{service}\N{NO-BREAK SPACE}: demande envoyée.",
    done_for_all="Demande envoyée pour tous les services.",
    not_done="La demande a échoué\N{NO-BREAK SPACE}: {why}",
    not_permitted="AWS a refusé l’appel\N{NO-BREAK SPACE}: {why}. "
    "Inutile de réessayer tant que l’appel n’est pas autorisé.",
    perhaps_done="Une erreur est survenue, peut\N{NON-BREAKING HYPHEN}être après l’exécution de la demande"
    "\N{NO-BREAK SPACE}: vérifiez le tableau. La cause est dans le journal de la fonction du panneau.",
    not_read="Les services n’ont pas pu être lus. La cause est dans le journal de la fonction du panneau.",
    not_shown="Le panneau n’a pas pu être affiché. La cause est dans le journal de sa fonction.",
    no_such_action="Action inconnue. Rien n’a été modifié. Actions possibles\N{NO-BREAK SPACE}: "
    "wake, sleep, hold, release, hold_all et release_all.",
    no_service_named="Le bouton n’indiquait aucun service\N{NO-BREAK SPACE}: rien n’a été modifié. "
    "Rechargez le tableau de bord, puis réessayez.",
    faults={
        Fault.NO_EVENT: "La demande envoyée au panneau n’est pas un objet JSON\N{NO-BREAK SPACE}; "
        "tous les services sont affichés.",
        Fault.UNKNOWN_PARAMETERS: "Le widget a des paramètres inconnus. Paramètres possibles\N{NO-BREAK SPACE}: "
        "«\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» et «\N{NO-BREAK SPACE}rows\N{NO-BREAK SPACE}».",
        Fault.ROWS: "Le paramètre «\N{NO-BREAK SPACE}rows\N{NO-BREAK SPACE}» du widget n’est pas un nombre entier "
        f"de 1 à {MOST_ROWS}\N{NO-BREAK SPACE}; {USUAL_ROWS} services sont affichés.",
        Fault.SERVICES: "Le paramètre «\N{NO-BREAK SPACE}services\N{NO-BREAK SPACE}» du widget n’est ni un texte "
        "ni une liste de textes\N{NO-BREAK SPACE}; tous les services sont affichés.",
        Fault.ACTION_AS_PARAMETER: "Seul un bouton peut envoyer une action, pas les paramètres du widget. Rien n’a été "
        "modifié. Supprimez «\N{NO-BREAK SPACE}action\N{NO-BREAK SPACE}» des paramètres.",
    },
)


def words_of(language: str) -> Words:
    """Return the texts in a language; English if the language is not known."""
    return FRENCH if language == "fr" else ENGLISH
