# Schedules wake services and hold them awake: EventBridge Scheduler invokes the scale-up function.

locals {
  # What EventBridge Scheduler accepts in each field of a cron expression. problems.tf uses the patterns below.
  cron_values = {
    minutes = "[0-5]?[0-9]"
    hours   = "([01]?[0-9]|2[0-3])"
    days    = "(0?[1-9]|[12][0-9]|3[01])"
    months  = "(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    years   = "(19[7-9][0-9]|2[01][0-9]{2})"
    weekday = "([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
  }

  # A value, a range or *, with or without an increment, and lists of these. Days of the week have no increments.
  cron_one  = { for field, value in local.cron_values : field => "(\\*|${value}(-${value})?)${field == "weekday" ? "" : "(/[0-9]{1,4})?"}" }
  cron_list = { for field, one in local.cron_one : field => "${one}(,${one})*" }

  cron_day_of_month = "(\\?|L(W|-[0-9]{1,2})?|${local.cron_values.days}W|${local.cron_list.days})"
  cron_day_of_week  = "(\\?|${local.cron_values.weekday}?L|${local.cron_values.weekday}#[1-5]|${local.cron_list.weekday})"

  cron_pattern = "^cron\\(${join(" ", [
    local.cron_list.minutes, local.cron_list.hours, local.cron_day_of_month, local.cron_list.months, local.cron_day_of_week, local.cron_list.years,
  ])}\\)$"

  # Exactly one of the two days is ?, as EventBridge Scheduler requires.
  cron_pattern_of_one_day = "^cron\\([^ ]+ [^ ]+ (\\? [^ ]+ [^? ]+|[^? ]+ [^ ]+ \\?) [^ ]+\\)$"

  # At most this many services share one schedule.
  services_a_schedule = 200

  # The schedules as they are configured, by their names in the sentences of problems.tf.
  schedules_given = merge([
    for key, service in var.services : {
      for name, schedule in service.schedules : "${key}.schedules.${name}" => merge(schedule, { service = key, name = name })
    }
  ]...)

  # A value that is null is a problem that is reported (problems.tf), not an error here.
  services_by_schedule = {
    for one in local.schedules_given : try("${one.name}/${one.cron}/${one.timezone}/${one.minutes}", one.name) => one...
    if var.services[one.service].mode == "act"
  }

  # All services with the same name, times and length share one schedule. A hundred services at the same minute are then
  # one run of the scale-up function, which respects AWS's rate limits, and not a hundred runs that know nothing of each
  # other. These are maps of strings (see ecs_names): with an object that has an attribute for each schedule, a plan
  # would take many minutes.
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
      # Two schedules with the same name differ in the rest of their label, and so in their hash.
      name     = "${substr(part.name, 0, 55)}-${substr(sha256(part.label), 0, 8)}"
      cron     = part.cron
      timezone = part.timezone
      input    = part.input
    })
  })

  # For for_each: names only.
  schedule_labels = toset(keys(local.schedules))

  # 1 if there is a schedule. The resources that all schedules share then exist once.
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
      # Only EventBridge Scheduler can assume this role, and only for schedules in this instance's group.
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
      # To let the scale-up function wake and hold services.
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

    # After that, people already use the service or have woken it. A hold that begins later would also end later.
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 3
    }
  }

  # Created last and destroyed first, so that no hold begins while uninstalling wakes a service. The dependency is
  # on the event target, which depends on all invocations that uninstall. If each of a thousand schedules depended on
  # all invocations, there would be a million edges.
  depends_on = [
    aws_cloudwatch_event_target.every_minute,
    aws_iam_role_policy.schedules,
  ]
}
