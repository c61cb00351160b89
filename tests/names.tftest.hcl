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

# AWS's limits: 64 characters for functions, roles and rules, 32 for target groups, 255 for tables and dashboards.

variables {
  name          = "staging"
  api           = {}
  notifications = {}
  alarms        = {}
  services = {
    web = {
      schedules         = { office = { cron = "cron(0 8 ? * MON-FRI *)", minutes = 60 } }
      cluster_name      = "c"
      service_name      = "web"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
      wake_on_request   = { rules = { http = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/0123456789abcdef", priority = 90 } } }
    }
  }
}

run "short_names_stay_as_they_are" {
  command = plan

  assert {
    condition = [
      module.scale_to_zero.function.function_name, module.scale_up.function.function_name, aws_cloudwatch_event_rule.every_minute.name,
      aws_dynamodb_table.this.name, module.scale_to_zero.role.name, module.scale_up.role.name, aws_cloudwatch_dashboard.this.dashboard_name,
      module.wake[0].function.function_name, module.wake[0].role.name,
      module.api[0].function.function_name, module.api[0].role.name, aws_apigatewayv2_api.this[0].name,
      module.panel[0].function.function_name, module.panel[0].role.name,
      aws_scheduler_schedule_group.schedules[0].name, aws_iam_role.schedules[0].name,
      aws_sns_topic.notifications[0].name, aws_kms_alias.topic[0].name, aws_cloudwatch_event_rule.notifications[0].name, aws_cloudwatch_metric_alarm.ticks_missing[0].alarm_name,
      ] == [
      "staging-scale-to-zero", "staging-scale-up", "staging-scale-to-zero",
      "staging-scale-to-zero", "staging-eu-west-3-scale-to-zero", "staging-eu-west-3-scale-up", "staging-eu-west-3-scale-to-zero",
      "staging-wake", "staging-eu-west-3-wake",
      "staging-api", "staging-eu-west-3-api", "staging-scale-to-zero",
      "staging-panel", "staging-eu-west-3-panel",
      "staging-schedules", "staging-eu-west-3-schedules",
      "staging-scale-to-zero", "alias/staging-scale-to-zero", "staging-notifications", "staging-scale-to-zero-ticks-missing",
    ]
    error_message = "A name that fits is not shortened. It contains the region if it must be unique over all regions."
  }

  assert {
    condition     = aws_lb_target_group.wake["c/web"].name == "staging-wake-web-${substr(sha256("staging/c/web"), 0, 8)}"
    error_message = "The name of a target group contains the instance and the service. A hash makes it different from the names in other instances and clusters."
  }
}

run "names_of_exactly_64_characters_are_not_shortened" {
  command = plan

  variables {
    name = "an-environment-whose-name-is-exactly-fifty-letters"
  }

  assert {
    condition     = length(module.scale_to_zero.function.function_name) == 64 && module.scale_to_zero.function.function_name == "${var.name}-scale-to-zero"
    error_message = "Only names that do not fit are shortened."
  }
}

run "long_names_are_shortened" {
  command = plan

  variables {
    name = "an-environment-of-a-customer-whose-name-is-so-long-that-the-names-of-functions-roles-and-rules-do-not-fit-any-more-number-one"
  }

  assert {
    condition = alltrue([
      for name in [
        module.scale_to_zero.function.function_name, module.scale_up.function.function_name, aws_cloudwatch_event_rule.every_minute.name,
        module.scale_to_zero.role.name, module.scale_up.role.name, module.wake[0].function.function_name, module.wake[0].role.name,
        module.api[0].function.function_name, module.api[0].role.name, module.panel[0].function.function_name, module.panel[0].role.name,
        aws_scheduler_schedule_group.schedules[0].name, aws_iam_role.schedules[0].name, aws_cloudwatch_event_rule.notifications[0].name,
      ] : length(name) == 64
    ])
    error_message = "Names that AWS limits to 64 characters have 64 characters."
  }

  assert {
    condition     = length(aws_dynamodb_table.this.name) <= 255 && length(aws_cloudwatch_dashboard.this.dashboard_name) <= 255
    error_message = "The names of tables and dashboards have at most 255 characters."
  }

  assert {
    condition = (
      length(aws_apigatewayv2_api.this[0].name) == 128 && length(aws_sns_topic.notifications[0].name) <= 256 && length(aws_kms_alias.topic[0].name) <= 256 &&
      length(aws_sns_topic.notifications[0].display_name) == 100 && alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.metrics), values(aws_cloudwatch_metric_alarm.function_failing)) : length(alarm.alarm_name) <= 255])
    )
    error_message = "The name of an API has at most 128 characters, of topics and aliases 256, of the sender of e-mails 100, and of alarms 255."
  }

  assert {
    condition     = endswith(module.scale_to_zero.role.name, "-scale-to-zero") && startswith(module.scale_to_zero.role.name, "an-environment-of-a-customer-whose-name")
    error_message = "A shortened name still contains the beginning of the instance's name and the purpose of the resource."
  }
}

run "target_groups_have_short_names" {
  command = plan

  variables {
    name = "an_environment_of_a_customer"
    services = { for number in range(2) : "service-${number}" => merge(
      values(var.services)[0],
      { cluster_name = "cluster-${number}", service_name = "a_service_whose_name_is_long_enough_to_be_cut" },
      { wake_on_request = { rules = { http = merge(values(var.services)[0].wake_on_request.rules.http, { priority = 90 + number }) } } },
    ) }
  }

  assert {
    condition     = alltrue([for group in aws_lb_target_group.wake : can(regex("^an-e-[0-9a-f]{8}-wake-a-se-[0-9a-f]{8}$", group.name)) && length(group.name) == 32])
    error_message = "The names of target groups have at most 32 letters, digits and hyphens."
  }

  assert {
    condition     = length(distinct([for group in aws_lb_target_group.wake : group.name])) == 2
    error_message = "The same service in two clusters has two target groups."
  }

  assert {
    condition     = alltrue([for group in aws_lb_target_group.wake : startswith(group.name, trimsuffix(split("targetgroup/", aws_lambda_permission.load_balancers[0].source_arn)[1], "*/*"))])
    error_message = "The permission covers the names of all target groups, also shortened names."
  }
}

run "long_names_that_differ_at_their_end_stay_different" {
  command = plan

  variables {
    name = "an-environment-of-a-customer-whose-name-is-so-long-that-the-names-of-functions-roles-and-rules-do-not-fit-any-more-number-two"
  }

  assert {
    condition = (
      output.scale_to_zero_function_name != run.long_names_are_shortened.scale_to_zero_function_name &&
      output.scale_up_function_name != run.long_names_are_shortened.scale_up_function_name &&
      output.wake_function_name != run.long_names_are_shortened.wake_function_name &&
      output.panel_function_name != run.long_names_are_shortened.panel_function_name
    )
    error_message = "Two instances never share a shortened name."
  }
}
