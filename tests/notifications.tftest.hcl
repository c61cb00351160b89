# The real provider plans without calling AWS, since everything is new and the account is given.

provider "aws" {
  region                      = "eu-west-3"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name     = "staging"
  services = { web = { cluster_name = "c", service_name = "web" } }

  # These are not inputs of the module, but parts of the values in the runs below.
  topic = "arn:aws:sns:eu-west-3:123456789012:ops"
}

run "without_notifications_and_alarms_none_of_their_resources_exist" {
  command = plan

  assert {
    condition = alltrue([
      for what in [
        aws_sns_topic.notifications, aws_sns_topic_policy.notifications, aws_sns_topic_subscription.email, aws_kms_key.topic, aws_kms_alias.topic,
        aws_cloudwatch_event_rule.notifications, aws_cloudwatch_event_target.notifications,
        aws_cloudwatch_metric_alarm.ticks_missing, aws_cloudwatch_metric_alarm.function_failing, aws_cloudwatch_metric_alarm.metrics,
      ] : length(what) == 0
    ]) && output.notifications_topic_arn == null
    error_message = "Without this input none of its resources exist, and it costs nothing."
  }
}

run "notifications_from_the_modules_own_topic" {
  command = plan

  variables {
    notifications = { email_addresses = ["platform@example.com", "city@example.com"] }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.notifications[0].event_pattern) == {
      source      = ["ecs-scale-to-zero"]
      detail-type = ["ECS Scale-to-Zero Phase Change"]
      detail      = { instance = ["staging"], change = ["asleep", "awake", "wake_failed"] }
    }
    error_message = "Notifications are sent only for phase changes of this instance, and only for changes to asleep, awake and wake_failed."
  }

  assert {
    condition     = aws_cloudwatch_event_target.notifications[0].arn == "arn:aws:sns:eu-west-3:123456789012:staging-scale-to-zero" && output.notifications_topic_arn == "arn:aws:sns:eu-west-3:123456789012:staging-scale-to-zero"
    error_message = "They go to the module's topic."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_target.notifications[0].input_transformer[0].input_template) == "<instance>: <message>" && aws_cloudwatch_event_target.notifications[0].input_transformer[0].input_paths == tomap({ instance = "$.detail.instance", message = "$.detail.message" })
    error_message = "The message is one readable sentence."
  }

  assert {
    condition     = aws_cloudwatch_event_target.notifications[0].retry_policy[0].maximum_event_age_in_seconds == 3600 && aws_cloudwatch_event_target.notifications[0].retry_policy[0].maximum_retry_attempts == 20
    error_message = "A notification that is an hour old is no longer sent."
  }

  assert {
    condition     = [for subscription in aws_sns_topic_subscription.email : [subscription.protocol, subscription.endpoint]] == [["email", "city@example.com"], ["email", "platform@example.com"]]
    error_message = "Each address is subscribed."
  }

  assert {
    condition     = aws_kms_key.topic[0].enable_key_rotation && aws_kms_key.topic[0].deletion_window_in_days == 7
    error_message = "The topic's key is rotated every year, and deleted soon after the topic."
  }

  assert {
    condition = { for statement in jsondecode(aws_kms_key.topic[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Principal, try(statement.Condition, null)]) } == {
      ManageByIam          = jsonencode(["kms:*", { AWS = "arn:aws:iam::123456789012:root" }, null])
      EncryptNotifications = jsonencode([["kms:Decrypt", "kms:GenerateDataKey"], { Service = "events.amazonaws.com" }, null])
    }
    error_message = "EventBridge may encrypt with the key, without a condition, since KMS does not learn for which rule it is called. CloudWatch does not need the key."
  }

  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.notifications[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Resource, statement.Principal, try(statement.Condition, null)]) } == {
      PublishNotifications = jsonencode(["sns:Publish", "arn:aws:sns:eu-west-3:123456789012:staging-scale-to-zero", { Service = "events.amazonaws.com" }, null])
    }
    error_message = "Only EventBridge may publish to the topic, without a condition, since AWS documents that a condition does not work."
  }
}

