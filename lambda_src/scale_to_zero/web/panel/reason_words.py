"""One fixed sentence for each reason, in English and French, for the control panel. Pure.

The sentence of a decision has more details (names, instants, AWS's errors), but only in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scale_to_zero.model.reasons import Reason
from scale_to_zero.rules.attention import Attention

# Codes are the keys: a code read from the table can come from another version of the module.
REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        Reason.OFF: "Its mode is off, so the module skips it.",
        Reason.DRY_RUN: "Its mode is dry_run, so the module changes nothing.",
        Reason.NO_LONGER_MANAGED: "The module no longer manages it, so it runs again if the module had stopped it.",
        Reason.LEAVING: "Its removal from the module has begun and is not complete.",
        Reason.NOT_SEEN: "ECS could not be read, so the service is not changed.",
        Reason.STATE_UNREADABLE: "Its service state cannot be read, so the service is not changed.",
        Reason.SERVICE_MISSING: "ECS has no such service or no such cluster.",
        Reason.SERVICE_NOT_ACTIVE: "ECS is deleting it, or has deleted it.",
        Reason.DAEMON: "It is a DAEMON service, which has no desired count to set to zero.",
        Reason.FIRST_SEEN: "The module sees it for the first time.",
        Reason.ASLEEP: "It is asleep.",
        Reason.STOP_UNDER_WAY: "It is being stopped.",
        Reason.STOP_COMPLETED: "It is stopped, but the run that stopped it ended before it could record the stop.",
        Reason.STOP_REFUSED: "It could not be stopped, so it keeps running.",
        Reason.SCALING_NOT_SUSPENDED: (
            "It is asleep, but its scaling is not suspended, so Application Auto Scaling may start it."
        ),
        Reason.STARTED_ELSEWHERE: "It was started in ECS.",
        Reason.STOPPED_ELSEWHERE: "Its desired count was set to zero in ECS.",
        Reason.COUNT_CHANGED: "Its desired count was changed, and the next wake restores the new one.",
        Reason.WAKE_REQUESTED: "A wake was requested, so it is being started.",
        Reason.WAKE_WAITS_FOR_STOP: "A wake was requested while it was being stopped, so it starts after the stop.",
        Reason.WAKE_UNFINISHED: "It should be waking, but ECS still shows zero tasks, so the module retries.",
        Reason.WAKING: "Its tasks are starting, but it is not ready yet.",
        Reason.READINESS_UNKNOWN: "It is waking, but the module could not find out whether it is ready.",
        Reason.READY: "It is ready.",
        Reason.HAS_WATCHER: "It is waking, and a run of the scale-up function watches it until it is ready.",
        Reason.WAKE_FAILED: "It was not ready by its deadline; the wake continues.",
        Reason.WAKE_ABANDONED: "It did not wake and was not requested again, so it goes back to zero.",
        Reason.AWAKE: "A wake was requested while it was awake, so a new idle window begins.",
        Reason.HELD: "A hold or a schedule keeps it awake.",
        Reason.HOLD_ALL_UNKNOWN: "The module could not read what holds all services awake, so it puts none to sleep.",
        Reason.RELEASED_FROM_HOLD: "Nothing keeps it awake any longer, so it sleeps when it is idle.",
        Reason.DEPLOYMENT_RUNNING: "A deployment is running, so it stays awake.",
        Reason.DEPLOYMENT_NOT_ENDING: "A deployment has been running for hours, so it stays awake.",
        Reason.DEPLOYMENT_ENDED: "A deployment has ended, so its idle window begins now.",
        Reason.UNWATCHED_TRAFFIC_SOURCE: "It has a traffic source that the module does not watch, so it stays awake.",
        Reason.NO_TARGET_GROUPS: "It has no target group that shows whether it is used, so it stays awake.",
        Reason.RECENTLY_ACTIVE: "It was used or started too recently to be idle.",
        Reason.MAY_BE_IDLE: "It may be idle, so the module is reading its metrics.",
        Reason.IN_USE: "It had a request a short time ago.",
        Reason.TRAFFIC_UNKNOWN: "The module could not read its traffic, so it stays awake.",
        Reason.METRICS_BEHIND: "No request is visible, but its metrics are not complete yet.",
        Reason.TASK_PROTECTED: "One of its tasks is protected from being stopped, so it stays awake.",
        Reason.PROTECTION_UNKNOWN: (
            "The module could not find out whether one of its tasks is protected, so it stays awake."
        ),
        Reason.LEFT_TO_AUTO_SCALING: (
            "Its minimum capacity is 0, so Application Auto Scaling starts and stops it, and the module does not."
        ),
        Reason.SCALABLE_TARGET_UNKNOWN: (
            "The module could not find out how Application Auto Scaling scales it, so it stays awake."
        ),
        Reason.PREDICTIVE_SCALING: (
            "A predictive scaling policy scales it, which cannot be suspended, so it stays awake."
        ),
        Reason.SCALING_PUT_BACK: "A change of its scaling may still be under way, so it is not stopped yet.",
        Reason.IDLE: "It had no activity during its whole idle window, so it goes to zero.",
        Reason.SLEEP_REQUESTED: "Sleep was requested.",
        Reason.SLEEP_ABANDONED: "Sleep was requested, but abandoned, because something kept the service awake.",
        Reason.WAKE_RULE_PROBLEM: "Its wake rules have a problem: requests would not wake it correctly.",
        Reason.WAKE_RULES_UNKNOWN: "The module could not read its wake rules, so it stays awake.",
        Reason.DRAINING: "It seems to be idle, and the module checks this before it stops the service.",
        Reason.NEEDED_WHILE_DRAINING: "It was about to sleep, but something keeps it awake.",
        Reason.DRAINED_TOO_LONG: "It could not be stopped safely in time, so it is awake again.",
        Reason.WOULD_SLEEP: "It would be asleep now if its mode were act.",
        Reason.WOULD_WAKE: "A request would have woken it if its mode were act.",
        Attention.RUNNING_THOUGH_ASLEEP: "It has been asleep for a while, but its tasks still run and cost money.",
        Attention.SCALING_SUSPENDED: "It runs, but all its scaling is suspended, and the module does not know why.",
        Attention.SCALING_SUSPENDED_AGAIN: (
            "It runs, but its scaling was suspended as while it slept, so the module puts it back as it was before."
        ),
    },
    "fr": {
        Reason.OFF: (
            "Son mode est «\N{NO-BREAK SPACE}off\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: le module n’y touche pas."
        ),
        Reason.DRY_RUN: (
            "Son mode est «\N{NO-BREAK SPACE}dry_run\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: le module ne change rien."
        ),
        Reason.NO_LONGER_MANAGED: (
            "Le module ne le gère plus\N{NO-BREAK SPACE}: s’il l’avait arrêté, le service est remis en marche."
        ),
        Reason.LEAVING: "Son retrait du module a commencé et n’est pas terminé.",
        Reason.NOT_SEEN: "ECS n’a pas pu être lu\N{NO-BREAK SPACE}: le service n’est pas modifié.",
        Reason.STATE_UNREADABLE: ("Son état enregistré est illisible\N{NO-BREAK SPACE}: le service n’est pas modifié."),
        Reason.SERVICE_MISSING: "ECS ne connaît pas ce service ou ce cluster.",
        Reason.SERVICE_NOT_ACTIVE: "ECS est en train de le supprimer ou l’a déjà supprimé.",
        Reason.DAEMON: "C’est un service DAEMON\N{NO-BREAK SPACE}: il n’a pas de nombre de tâches à mettre à zéro.",
        Reason.FIRST_SEEN: "Le module le voit pour la première fois.",
        Reason.ASLEEP: "Il est endormi.",
        Reason.STOP_UNDER_WAY: "Il est en cours d’arrêt.",
        Reason.STOP_COMPLETED: (
            "Il est arrêté, mais l’exécution qui l’a arrêté s’est terminée avant de pouvoir l’enregistrer."
        ),
        Reason.STOP_REFUSED: "Il n’a pas pu être arrêté\N{NO-BREAK SPACE}: il continue de tourner.",
        Reason.SCALING_NOT_SUSPENDED: (
            "Il est endormi, mais sa mise à l’échelle n’est pas suspendue\N{NO-BREAK SPACE}: "
            "Application Auto Scaling peut le démarrer."
        ),
        Reason.STARTED_ELSEWHERE: "Il a été démarré dans ECS.",
        Reason.STOPPED_ELSEWHERE: "Son nombre de tâches a été mis à zéro dans ECS.",
        Reason.COUNT_CHANGED: (
            "Son nombre de tâches a été modifié\N{NO-BREAK SPACE}: le prochain réveil rétablira ce nombre."
        ),
        Reason.WAKE_REQUESTED: "Son réveil a été demandé\N{NO-BREAK SPACE}: il démarre.",
        Reason.WAKE_WAITS_FOR_STOP: (
            "Son réveil a été demandé pendant son arrêt\N{NO-BREAK SPACE}: il démarrera dès que l’arrêt sera terminé."
        ),
        Reason.WAKE_UNFINISHED: (
            "Il devrait se réveiller, mais ECS affiche encore zéro tâche\N{NO-BREAK SPACE}: le module réessaie."
        ),
        Reason.WAKING: "Ses tâches démarrent, mais il n’est pas encore prêt.",
        Reason.READINESS_UNKNOWN: "Il se réveille, mais le module n’a pas pu déterminer s’il est prêt.",
        Reason.READY: "Il est prêt.",
        Reason.HAS_WATCHER: (
            "Il se réveille, et une exécution de la fonction scale-up le surveille jusqu’à ce qu’il soit prêt."
        ),
        Reason.WAKE_FAILED: "Il n’était pas prêt dans le délai prévu, mais son réveil se poursuit.",
        Reason.WAKE_ABANDONED: (
            "Il ne s’est pas réveillé et n’a reçu aucune nouvelle demande\N{NO-BREAK SPACE}: il revient à zéro."
        ),
        Reason.AWAKE: (
            "Son réveil a été demandé alors qu’il était déjà éveillé\N{NO-BREAK SPACE}: "
            "son délai d’inactivité repart de zéro."
        ),
        Reason.HELD: "Un maintien ou une planification le garde éveillé.",
        Reason.HOLD_ALL_UNKNOWN: (
            "Le module n’a pas pu lire ce qui maintient tous les services éveillés\N{NO-BREAK SPACE}: "
            "il n’en endort aucun."
        ),
        Reason.RELEASED_FROM_HOLD: (
            "Plus rien ne le maintient éveillé\N{NO-BREAK SPACE}: il s’endormira dès qu’il sera inactif."
        ),
        Reason.DEPLOYMENT_RUNNING: "Un déploiement est en cours\N{NO-BREAK SPACE}: il reste éveillé.",
        Reason.DEPLOYMENT_NOT_ENDING: "Un déploiement dure depuis des heures\N{NO-BREAK SPACE}: il reste éveillé.",
        Reason.DEPLOYMENT_ENDED: (
            "Un déploiement s’est terminé\N{NO-BREAK SPACE}: son délai d’inactivité commence maintenant."
        ),
        Reason.UNWATCHED_TRAFFIC_SOURCE: (
            "Il a une source de trafic que le module ne surveille pas\N{NO-BREAK SPACE}: il reste éveillé."
        ),
        Reason.NO_TARGET_GROUPS: "Aucun groupe cible ne montre s’il est utilisé\N{NO-BREAK SPACE}: il reste éveillé.",
        Reason.RECENTLY_ACTIVE: "Il a été utilisé ou démarré trop récemment pour être inactif.",
        Reason.MAY_BE_IDLE: (
            "Il est peut\N{NON-BREAKING HYPHEN}être inactif\N{NO-BREAK SPACE}: le module lit ses métriques."
        ),
        Reason.IN_USE: "Il a reçu une requête il y a peu.",
        Reason.TRAFFIC_UNKNOWN: "Le module n’a pas pu lire son trafic\N{NO-BREAK SPACE}: il reste éveillé.",
        Reason.METRICS_BEHIND: "Aucune requête n’est visible, mais ses métriques ne sont pas encore complètes.",
        Reason.TASK_PROTECTED: "L’une de ses tâches est protégée contre l’arrêt\N{NO-BREAK SPACE}: il reste éveillé.",
        Reason.PROTECTION_UNKNOWN: (
            "Le module n’a pas pu déterminer si l’une de ses tâches est protégée\N{NO-BREAK SPACE}: il reste éveillé."
        ),
        Reason.LEFT_TO_AUTO_SCALING: (
            "Sa capacité minimale est 0\N{NO-BREAK SPACE}: Application Auto Scaling le démarre et l’arrête, "
            "le module n’y touche pas."
        ),
        Reason.SCALABLE_TARGET_UNKNOWN: (
            "Le module n’a pas pu déterminer comment Application Auto Scaling règle son nombre de tâches"
            "\N{NO-BREAK SPACE}: il reste éveillé."
        ),
        Reason.PREDICTIVE_SCALING: (
            "Une stratégie de mise à l’échelle prédictive, qui ne peut pas être suspendue, règle son nombre de tâches"
            "\N{NO-BREAK SPACE}: il reste éveillé."
        ),
        Reason.SCALING_PUT_BACK: (
            "Un changement de sa mise à l’échelle est peut-être encore en cours\N{NO-BREAK SPACE}: "
            "il n’est pas encore arrêté."
        ),
        Reason.IDLE: (
            "Il n’a eu aucune activité pendant tout son délai d’inactivité\N{NO-BREAK SPACE}: il passe à zéro."
        ),
        Reason.SLEEP_REQUESTED: "Sa mise en veille a été demandée.",
        Reason.SLEEP_ABANDONED: (
            "Sa mise en veille a été demandée, puis abandonnée\N{NO-BREAK SPACE}: "
            "quelque chose maintenait le service éveillé."
        ),
        Reason.WAKE_RULE_PROBLEM: (
            "Ses règles de réveil présentent un problème\N{NO-BREAK SPACE}: une requête risque de ne pas le réveiller."
        ),
        Reason.WAKE_RULES_UNKNOWN: (
            "Le module n’a pas pu lire ses règles de réveil\N{NO-BREAK SPACE}: il reste éveillé."
        ),
        Reason.DRAINING: "Il semble inactif\N{NO-BREAK SPACE}: le module le vérifie avant de l’arrêter.",
        Reason.NEEDED_WHILE_DRAINING: "Il allait s’endormir, mais quelque chose le maintient éveillé.",
        Reason.DRAINED_TOO_LONG: (
            "Il n’a pas pu être arrêté sans risque dans le délai prévu\N{NO-BREAK SPACE}: il est de nouveau éveillé."
        ),
        Reason.WOULD_SLEEP: (
            "Il serait endormi maintenant si son mode était «\N{NO-BREAK SPACE}act\N{NO-BREAK SPACE}»."
        ),
        Reason.WOULD_WAKE: (
            "Une requête l’aurait réveillé si son mode était «\N{NO-BREAK SPACE}act\N{NO-BREAK SPACE}»."
        ),
        Attention.RUNNING_THOUGH_ASLEEP: (
            "Il est endormi depuis un moment, mais ses tâches s’exécutent encore et coûtent de l’argent."
        ),
        Attention.SCALING_SUSPENDED: (
            "Il tourne, mais toute sa mise à l’échelle est suspendue, et le module ne sait pas pourquoi."
        ),
        Attention.SCALING_SUSPENDED_AGAIN: (
            "Il tourne, mais sa mise à l’échelle était suspendue comme pendant son sommeil\N{NO-BREAK SPACE}: "
            "le module la rétablit."
        ),
    },
}
