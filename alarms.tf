# Alarms for problems that need a person. Each alarm says what to do.

locals {
  alarm_count       = var.alarms == null ? 0 : 1
  slow_wake_seconds = var.alarms == null ? 0 : var.alarms.slow_wake_seconds

  # Whether alarms go to the topic of the notifications, and whether the module created that topic.
  alarms_to_topic     = var.alarms == null ? false : var.alarms.action_arns == null
  alarms_to_own_topic = local.alarms_to_topic && local.own_topic_count == 1
  alarm_actions       = local.alarms_to_topic ? (var.notifications == null ? [] : [local.notifications_topic_arn]) : (var.alarms == null ? [] : var.alarms.action_arns)

  # The functions that exist, by their part of the alarm's name.
  watched_functions = merge(
    {
      scale-to-zero = local.names.scale_to_zero_function
      scale-up      = local.names.scale_up_function
    },
    {
      for function, count in { wake = local.wake_function_count, api = local.api_count, panel = local.panel_count } :
      function => local.names["${function}_function"] if count == 1
    },
  )

  # Alarms on metrics that the functions send only when there is something to report. No data means no problem.
  metrics_alarmed = {
    failed-wake              = { metric = "FailedWakeCount", statistic = "Sum", above = 0, reason = null }
    slow-wake                = { metric = "WakeDuration", statistic = "Maximum", above = local.slow_wake_seconds, reason = null }
    running-though-asleep    = { metric = "Attention", statistic = "Maximum", above = 0, reason = "running_though_asleep" }
    unwatched-traffic-source = { metric = "Attention", statistic = "Maximum", above = 0, reason = "unwatched_traffic_source" }
    deployment-not-ending    = { metric = "Attention", statistic = "Maximum", above = 0, reason = "deployment_not_ending" }
    scaling-suspended        = { metric = "Attention", statistic = "Maximum", above = 0, reason = "scaling_suspended" }
  }

  # Composed of their names, since the topic's policy is created before the alarms.
  alarm_arns = [
    for alarm in concat(["ticks-missing"], [for function in keys(local.watched_functions) : "${function}-failing"], keys(local.metrics_alarmed)) :
    "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${local.names.alarms}-${alarm}"
  ]

  tick_log = "/aws/lambda/${local.names.scale_to_zero_function}"

  # Where to read the sentence that names the service and says what to do. %q is the code to search the log for.
  where_to_read = {
    en = "Search the log group ${local.tick_log} for %q. Each line names the service and says what to do. It is logged again every hour while the problem lasts. If you use the control panel or the HTTP API (field trouble), they show it too."
    fr = "Cherchez %q dans le groupe de journaux ${local.tick_log}\u00a0: chaque ligne nomme le service et indique quoi faire. Elle est répétée toutes les heures tant que le problème persiste. Si vous utilisez le panneau de contrôle ou l'API HTTP (champ trouble), ils l'affichent aussi."
  }[var.language]

  alarm_words = {
    en = {
      ticks-missing            = "${local.names.scale_to_zero_function} has not run for five minutes, so no service is put to sleep or repaired. Check whether the EventBridge rule ${local.names.tick_rule} is enabled and whether AWS Lambda throttles the function. Then read the log group ${local.tick_log}."
      function-failing         = "Runs of %s failed or were throttled. Search the log group /aws/lambda/%s for ERROR. If AWS Lambda throttled the function, raise the account's limit of concurrent executions."
      failed-wake              = "A service was not ready by its deadline. Fix the cause that ECS reports, and wake the service again. If it only needs more time, set its wake_deadline_seconds. ${format(local.where_to_read, "wake_failed")}"
      slow-wake                = "A wake took longer than ${local.slow_wake_seconds == 1 ? "1 second" : "${local.slow_wake_seconds} seconds"}. Find the slow part on the dashboard, such as pulling the image or passing health checks. Shorten that part, or raise slow_wake_seconds."
      running-though-asleep    = "A service has been asleep for ten minutes or more, but its tasks still run and cost money. Find them in ECS and stop them. A long deregistration delay of its target group or a long stopTimeout of its containers also keeps tasks running. ${format(local.where_to_read, "running_though_asleep")}"
      unwatched-traffic-source = "A service has a traffic source that the module does not watch, so it is never put to sleep. Add the target group to target_group_arns, or set ignore_other_traffic for the service. ${format(local.where_to_read, "unwatched_traffic_source")}"
      deployment-not-ending    = "A deployment has been running for more than six hours, so its service is never put to sleep. Stop the deployment or roll it back (aws ecs stop-service-deployment, or in CodeDeploy), or continue it if it is paused (aws ecs continue-service-deployment). If it is meant to take this long, do nothing. ${format(local.where_to_read, "deployment_not_ending")}"
      scaling-suspended        = "A service runs, but Application Auto Scaling does not scale it: all its scaling is suspended, and the module does not know of having done it. If this is not intended, run the command that the log names. ${format(local.where_to_read, "scaling_suspended")}"
    }
    fr = {
      ticks-missing            = "${local.names.scale_to_zero_function} ne s'est pas exécutée depuis cinq minutes\u00a0: aucun service n'est endormi ni réparé. Vérifiez que la règle EventBridge ${local.names.tick_rule} est activée et qu'AWS Lambda ne limite pas la fonction. Consultez ensuite le groupe de journaux ${local.tick_log}."
      function-failing         = "Des exécutions de %s ont échoué ou ont été limitées. Cherchez ERROR dans le groupe de journaux /aws/lambda/%s. Si AWS Lambda a limité la fonction, augmentez la limite d'exécutions simultanées du compte."
      failed-wake              = "Un service n'était pas prêt dans le délai prévu. Corrigez la cause indiquée par ECS, puis réveillez de nouveau le service. S'il lui faut seulement plus de temps, définissez son wake_deadline_seconds. ${format(local.where_to_read, "wake_failed")}"
      slow-wake                = "Un réveil a duré plus de ${local.slow_wake_seconds == 1 ? "1 seconde" : "${local.slow_wake_seconds} secondes"}. Repérez l'étape trop longue sur le tableau de bord, par exemple le téléchargement de l'image ou les contrôles de santé (health checks). Raccourcissez-la, ou augmentez slow_wake_seconds."
      running-though-asleep    = "Un service est endormi depuis dix minutes ou plus, mais ses tâches s'exécutent encore et coûtent de l'argent. Trouvez-les dans ECS et arrêtez-les. Un long délai d'annulation d'enregistrement (deregistration delay) de son groupe cible ou un long stopTimeout de ses conteneurs prolonge aussi l'exécution des tâches. ${format(local.where_to_read, "running_though_asleep")}"
      unwatched-traffic-source = "Un service a une source de trafic que le module ne surveille pas\u00a0: il n'est donc jamais endormi. Ajoutez le groupe cible à target_group_arns, ou activez ignore_other_traffic pour ce service. ${format(local.where_to_read, "unwatched_traffic_source")}"
      deployment-not-ending    = "Un déploiement est en cours depuis plus de six heures\u00a0: son service n'est jamais endormi. Arrêtez ou annulez le déploiement (aws ecs stop-service-deployment, ou dans CodeDeploy), ou reprenez-le s'il est en pause (aws ecs continue-service-deployment). Si cette durée est normale, il n'y a rien à faire. ${format(local.where_to_read, "deployment_not_ending")}"
      scaling-suspended        = "Un service tourne, mais Application Auto Scaling ne règle pas son nombre de tâches\u00a0: toute sa mise à l'échelle est suspendue, et le module ne sait pas pourquoi. Si ce n'est pas voulu, lancez la commande indiquée dans le journal. ${format(local.where_to_read, "scaling_suspended")}"
    }
  }[var.language]
}

