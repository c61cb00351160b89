"""What CloudWatch shows of the panel when its widget is added to a dashboard: its button *Get documentation*.

CloudWatch fills the widget's parameters with the first block between triple back quotes, read as YAML
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
    "The services of one instance of the module: phase, since when, last activity, hold, usual wake time, how long "
    "each slept today (UTC) and what its sleep has saved; with buttons to wake it, put it to sleep, keep it awake and "
    "release it, and to keep all of them awake, for an incident.\n\n"
    "Anyone who may run this function may press the buttons.\n\n"
    "### Parameters\n\n"
    "Param | Description\n---|---\n"
    "**services** | The keys of the services to show, with commas between them or as a list; `*` stands for any "
    "characters, as in `web*`, and `?` for one. All services without it.\n"
    f"**rows** | How many services to show on a page, 1 to {MOST_ROWS}. {USUAL_ROWS} without it.\n\n"
    f"### Example parameters\n\n{EXAMPLE}"
)

FRENCH: Final = (
    "## ECS Scale-to-Zero\N{NO-BREAK SPACE}: panneau de contrôle\n\n"
    "Les services d’une instance du module\N{NO-BREAK SPACE}: phase, depuis quand, dernière activité, maintien, temps "
    "de réveil habituel, combien chacun a dormi aujourd’hui (UTC) et ce que son sommeil a économisé, avec des boutons "
    "pour le réveiller, l’endormir, le maintenir éveillé et le libérer, et pour les maintenir tous éveillés, le temps "
    "d’un incident.\n\n"
    "Toute personne autorisée à exécuter cette fonction peut utiliser les boutons.\n\n"
    "### Paramètres\n\n"
    "Paramètre | Description\n---|---\n"
    "**services** | Les clés des services à afficher, séparées par des virgules ou en liste\N{NO-BREAK SPACE}; `*` "
    "remplace n’importe quels caractères, comme dans `web*`, et `?` un seul. Sans lui, tous les services.\n"
    f"**rows** | Combien de services afficher par page, de 1 à {MOST_ROWS}. Sans lui, {USUAL_ROWS}.\n\n"
    f"### Exemple de paramètres\n\n{EXAMPLE}"
)


def documentation(language: str) -> str:
    """The documentation of the panel, as Markdown; English where there is none in the language."""
    return FRENCH if language == "fr" else ENGLISH
