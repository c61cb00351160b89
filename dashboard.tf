# The dashboard: at a glance, when each service was active.

locals {
  # The console of each partition has its own domain.
  console_domain = lookup(
    { aws-cn = "console.amazonaws.cn", aws-us-gov = "console.amazonaws-us-gov.com" },
    data.aws_partition.current.partition,
    "console.aws.amazon.com",
  )

  # CloudWatch allows a dashboard 500 widgets, and 2,500 metrics counting those that expressions only read.
  widgets_a_dashboard = 500
  metrics_a_dashboard = 2500
  widgets_a_service   = 4

  # Metrics and expressions of a service's widgets as the template writes them; requests add two for each target group.
  metrics_a_service = { every_tick = 8, off = 6 }[var.state_metrics]

  services_on_dashboard = { for key, service in var.services : key => service if service.mode != "off" }

  # The first services, by key, whose widgets fit beside the header.
  services_within_widgets = slice(
    keys(local.services_on_dashboard),
    0,
    min(length(local.services_on_dashboard), floor((local.widgets_a_dashboard - 1) / local.widgets_a_service)),
  )

  # Of these the first whose metrics fit, too.
  services_shown = [
    for index, key in local.services_within_widgets : key
    if sum([
      for before in slice(local.services_within_widgets, 0, index + 1) :
      local.metrics_a_service + 2 * length(local.services_on_dashboard[before].target_group_arns)
    ]) <= local.metrics_a_dashboard
  ]

  services_not_shown = setsubtract(keys(local.services_on_dashboard), local.services_shown)

  hourly_costs = [
    for key in local.services_shown : "${key} ${local.services_on_dashboard[key].hourly_cost}"
    if local.services_on_dashboard[key].hourly_cost != null
  ]

  woken_on_dashboard = [
    for key in local.services_shown : key
    if local.services_on_dashboard[key].wake_on_request != null && local.services_on_dashboard[key].mode == "act"
  ]

  requests_on_dashboard = anytrue([for key in local.services_shown : length(local.services_on_dashboard[key].target_group_arns) > 0])

  wake_command = "aws lambda invoke --region ${local.region} --function-name ${aws_lambda_function.scale_up.function_name} --cli-binary-format raw-in-base64-out"

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
      header = join("\n", concat(
        [
          "# Scale to zero: ${var.name}",
          "A service nobody used for ${var.idle_minutes} minutes (or its own `idle_minutes`) goes to zero tasks. Below: when each service was active, what ECS was asked to run, the requests it had, and what ran.",
          "",
          "**Wake all services by hand**",
          "```",
          "${local.wake_command} --payload '{}' response.json",
          "```",
          "**Wake one**: `--payload '{\"service\": \"<key>\"}'`, where the key is the first word of its widgets' titles.",
        ],
        length(local.woken_on_dashboard) == 0 ? [] : [
          "",
          "**Woken by a request**, too: ${join(", ", local.woken_on_dashboard)}.",
        ],
        !local.requests_on_dashboard ? [] : [
          "",
          "**Stopped without metrics?** A target group that had no metrics for ${var.metric_fallback_minutes} minutes, and has no targets, is taken to have no requests. Each time a service is stopped on that ground, the log group `${aws_cloudwatch_log_group.scale_to_zero.name}` has a warning with the word `metric_fallback_minutes`.",
        ],
        var.state_metrics != "off" ? [] : [
          "",
          "**The newest minutes**: these graphs are drawn from AWS's own metrics, which come late; the last one to three minutes may be drawn as idle while the service is active.",
        ],
        length(local.hourly_costs) == 0 ? [] : [
          "",
          "**What an awake task costs** (USD per hour): ${join(", ", local.hourly_costs)}.",
        ],
        length(local.services_not_shown) == 0 ? [] : [
          "",
          "**Not shown**, because CloudWatch allows ${local.widgets_a_dashboard} widgets and ${local.metrics_a_dashboard} metrics on a dashboard: ${length(local.services_not_shown)} services (${join(", ", local.services_not_shown)}). To see them, move them to a second instance of the module.",
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
      header = join("\n", concat(
        [
          "# Mise à zéro automatique : ${var.name}",
          "Un service que personne n'utilise pendant ${var.idle_minutes} minutes (ou son propre `idle_minutes`) passe à zéro tâche. Ci-dessous : quand chaque service était actif, ce qui a été demandé à ECS, les requêtes reçues et les tâches en cours.",
          "",
          "**Réveiller tous les services à la main**",
          "```",
          "${local.wake_command} --payload '{}' response.json",
          "```",
          "**En réveiller un seul** : `--payload '{\"service\": \"<clé>\"}'`, où la clé est le premier mot des titres de ses graphiques.",
        ],
        length(local.woken_on_dashboard) == 0 ? [] : [
          "",
          "**Réveillés aussi par une requête** : ${join(", ", local.woken_on_dashboard)}.",
        ],
        !local.requests_on_dashboard ? [] : [
          "",
          "**Arrêté sans métriques ?** Un groupe cible sans métriques pendant ${var.metric_fallback_minutes} minutes, et sans cible, est réputé sans requêtes. Chaque arrêt décidé pour cette raison laisse dans le groupe de journaux `${aws_cloudwatch_log_group.scale_to_zero.name}` un avertissement contenant le mot `metric_fallback_minutes`.",
        ],
        var.state_metrics != "off" ? [] : [
          "",
          "**Les dernières minutes** : ces graphiques viennent des métriques propres à AWS, qui arrivent en retard ; les une à trois dernières minutes peuvent apparaître inactives alors que le service est actif.",
        ],
        length(local.hourly_costs) == 0 ? [] : [
          "",
          "**Coût d'une tâche éveillée** (USD par heure) : ${join(", ", local.hourly_costs)}.",
        ],
        length(local.services_not_shown) == 0 ? [] : [
          "",
          "**Non affichés**, car CloudWatch limite un tableau de bord à ${local.widgets_a_dashboard} widgets et ${local.metrics_a_dashboard} métriques : ${length(local.services_not_shown)} services (${join(", ", local.services_not_shown)}). Pour les voir, placez-les dans une deuxième instance du module.",
        ],
      ))
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = coalesce(var.dashboard_name, local.names.dashboard)

  dashboard_body = templatefile("${path.module}/templates/dashboard.json.tftpl", {
    namespace     = var.metric_namespace
    region        = local.region
    services      = [for key in local.services_shown : merge(local.services_on_dashboard[key], { key = key })]
    state_metrics = var.state_metrics
    words         = local.dashboard_words[var.language]
  })
}