resource "aws_cloudwatch_metric_alarm" "ticks_missing" {
  count = local.alarm_count

  alarm_name          = "${local.names.alarms}-ticks-missing"
  alarm_description   = local.alarm_words.ticks-missing
  alarm_actions       = local.alarm_actions
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = module.scale_to_zero.function.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  tags                = var.tags

  # A function that does not run sends no zeros. It sends nothing.
  treat_missing_data = "breaching"

  # Created after the ticks have begun: the alarm would be raised at once if there were none.
  depends_on = [aws_cloudwatch_event_target.every_minute]
}

resource "aws_cloudwatch_metric_alarm" "function_failing" {
  for_each = local.alarm_count == 0 ? {} : local.watched_functions

  alarm_name          = "${local.names.alarms}-${each.key}-failing"
  alarm_description   = format(local.alarm_words.function-failing, each.value, each.value)
  alarm_actions       = local.alarm_actions
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  tags                = var.tags

  # The sum of both, since a function that is always throttled has no data for errors, not even zeros.
  metric_query {
    id          = "failing"
    expression  = "SUM([errors, throttles])"
    label       = "Errors and throttles"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "Errors", throttles = "Throttles" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.value
        dimensions  = { FunctionName = each.value }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "metrics" {
  for_each = local.alarm_count == 0 ? toset([]) : toset(keys(local.metrics_alarmed))

  alarm_name          = "${local.names.alarms}-${each.key}"
  alarm_description   = local.alarm_words[each.key]
  alarm_actions       = local.alarm_actions
  namespace           = var.metric_namespace
  metric_name         = local.metrics_alarmed[each.key].metric
  dimensions          = { for dimension, value in { Instance = var.name, Reason = local.metrics_alarmed[each.key].reason } : dimension => value if value != null }
  statistic           = local.metrics_alarmed[each.key].statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.metrics_alarmed[each.key].above
  treat_missing_data  = "notBreaching"
  tags                = var.tags
}
