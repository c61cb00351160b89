# Times at which services are woken and held awake: EventBridge Scheduler invokes the scale-up function.

locals {
  # What EventBridge Scheduler takes for a cron expression, by field; problems.tf refers to it.
  cron_values = {
    minutes = "[0-5]?[0-9]"
    hours   = "([01]?[0-9]|2[0-3])"
    days    = "(0?[1-9]|[12][0-9]|3[01])"
    months  = "(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    years   = "(19[7-9][0-9]|2[01][0-9]{2})"
    weekday = "([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
  }

  # A value, a range or all of them, with an increment or not; and several of these. Days of the week have no increments.
  cron_one  = { for field, value in local.cron_values : field => "(\\*|${value}(-${value})?)${field == "weekday" ? "" : "(/[0-9]{1,4})?"}" }
  cron_list = { for field, one in local.cron_one : field => "${one}(,${one})*" }

  cron_day_of_month = "(\\?|L(W|-[0-9]{1,2})?|${local.cron_values.days}W|${local.cron_list.days})"
  cron_day_of_week  = "(\\?|${local.cron_values.weekday}?L|${local.cron_values.weekday}#[1-5]|${local.cron_list.weekday})"

  cron_pattern = "^cron\\(${join(" ", [
    local.cron_list.minutes, local.cron_list.hours, local.cron_day_of_month, local.cron_list.months, local.cron_day_of_week, local.cron_list.years,
  ])}\\)$"

  # Exactly one of the two days is left open, which Scheduler insists on.
  cron_pattern_of_one_day = "^cron\\([^ ]+ [^ ]+ (\\? [^ ]+ [^? ]+|[^? ]+ [^ ]+ \\?) [^ ]+\\)$"

  # Services that one schedule wakes at most.
  services_a_schedule = 200

  # As they are configured, by what problems.tf calls them.
  schedules_given = merge([
    for key, service in var.services : {
      for name, schedule in service.schedules : "${key}.schedules.${name}" => merge(schedule, { service = key, name = name })
    }
  ]...)

  # What is null is a problem that is reported, and no error here.
  services_by_schedule = {
    for one in local.schedules_given : try("${one.name}/${one.cron}/${one.timezone}/${one.minutes}", one.name) => one...
    if var.services[one.service].mode == "act"
  }

  # All services that share name, times and length have one schedule: a hundred of them at the same minute are then one
  # run of the scale-up function, which keeps to AWS's rates, and not a hundred that know nothing of each other.
  # Maps of text (see ecs_names): an object with an attribute for each schedule would make a plan of many minutes.
  schedules = tomap({
    for part in flatten([
      for schedule, services in local.services_by_schedule : [
        for index, part in chunklist(services[*].service, local.services_a_schedule) : {
          label    = "${schedule}/${index + 1}"
          name     = services[0].name
          cron     = services[0].cron
          timezone = services[0].timezone
          input    = jsonencode({ services = part, hold_minutes = services[0].minutes, reason = services[0].name, scheduled = true })
        }
      ]
      ]) : part.label => tomap({
      # Two schedules of the same name differ in the rest of their label.
      name     = "${substr(part.name, 0, 55)}-${substr(sha256(part.label), 0, 8)}"
      cron     = part.cron
      timezone = part.timezone
      input    = part.input
    })
  })

  # For for_each, of names only.
  schedule_labels = toset(keys(local.schedules))

  # What all schedules share exists once if there is one of them, else not at all.
  schedule_group_count = min(1, length(local.schedules))
}

resource "aws_scheduler_schedule_group" "schedules" {
  count = local.schedule_group_count

  name = local.names.schedule_group
  tags = var.tags
}

resource "aws_iam_role" "schedules" {
  count = local.schedule_group_count

  name                 = local.names.schedules_role
  description          = "Role of the schedules that hold services of ${var.name} awake."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # Only EventBridge Scheduler runs as this role, and only for schedules of this instance's group.
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "scheduler.amazonaws.com" }
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnEquals    = { "aws:SourceArn" = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/${local.names.schedule_group}" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "schedules" {
  count = local.schedule_group_count

  name = "schedules"
  role = aws_iam_role.schedules[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # To have services woken and held by the scale-up function.
      {
        Sid      = "HoldServices"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = local.scale_up_function_arn
      },
    ]
  })
}

resource "aws_scheduler_schedule" "schedules" {
  for_each = local.schedule_labels

  name                         = local.schedules[each.key].name
  group_name                   = aws_scheduler_schedule_group.schedules[0].name
  description                  = "Wakes services of ${var.name} and holds them awake."
  schedule_expression          = local.schedules[each.key].cron
  schedule_expression_timezone = local.schedules[each.key].timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.scale_up.function.arn
    role_arn = aws_iam_role.schedules[0].arn
    input    = local.schedules[each.key].input

    # Those who count on the service are there by then; a hold that begins later would end later, too.
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 3
    }
  }

  # Created last and destroyed first: nothing may wake or hold a service while uninstalling brings it back. By way of
  # the target, which comes after all invocations that uninstall: a thousand schedules would make a million edges.
  depends_on = [
    aws_cloudwatch_event_target.every_minute,
    aws_iam_role_policy.schedules,
  ]
}
