"""The documentation that CloudWatch shows when the widget is added to a dashboard: button *Get documentation*.

CloudWatch reads the first block between triple backquotes as YAML and fills the widget's parameters with it
(CloudWatch User Guide, "Details about custom widgets in CloudWatch").
"""

from __future__ import annotations

from typing import Final

from .panel_event import MOST_ROWS, USUAL_ROWS

EXAMPLE: Final = f"""``` yaml
services: "*"
rows: {USUAL_ROWS}
```"""

ENGLISH: Final = (
    "## ECS Scale-to-Zero: control panel\n\n"
    "This widget shows the services of one instance of the module: phase, since when, last activity, hold, usual wake "
    "time, time asleep today (UTC) and amount saved. Its buttons wake a service, put it to sleep, keep it awake or "
    "release it. Another button keeps all services awake, for example during an incident.\n\n"
    "Anyone who may run this function may press the buttons.\n\n"
    "### Parameters\n\n"
    "Param | Description\n---|---\n"
    "**services** | The keys of the services to show, separated by commas or as a list. `*` matches any characters, "
    "as in `web*`, and `?` matches one. Default: all services.\n"
    f"**rows** | How many services to show on a page, 1 to {MOST_ROWS}. Default: {USUAL_ROWS}.\n\n"
    f"### Example parameters\n\n{EXAMPLE}"
)

FRENCH: Final = (
    "## ECS Scale-to-Zero\N{NO-BREAK SPACE}: panneau de contrôle\n\n"
    "Ce widget affiche les services d’une instance du module\N{NO-BREAK SPACE}: phase, depuis quand, dernière "
    "activité, maintien, temps de réveil habituel, temps de sommeil du jour (UTC) et montant économisé. Ses boutons "
    "permettent de réveiller un service, de l’endormir, de le maintenir éveillé ou de le libérer. Un autre bouton "
    "maintient tous les services éveillés, par exemple pendant un incident.\n\n"
    "Toute personne autorisée à exécuter cette fonction peut utiliser les boutons.\n\n"
    "### Paramètres\n\n"
    "Paramètre | Description\n---|---\n"
    "**services** | Les clés des services à afficher, séparées par des virgules ou sous forme de liste. `*` remplace "
    "une suite quelconque de caractères, comme dans `web*`, et `?` un seul caractère. Par défaut\N{NO-BREAK SPACE}: "
    "tous les services.\n"
    f"**rows** | Nombre de services à afficher par page, de 1 à {MOST_ROWS}. Par défaut\N{NO-BREAK SPACE}: "
    f"{USUAL_ROWS}.\n\n"
    f"### Exemple de paramètres\n\n{EXAMPLE}"
)


def documentation(language: str) -> str:
    """Return the documentation of the panel as Markdown; English if the language is not known."""
    return FRENCH if language == "fr" else ENGLISH