run "alarms_go_to_the_same_topic" {
  command = plan

  variables {
    notifications = {}
    alarms        = {}
    api           = {}
  }

  assert {
    condition     = alltrue([for alarm in concat(aws_cloudwatch_metric_alarm.ticks_missing, values(aws_cloudwatch_metric_alarm.function_failing), values(aws_cloudwatch_metric_alarm.metrics)) : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-3:123456789012:staging-scale-to-zero"])])
    error_message = "Alarms go to the topic of the notifications, unless configured otherwise."
  }

  assert {
    condition = alltrue([
      for statement in concat(
        [for statement in jsondecode(aws_kms_key.topic[0].policy).Statement : statement if statement.Sid == "EncryptAlarms"],
        [for statement in jsondecode(aws_sns_topic_policy.notifications[0].policy).Statement : statement if statement.Sid == "PublishAlarms"],
        ) : statement.Principal == { Service = "cloudwatch.amazonaws.com" } && statement.Condition.StringEquals == { "aws:SourceAccount" = "123456789012" } && toset(statement.Condition.ArnEquals["aws:SourceArn"]) == toset([
          for alarm in concat(aws_cloudwatch_metric_alarm.ticks_missing, values(aws_cloudwatch_metric_alarm.function_failing), values(aws_cloudwatch_metric_alarm.metrics)) : "arn:aws:cloudwatch:eu-west-3:123456789012:alarm:${alarm.alarm_name}"
      ])
    ]) && length(jsondecode(aws_kms_key.topic[0].policy).Statement) == 3 && length(jsondecode(aws_sns_topic_policy.notifications[0].policy).Statement) == 2
    error_message = "CloudWatch may encrypt and publish for these alarms, and for no other alarm."
  }
}

run "the_users_topic" {
  command = plan

  variables {
    notifications = { topic = { arn = var.topic } }
    alarms        = {}
  }

  assert {
    condition     = alltrue([for what in [aws_sns_topic.notifications, aws_sns_topic_policy.notifications, aws_sns_topic_subscription.email, aws_kms_key.topic, aws_kms_alias.topic] : length(what) == 0])
    error_message = "No resource of the user is modified, and no other topic is created."
  }

  assert {
    condition     = aws_cloudwatch_event_target.notifications[0].arn == var.topic && output.notifications_topic_arn == var.topic && aws_cloudwatch_metric_alarm.ticks_missing[0].alarm_actions == toset([var.topic])
    error_message = "Notifications and alarms go to the user's topic."
  }
}

run "alarms_with_their_own_actions" {
  command = plan

  variables {
    notifications = {}
    alarms        = { action_arns = [var.topic], slow_wake_seconds = 3600 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.ticks_missing[0].alarm_actions == toset([var.topic]) && aws_cloudwatch_metric_alarm.metrics["slow-wake"].threshold == 3600
    error_message = "Alarms go to the configured actions."
  }

  assert {
    condition     = !strcontains(aws_kms_key.topic[0].policy, "cloudwatch.amazonaws.com") && !strcontains(aws_sns_topic_policy.notifications[0].policy, "cloudwatch.amazonaws.com")
    error_message = "CloudWatch is not allowed to publish if no alarm goes to the topic."
  }
}

run "alarms_that_go_nowhere" {
  command = plan

  variables {
    notifications = {}
    alarms        = { action_arns = [], slow_wake_seconds = 1 }
  }

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.ticks_missing[0].alarm_actions, [])) == 0
    error_message = "With an empty list, alarms go nowhere."
  }
}

run "alarms_without_notifications_go_nowhere" {
  command = plan

  variables {
    alarms = {}
  }

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.ticks_missing[0].alarm_actions, [])) == 0
    error_message = "Without a topic, alarms are seen in CloudWatch only."
  }
}

