# What the dashboard says, in English and in French.

locals {
  hourly_costs = {
    for key in local.services_shown : key => local.services_on_dashboard[key].hourly_cost
    if local.services_on_dashboard[key].hourly_cost != null
  }

  woken_on_dashboard = [
    for key in local.services_shown : key
    if local.services_on_dashboard[key].wake_on_request != null && local.services_on_dashboard[key].mode == "act"
  ]

  # A header that names a thousand services is read by nobody, and fits nowhere.
  names_in_header = 10

  # Of each list in the header: the first names, how many more there are, and how many in all.
  listed = {
    for what, names in {
      costs           = [for key, cost in local.hourly_costs : "${key} ${cost}"]
      woken           = local.woken_on_dashboard
      not_shown       = sort(setsubtract(keys(local.services_on_dashboard), local.services_shown))
      without_history = sort(setsubtract(local.services_shown, local.services_with_history))
      } : what => {
      names = join(", ", slice(names, 0, min(length(names), local.names_in_header)))
      more  = max(0, length(names) - local.names_in_header)
      all   = length(names)
    }
  }

  wake_command = "aws lambda invoke --region ${local.region} --function-name ${module.scale_up.function.function_name} --cli-binary-format raw-in-base64-out"

  dashboard_words = {
    en = {
      state                = "Service State (Active/Idle)"
      active               = "Active"
      idle                 = "Idle"
      desired              = "Desired Count"
      desired_from_running = "From running tasks"
      requests             = "ALB Requests"
      no_requests          = "No load balancer is watched for this service."
      running              = "Running ECS Tasks"
      panel                = "Control Panel"
      held_all             = "All Services Held Awake"
      held                 = "Held"
      wake_time            = "Wake Time by Part (p90)"
      wake_whole           = "Whole"
      wake_parts           = { accepted = "Accepted", created = "Created", pulled = "Pulled", started = "Started", healthy = "Healthy", disarmed = "Disarmed" }
      seconds              = "seconds"
      wakes                = "Wakes per Day"
      wakes_done           = "Wakes"
      wakes_failed         = "Failed"
      asleep               = "Share of Time Asleep"
      asleep_percent       = "% of the day"
      asleep_percent_about = "% of the day, about"
      saved                = "Saved, Less Own Cost"
      saved_so_far         = "Sum of the four weeks"
      header = join("\n", concat(
        [
          "# Scale to zero: ${var.name}",
          "A service nobody used for ${var.idle_minutes == 1 ? "1 minute" : "${var.idle_minutes} minutes"} (or its own `idle_minutes`) goes to zero tasks. Below: when each service was active, its desired count, the requests it had, and what ran; in its second row, its last four weeks.",
          "",
          "**Wake all services by hand**",
          "```",
          "${local.wake_command} --payload '{}' response.json",
          "```",
          "- **Wake one**: `--payload '{\"service\": \"<key>\"}'`, where the key is the first word of its widgets' titles.",
          "- **Hold it awake** for two hours: `--payload '{\"service\": \"<key>\", \"hold_minutes\": 120}'`; lift the hold: `--payload '{\"service\": \"<key>\", \"release\": true}'`.",
          "- **Put it to sleep now**: the same with `--function-name ${module.scale_to_zero.function.function_name}` and `--payload '{\"service\": \"<key>\", \"action\": \"sleep\"}'`.",
          "- **Hold everything**, for an incident: `--payload '{\"hold_all_until\": \"<YYYY-MM-DDThh:mm:ssZ>\", \"reason\": \"incident 42\"}'`; release all: `--payload '{\"hold_all_until\": null}'`. The graph below shows it.",
        ],
        local.listed.woken.all == 0 ? [] : [
          "",
          "**Woken by a request**, too: ${local.listed.woken.names}${local.listed.woken.more == 0 ? "" : " and ${local.listed.woken.more} more"}.",
        ],
        var.state_metrics != "off" ? [] : [
          "",
          "**The newest minutes**: these graphs are drawn from AWS's own metrics, which come late; the last one to three minutes may be drawn as idle while the service is active.",
        ],
        local.listed.costs.all == 0 ? [] : [
          "",
          "**What an awake task costs** (USD per hour): ${local.listed.costs.names}${local.listed.costs.more == 0 ? "" : " and ${local.listed.costs.more} more"}. From what was saved, the module's own cost is taken off: about ${format("%.2f", local.own_cost_a_month)} USD a month at list prices, shared by all services.",
        ],
        local.listed.not_shown.all == 0 ? [] : [
          "",
          "**Not shown**, because CloudWatch allows ${local.widgets_a_dashboard} widgets and ${local.metrics_a_dashboard} metrics on a dashboard: ${local.listed.not_shown.all == 1 ? "1 service" : "${local.listed.not_shown.all} services"} (${local.listed.not_shown.names}${local.listed.not_shown.more == 0 ? "" : " and ${local.listed.not_shown.more} more"}). To see them, move them to a second instance of the module.",
        ],
        local.listed.without_history.all == 0 ? [] : [
          "",
          "**Without a second row**, because CloudWatch allows ${local.widgets_a_dashboard} widgets and ${local.metrics_a_dashboard} metrics on a dashboard: ${local.listed.without_history.all == 1 ? "1 service" : "${local.listed.without_history.all} services"} (${local.listed.without_history.names}${local.listed.without_history.more == 0 ? "" : " and ${local.listed.without_history.more} more"}).",
        ],
      ))
    }
    fr = {
      state                = "État du Service (Actif/Inactif)"
      active               = "Actif"
      idle                 = "Inactif"
      desired              = "Nombre d'Instances Désirées"
      desired_from_running = "D'après les tâches en cours"
      requests             = "Requêtes ALB"
      no_requests          = "Aucun équilibreur de charge n'est observé pour ce service."
      running              = "Tâches ECS en Cours d'Exécution"
      panel                = "Panneau de Contrôle"
      held_all             = "Tous les Services Maintenus Éveillés"
      held                 = "Maintenus"
      wake_time            = "Durée du Réveil par Étape (p90)"
      wake_whole           = "Total"
      wake_parts           = { accepted = "Accepté", created = "Créé", pulled = "Image téléchargée", started = "Démarré", healthy = "Sain", disarmed = "Désarmé" }
      seconds              = "secondes"
      wakes                = "Réveils par Jour"
      wakes_done           = "Réveils"
      wakes_failed         = "Échoués"
      asleep               = "Part du Temps en Sommeil"
      asleep_percent       = "% de la journée"
      asleep_percent_about = "% de la journée, environ"
      saved                = "Économies, Coût Propre Déduit"
      saved_so_far         = "Cumul des quatre semaines"
      header = join("\n", concat(
        [
          "# Mise à zéro automatique : ${var.name}",
          "Un service que personne n'utilise pendant ${var.idle_minutes == 1 ? "1 minute" : "${var.idle_minutes} minutes"} (ou son propre `idle_minutes`) passe à zéro tâche. Ci-dessous : quand chaque service était actif, son nombre de tâches désirées, les requêtes reçues et les tâches en cours ; sur sa deuxième ligne, ses quatre dernières semaines.",
          "",
          "**Réveiller tous les services à la main**",
          "```",
          "${local.wake_command} --payload '{}' response.json",
          "```",
          "- **En réveiller un seul** : `--payload '{\"service\": \"<clé>\"}'`, où la clé est le premier mot des titres de ses graphiques.",
          "- **Le maintenir éveillé** deux heures : `--payload '{\"service\": \"<clé>\", \"hold_minutes\": 120}'` ; lever le maintien : `--payload '{\"service\": \"<clé>\", \"release\": true}'`.",
          "- **L'endormir tout de suite** : de même avec `--function-name ${module.scale_to_zero.function.function_name}` et `--payload '{\"service\": \"<clé>\", \"action\": \"sleep\"}'`.",
          "- **Tout maintenir éveillé**, le temps d'un incident : `--payload '{\"hold_all_until\": \"<YYYY-MM-DDThh:mm:ssZ>\", \"reason\": \"incident 42\"}'` ; tout libérer : `--payload '{\"hold_all_until\": null}'`. Le graphique ci-dessous le montre.",
        ],
        local.listed.woken.all == 0 ? [] : [
          "",
          "**Réveillés aussi par une requête** : ${local.listed.woken.names}${local.listed.woken.more == 0 ? "" : " et ${local.listed.woken.more} de plus"}.",
        ],
        var.state_metrics != "off" ? [] : [
          "",
          "**Les dernières minutes** : ces graphiques viennent des métriques propres à AWS, qui arrivent en retard ; les une à trois dernières minutes peuvent apparaître inactives alors que le service est actif.",
        ],
        local.listed.costs.all == 0 ? [] : [
          "",
          "**Coût d'une tâche éveillée** (USD par heure) : ${local.listed.costs.names}${local.listed.costs.more == 0 ? "" : " et ${local.listed.costs.more} de plus"}. Des économies est déduit le coût du module lui-même : environ ${format("%.2f", local.own_cost_a_month)} USD par mois au prix catalogue, réparti entre tous les services.",
        ],
        local.listed.not_shown.all == 0 ? [] : [
          "",
          "**Non affichés**, car CloudWatch limite un tableau de bord à ${local.widgets_a_dashboard} widgets et ${local.metrics_a_dashboard} métriques : ${local.listed.not_shown.all == 1 ? "1 service" : "${local.listed.not_shown.all} services"} (${local.listed.not_shown.names}${local.listed.not_shown.more == 0 ? "" : " et ${local.listed.not_shown.more} de plus"}). Pour les voir, placez-les dans une deuxième instance du module.",
        ],
        local.listed.without_history.all == 0 ? [] : [
          "",
          "**Sans deuxième ligne**, car CloudWatch limite un tableau de bord à ${local.widgets_a_dashboard} widgets et ${local.metrics_a_dashboard} métriques : ${local.listed.without_history.all == 1 ? "1 service" : "${local.listed.without_history.all} services"} (${local.listed.without_history.names}${local.listed.without_history.more == 0 ? "" : " et ${local.listed.without_history.more} de plus"}).",
        ],
      ))
    }
  }
}
