# Alarms: on what needs a person. Each says what to do.

locals {
  alarm_count       = var.alarms == null ? 0 : 1
  slow_wake_seconds = var.alarms == null ? 0 : var.alarms.slow_wake_seconds

  # Whether alarms go to the topic of the notifications, and whether that is the module's own.
  alarms_to_topic     = var.alarms == null ? false : var.alarms.action_arns == null
  alarms_to_own_topic = local.alarms_to_topic && local.own_topic_count == 1
  alarm_actions       = local.alarms_to_topic ? (var.notifications == null ? [] : [local.notifications_topic_arn]) : (var.alarms == null ? [] : var.alarms.action_arns)

  # The functions there are, by their part of the alarm's name.
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

  # On metrics that the functions send only when there is something to report; that none came is good.
  metrics_alarmed = {
    failed-wake              = { metric = "FailedWakeCount", statistic = "Sum", above = 0, reason = null }
    slow-wake                = { metric = "WakeDuration", statistic = "Maximum", above = local.slow_wake_seconds, reason = null }
    running-though-asleep    = { metric = "Attention", statistic = "Maximum", above = 0, reason = "running_though_asleep" }
    unwatched-traffic-source = { metric = "Attention", statistic = "Maximum", above = 0, reason = "unwatched_traffic_source" }
    deployment-not-ending    = { metric = "Attention", statistic = "Maximum", above = 0, reason = "deployment_not_ending" }
  }

  # From their names, since the topic's policy comes before the alarms.
  alarm_arns = [
    for alarm in concat(["ticks-missing"], [for function in keys(local.watched_functions) : "${function}-failing"], keys(local.metrics_alarmed)) :
    "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${local.names.alarms}-${alarm}"
  ]

  tick_log = "/aws/lambda/${local.names.scale_to_zero_function}"

  # Where to read the sentence that names the service and says what to do: %q is the code by which the log finds it.
  where_to_read = {
    en = "Search the log group ${local.tick_log} for %q: each line names the service and says what to do. It is logged again every hour while that lasts. The control panel and the HTTP API (trouble) say it too, if you use them."
    fr = "Cherchez %q dans le groupe de journaux ${local.tick_log} : chaque ligne nomme le service et dit quoi faire. Elle est répétée toutes les heures tant que cela dure. Le panneau de contrôle et l'API HTTP (trouble) le disent aussi, si vous les utilisez."
  }[var.language]

  alarm_words = {
    en = {
      ticks-missing            = "${local.names.scale_to_zero_function} has not run for five minutes, so no service is put to sleep or repaired. See whether the EventBridge rule ${local.names.tick_rule} is enabled, whether AWS Lambda throttles the function, and what the log group ${local.tick_log} says."
      function-failing         = "Runs of %s ended in an error or were throttled. Look for ERROR in the log group /aws/lambda/%s; if AWS Lambda throttled it, raise the account's limit of concurrent executions."
      failed-wake              = "A service was not ready by its deadline. Remove the cause, which ECS names, and wake it again. If it only needs longer, give it a wake_deadline_seconds. ${format(local.where_to_read, "wake_failed")}"
      slow-wake                = "A wake took longer than ${local.slow_wake_seconds == 1 ? "1 second" : "${local.slow_wake_seconds} seconds"}. See on the dashboard which part of it took so long, such as pulling the image or passing health checks, and shorten that, or raise slow_wake_seconds."
      running-though-asleep    = "A service has been asleep for ten minutes or more, but its tasks still run and cost money. Find them in ECS and stop them. A long deregistration delay of its target group or stopTimeout of its containers keeps them running, too. ${format(local.where_to_read, "running_though_asleep")}"
      unwatched-traffic-source = "A service has a traffic source that the module does not watch, so it is never put to sleep. Add the target group to target_group_arns, or give the service ignore_other_traffic. ${format(local.where_to_read, "unwatched_traffic_source")}"
      deployment-not-ending    = "A deployment has been running for more than six hours, so its service never sleeps. End the deployment or roll it back (aws ecs stop-service-deployment, or in CodeDeploy), or continue it if it is paused (aws ecs continue-service-deployment). If it is meant to take that long, do nothing. ${format(local.where_to_read, "deployment_not_ending")}"
    }
    fr = {
      ticks-missing            = "${local.names.scale_to_zero_function} ne s'est pas exécutée depuis cinq minutes : aucun service n'est endormi ni réparé. Vérifiez si la règle EventBridge ${local.names.tick_rule} est activée, si AWS Lambda limite la fonction, et ce que dit le groupe de journaux ${local.tick_log}."
      function-failing         = "Des exécutions de %s ont échoué ou ont été limitées. Cherchez ERROR dans le groupe de journaux /aws/lambda/%s ; si AWS Lambda l'a limitée, relevez la limite d'exécutions simultanées du compte."
      failed-wake              = "Un service n'était pas prêt dans le délai prévu. Supprimez la cause, qu'ECS indique, et réveillez-le à nouveau. S'il lui faut seulement plus de temps, donnez-lui un wake_deadline_seconds. ${format(local.where_to_read, "wake_failed")}"
      slow-wake                = "Un réveil a duré plus de ${local.slow_wake_seconds == 1 ? "1 seconde" : "${local.slow_wake_seconds} secondes"}. Voyez sur le tableau de bord quelle étape a été longue, comme le téléchargement de l'image ou les contrôles de santé, et raccourcissez-la, ou relevez slow_wake_seconds."
      running-though-asleep    = "Un service est endormi depuis dix minutes ou plus, mais ses tâches s'exécutent encore et coûtent de l'argent. Trouvez-les dans ECS et arrêtez-les. Un long délai d'annulation d'enregistrement de son groupe cible ou un long stopTimeout de ses conteneurs les maintient aussi. ${format(local.where_to_read, "running_though_asleep")}"
      unwatched-traffic-source = "Un service a une source de trafic que le module ne surveille pas : il n'est donc jamais endormi. Ajoutez le groupe cible à target_group_arns, ou donnez au service ignore_other_traffic. ${format(local.where_to_read, "unwatched_traffic_source")}"
      deployment-not-ending    = "Un déploiement est en cours depuis plus de six heures : son service n'est jamais endormi. Arrêtez le déploiement ou annulez-le (aws ecs stop-service-deployment, ou dans CodeDeploy), ou reprenez-le s'il est en pause (aws ecs continue-service-deployment). S'il doit durer aussi longtemps, il n'y a rien à faire. ${format(local.where_to_read, "deployment_not_ending")}"
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

  # A function that does not run sends no zero: it sends nothing.
  treat_missing_data = "breaching"

  # After the ticks have begun: where it finds none at all, it rings at once.
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

  # Of both together, since a function that is throttled altogether has no errors, nor even a zero of them.
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