run "what_raises_an_alarm" {
  command = plan

  variables {
    alarms           = {}
    api              = {}
    metric_namespace = "CityGuided/ECS"
    tags             = { Team = "platform" }
    services = { web = {
      cluster_name      = "c"
      service_name      = "web"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
      wake_on_request   = { rules = { http = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/0123456789abcdef", priority = 90 } } }
    } }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.ticks_missing[0].dimensions == tomap({ FunctionName = "staging-scale-to-zero" }) && aws_cloudwatch_metric_alarm.ticks_missing[0].metric_name == "Invocations" &&
      aws_cloudwatch_metric_alarm.ticks_missing[0].period * aws_cloudwatch_metric_alarm.ticks_missing[0].evaluation_periods == 300 &&
      aws_cloudwatch_metric_alarm.ticks_missing[0].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.ticks_missing[0].threshold == 1 &&
      aws_cloudwatch_metric_alarm.ticks_missing[0].treat_missing_data == "breaching"
    )
    error_message = "Five minutes without a tick raise an alarm. No data counts as no tick."
  }

  assert {
    condition = {
      for kind, alarm in aws_cloudwatch_metric_alarm.function_failing :
      kind => sort(flatten([for query in alarm.metric_query : [for metric in query.metric : "${metric.metric_name} ${metric.dimensions["FunctionName"]} ${metric.stat}"]]))
      } == {
      for kind in ["api", "panel", "scale-to-zero", "scale-up", "wake"] : kind => tolist(["Errors staging-${kind} Sum", "Throttles staging-${kind} Sum"])
    }
    error_message = "Errors and throttles of every function raise an alarm."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.function_failing : [for query in alarm.metric_query : query.expression if query.return_data == true] == ["SUM([errors, throttles])"] && alarm.threshold == 0 && alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"])
    error_message = "One error or throttle is enough. A function that does not run raises no alarm."
  }

  assert {
    condition = { for kind, alarm in aws_cloudwatch_metric_alarm.metrics : kind => jsonencode([alarm.metric_name, alarm.dimensions, alarm.statistic, alarm.threshold]) } == {
      failed-wake              = jsonencode(["FailedWakeCount", { Instance = "staging" }, "Sum", 0])
      slow-wake                = jsonencode(["WakeDuration", { Instance = "staging" }, "Maximum", 300])
      running-though-asleep    = jsonencode(["Attention", { Instance = "staging", Reason = "running_though_asleep" }, "Maximum", 0])
      unwatched-traffic-source = jsonencode(["Attention", { Instance = "staging", Reason = "unwatched_traffic_source" }, "Maximum", 0])
      deployment-not-ending    = jsonencode(["Attention", { Instance = "staging", Reason = "deployment_not_ending" }, "Maximum", 0])
      scaling-suspended        = jsonencode(["Attention", { Instance = "staging", Reason = "scaling_suspended" }, "Maximum", 0])
    }
    error_message = "The module's own metrics of problems that need a person raise an alarm, only for this instance."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.metrics : alarm.namespace == "CityGuided/ECS" && alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"])
    error_message = "These metrics are sent only when there is something to report. No data means no problem."
  }

  assert {
    condition     = alltrue([for alarm in concat(aws_cloudwatch_metric_alarm.ticks_missing, values(aws_cloudwatch_metric_alarm.function_failing), values(aws_cloudwatch_metric_alarm.metrics)) : length(alarm.alarm_description) <= 1024 && length(regexall("%", alarm.alarm_description)) == 0 && alarm.tags == tomap({ Team = "platform" })])
    error_message = "Each alarm says what to do, in at most 1,024 characters."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.function_failing["wake"].alarm_description, "/aws/lambda/staging-wake")
    error_message = "The alarm says which log to read."
  }

  assert {
    condition     = alltrue([for kind, code in { failed-wake = "wake_failed", running-though-asleep = "running_though_asleep", unwatched-traffic-source = "unwatched_traffic_source", deployment-not-ending = "deployment_not_ending", scaling-suspended = "scaling_suspended" } : strcontains(aws_cloudwatch_metric_alarm.metrics[kind].alarm_description, code) && strcontains(aws_cloudwatch_metric_alarm.metrics[kind].alarm_description, "/aws/lambda/staging-scale-to-zero")])
    error_message = "Each alarm names the log group and the code to search for, to find the sentence that names the service."
  }
}

run "alarms_in_french" {
  command = plan

  variables {
    alarms   = {}
    language = "fr"
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.metrics["slow-wake"].alarm_description, "plus de 300 secondes") && strcontains(aws_cloudwatch_metric_alarm.function_failing["scale-up"].alarm_description, "Cherchez ERROR dans le groupe de journaux /aws/lambda/staging-scale-up") && strcontains(aws_cloudwatch_metric_alarm.metrics["deployment-not-ending"].alarm_description, "Un déploiement est en cours depuis plus de six heures")
    error_message = "Alarms are in the module's language."
  }

  assert {
    condition     = alltrue([for kind, code in { failed-wake = "wake_failed", running-though-asleep = "running_though_asleep", unwatched-traffic-source = "unwatched_traffic_source", deployment-not-ending = "deployment_not_ending", scaling-suspended = "scaling_suspended" } : strcontains(aws_cloudwatch_metric_alarm.metrics[kind].alarm_description, code) && strcontains(aws_cloudwatch_metric_alarm.metrics[kind].alarm_description, "/aws/lambda/staging-scale-to-zero")])
    error_message = "Each alarm names the log group and the code to search for, to find the sentence that names the service."
  }
}

run "every_input_reaches_its_resources" {
  command = plan

  variables {
    notifications = {}
    tags          = { Team = "platform" }
  }

  assert {
    condition     = alltrue([for resource in [aws_sns_topic.notifications[0], aws_kms_key.topic[0], aws_cloudwatch_event_rule.notifications[0]] : resource.tags == tomap({ Team = "platform" })])
    error_message = "Every resource that can have tags has them."
  }
}
