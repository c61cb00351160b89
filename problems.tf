# What can be wrong with a configuration: each problem has one sentence that says what to do, and one condition.
# terraform_data.instance reports all of them that can be known, and nothing is planned before they are solved.
#
# They are not validations of variables. Terraform checks those of constants first and then plans nothing, so that problems
# of other inputs would come to light one after the other; and a validation finds offenders in its condition, and can name
# them only by finding them a second time.

locals {
  patterns = {
    key           = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
    ecs_name      = "^[A-Za-z0-9_-]{1,255}$"
    load_balancer = "^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:loadbalancer/app/[^/]+/[^/]+$"
    target_group  = "^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:targetgroup/[^/]+/[^/]+$"
    listener      = "^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener/app/[^/]+/[^/]+/[^/]+$"
    listener_rule = "^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener-rule/app/[^/]+/[^/]+/[^/]+/[^/]+$"
    host          = "^[A-Za-z0-9.*?-]{1,128}$"
    path          = "^[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}$"
    user_agent    = "^[ -\\[\\]-~]{1,128}$"
    origin        = "^https?://[a-z0-9.-]+(:[0-9]{1,5})?$"
    timezone      = "^[A-Z][A-Za-z0-9_-]*(/[A-Za-z0-9_+-]+){0,2}$"
  }

  wakes_given  = { for key, service in var.services : key => service.wake_on_request if service.wake_on_request != null }
  checks_given = { for label, rule in local.rules_given : label => rule if rule.kind == "uptime_checks" }

  # Values of each rule's conditions, and which of its hosts are well formed up to their last dot.
  values_given = { for label, rule in local.rules_given : label => concat(rule.host_headers, rule.path_patterns, rule.user_agents) }
  hosts_with_a_dot = {
    for label, rule in local.rules_given : label => [
      for host in rule.host_headers : host if can(regex(local.patterns.host, host)) && can(regex("[.]", host))
    ]
  }

  # Those that share one listener and priority, and the priorities of each service's rules at one listener.
  rules_by_place = {
    for label, rule in local.rules_given : "${rule.at_listener} ${rule.priority}" => label...
    if rule.at_listener != null && rule.priority != null
  }
  rule_priorities = {
    for rule in local.rules_given : "${rule.key} ${rule.at_listener}" => rule.priority...
    if rule.kind == "rules" && rule.at_listener != null && rule.priority != null
  }

  # What inputs must be, and whether they are.
  requirements = {
    "Give name 1 to 128 letters, digits, hyphens or underscores, beginning with a letter or digit" = (
      can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$", var.name))
    )
    "Name at least one service in services; to manage none, remove the module" = (
      length(var.services) >= 1
    )
    "Move services beyond 1000 to a second instance of the module with another name" = (
      length(var.services) <= 1000
    )
    "Move services to a second instance of the module with another name: ${length(local.service_access)} services or clusters need ${length(local.managed_access)} managed policies, and a role can have ${local.managed_policies_a_role}" = (
      length(local.managed_access) <= local.managed_policies_a_role
    )
    "Give idle_minutes a whole number of minutes from 1 to 1440" = (
      var.idle_minutes >= 1 && var.idle_minutes <= 1440 && floor(var.idle_minutes) == var.idle_minutes
    )
    "Give longest_hold_minutes a whole number of minutes from 1 to 10080, which are 7 days" = (
      var.longest_hold_minutes >= 1 && var.longest_hold_minutes <= 10080 && floor(var.longest_hold_minutes) == var.longest_hold_minutes
    )
    "Give metric_namespace 1 to 255 letters, digits or any of _-./#: but no colon at its beginning" = (
      can(regex("^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$", var.metric_namespace))
    )
    "Give metric_namespace a name that does not begin with AWS/, which AWS keeps for itself" = (
      !startswith(var.metric_namespace, "AWS/")
    )
    "Give state_metrics one of every_tick, off" = (
      contains(["every_tick", "off"], var.state_metrics)
    )
    "Give dashboard_name 1 to 255 letters, digits, hyphens or underscores, or leave it out" = (
      var.dashboard_name == null ? true : can(regex("^[A-Za-z0-9_-]{1,255}$", var.dashboard_name))
    )
    "Give language one of en, fr" = (
      contains(["en", "fr"], var.language)
    )
    "Give api.throttle a burst of a whole number of requests from 1 to 5000" = (
      var.api == null ? true : var.api.throttle.burst >= 1 && var.api.throttle.burst <= 5000 && floor(var.api.throttle.burst) == var.api.throttle.burst
    )
    "Give api.throttle a rate of 1 to 10000 requests per second" = (
      var.api == null ? true : var.api.throttle.rate >= 1 && var.api.throttle.rate <= 10000
    )
    "Give notifications at least one of the changes asleep, awake, wake_failed, wakes, drains, stays_awake" = (
      var.notifications == null ? true : length(var.notifications.changes) >= 1 && length(setsubtract(var.notifications.changes, ["asleep", "awake", "wake_failed", "wakes", "drains", "stays_awake"])) == 0
    )
    "Give alarms slow_wake_seconds of a whole number of seconds from 1 to 3600" = (
      var.alarms == null ? true : var.alarms.slow_wake_seconds >= 1 && var.alarms.slow_wake_seconds <= 3600 && floor(var.alarms.slow_wake_seconds) == var.alarms.slow_wake_seconds
    )
    "Give lambda_runtime one of python3.11, python3.12, python3.13" = (
      contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    )
    "Give lambda_architecture one of arm64, x86_64" = (
      contains(["arm64", "x86_64"], var.lambda_architecture)
    )
    "Give log_retention_days one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653" = (
      contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    )
    "Give tags keys that do not begin with aws:, which AWS keeps for itself" = (
      !anytrue([for key in keys(var.tags) : startswith(lower(key), "aws:")])
    )
  }

  # The same of inputs that other resources may supply.
  requirements_of_values = {
    "Give waiting_page a title of 1 to 100 characters on one line, or leave it out" = (
      var.waiting_page.title == null ? true : can(regex("^[^[:cntrl:]]{1,100}$", var.waiting_page.title))
    )
    "Give waiting_page an accent_color such as #0b57d0, or leave it out" = (
      var.waiting_page.accent_color == null ? true : can(regex("^#[0-9A-Fa-f]{6}$", var.waiting_page.accent_color))
    )
    # The logo is part of every page and of one item of the table.
    "Give waiting_page a logo that begins with data:image/gif, jpeg, png, svg+xml or webp, is in base64 and has at most 16384 characters, or leave it out" = (
      var.waiting_page.logo == null ? true : length(var.waiting_page.logo) <= 16384 && can(regex("^data:image/(gif|jpeg|png|svg[+]xml|webp);base64,[A-Za-z0-9+/]+={0,2}$", var.waiting_page.logo))
    )
    "Give waiting_page a contact of 1 to 200 characters on one line, or leave it out" = (
      var.waiting_page.contact == null ? true : can(regex("^[^[:cntrl:]]{1,200}$", var.waiting_page.contact))
    )
    "Give waiting_page one of the languages en, fr, or leave it out for the visitor's own" = (
      var.waiting_page.language == null ? true : contains(["en", "fr"], var.waiting_page.language)
    )
    "Give api.jwt the issuer's https URL without a query, such as https://login.example.com/" = (
      var.api == null ? true : var.api.jwt == null ? true : can(regex("^https://[^/?#[:space:]]+[^?#[:space:]]*$", var.api.jwt.issuer))
    )
    "Give api.jwt at least one audience, each without spaces" = (
      var.api == null ? true : var.api.jwt == null ? true : length(coalesce(var.api.jwt.audience, [])) >= 1 && alltrue([for audience in coalesce(var.api.jwt.audience, []) : can(regex("^[^[:space:]]+$", audience))])
    )
    "Give api.jwt scopes of printable ASCII characters without spaces, one in each string" = (
      var.api == null ? true : var.api.jwt == null ? true : alltrue([for scope in var.api.jwt.scopes : can(regex("^[!-~]+$", scope))])
    )
    "Give notifications email_addresses such as platform@example.com, one in each string" = (
      var.notifications == null ? true : alltrue([for address in var.notifications.email_addresses : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", address))])
    )
    "Give notifications either email_addresses or a topic of yours, to which you subscribe them yourself" = (
      var.notifications == null ? true : var.notifications.topic == null ? true : length(var.notifications.email_addresses) == 0
    )
    "Give notifications.topic the arn of an SNS topic (arn:aws:sns:eu-west-3:123456789012:name) that is not FIFO, which EventBridge does not send to" = (
      var.notifications == null ? true : var.notifications.topic == null ? true : can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.notifications.topic.arn))
    )
    "Give alarms at most five action_arns, each an ARN such as arn:aws:sns:eu-west-3:123456789012:name" = (
      var.alarms == null ? true : var.alarms.action_arns == null ? true : length(var.alarms.action_arns) <= 5 && alltrue([for arn in var.alarms.action_arns : can(regex("^arn:[^:]+:[a-z0-9-]+:", arn))])
    )
    "Give permissions_boundary_arn the ARN of an IAM policy (arn:aws:iam::123456789012:policy/name), or leave it out" = (
      var.permissions_boundary_arn == null ? true : can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    )
  }

  # What each service must be, and which are not. Where a number may be left out, null is right.
  offenders = {
    "Give each key of services 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, unlike" = [
      for key in keys(var.services) : key if !can(regex(local.patterns.key, key))
    ]
    "Give cluster_name the cluster's name, such as \"production\", not its ARN, in" = [
      for key, service in var.services : key if !can(regex(local.patterns.ecs_name, service.cluster_name))
    ]
    "Give service_name the service's name, such as \"web\", not its ARN, in" = [
      for key, service in var.services : key if !can(regex(local.patterns.ecs_name, service.service_name))
    ]
    "Name each ECS service under one key only; named more than once" = [
      for name, keys in local.keys_by_ecs_name : "${name} (${join(", ", keys)})" if length(keys) > 1
    ]
    "Give awake_count a whole number of tasks from 1 to 5000 in" = [
      for key, service in var.services : key
      if !try(service.awake_count >= 1 && service.awake_count <= 5000 && floor(service.awake_count) == service.awake_count, service.awake_count == null)
    ]
    "Give idle_minutes a whole number of minutes from 1 to 1440 in" = [
      for key, service in var.services : key
      if !try(service.idle_minutes >= 1 && service.idle_minutes <= 1440 && floor(service.idle_minutes) == service.idle_minutes, service.idle_minutes == null)
    ]
    "Give mode one of act, dry_run, off in" = [
      for key, service in var.services : key if !contains(["act", "dry_run", "off"], service.mode)
    ]
    "Give wake_deadline_seconds a whole number of seconds from 60 to 3600 in" = [
      for key, service in var.services : key
      if !try(service.wake_deadline_seconds >= 60 && service.wake_deadline_seconds <= 3600 && floor(service.wake_deadline_seconds) == service.wake_deadline_seconds, service.wake_deadline_seconds == null)
    ]

    "Give wake_on_request at least one of rules in" = [
      for key, wake in local.wakes_given : key if length(wake.rules) == 0
    ]
    "Give wait_seconds a whole number of seconds from 0 to 50 in" = [
      for key, wake in local.wakes_given : key
      if !(wake.wait_seconds >= 0 && wake.wait_seconds <= 50 && floor(wake.wait_seconds) == wake.wait_seconds)
    ]
    "Give max_waiting_requests a whole number of requests from 0 to 1000 in" = [
      for key, wake in local.wakes_given : key
      if !(wake.max_waiting_requests >= 0 && wake.max_waiting_requests <= 1000 && floor(wake.max_waiting_requests) == wake.max_waiting_requests)
    ]
    "Give page_status one of 202, 503 in" = [
      for key, wake in local.wakes_given : key if !contains([202, 503], wake.page_status)
    ]
    # With idle minutes that are wrong themselves only these are reported, and not the default of 0 as well.
    "Give drain_lead_minutes a whole number of minutes, 0 or more and fewer than idle_minutes, in" = [
      for key, wake in local.wakes_given : key
      if !(wake.drain_lead_minutes >= 0 && wake.drain_lead_minutes < max(1, coalesce(var.services[key].idle_minutes, var.idle_minutes)) && floor(wake.drain_lead_minutes) == wake.drain_lead_minutes)
    ]

    "Give each name in rules and uptime_checks 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, in" = [
      for label, rule in local.rules_given : label if !can(regex(local.patterns.key, rule.name))
    ]

    "Give each name in schedules 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, in" = [
      for label, schedule in local.schedules_given : label if !can(regex(local.patterns.key, schedule.name))
    ]
    "Give cron six fields (minutes, hours, day of month, month, day of week, year) in EventBridge Scheduler's syntax, such as cron(0 8 ? * MON-FRI *), in" = [
      for label, schedule in local.schedules_given : label if !can(regex(local.cron_pattern, schedule.cron))
    ]
    "Give cron a ? for one of day of month and day of week, and not for both, such as cron(0 8 ? * MON-FRI *), in" = [
      for label, schedule in local.schedules_given : label
      if can(regex(local.cron_pattern, schedule.cron)) && !can(regex(local.cron_pattern_of_one_day, schedule.cron))
    ]
    "Give timezone the IANA name of a time zone, such as Europe/Paris, in" = [
      for label, schedule in local.schedules_given : label
      if !(can(regex(local.patterns.timezone, schedule.timezone)) && length(schedule.timezone) <= 50)
    ]
    "Give minutes of schedules a whole number from 1 to ${var.longest_hold_minutes}, the longest_hold_minutes, in" = [
      for label, schedule in local.schedules_given : label
      if !try(schedule.minutes >= 1 && schedule.minutes <= var.longest_hold_minutes && floor(schedule.minutes) == schedule.minutes, false)
    ]
  }

  # The same of values that other resources may supply, such as the names of hosts.
  offenders_by_value = {
    "Give hourly_cost the USD one task costs per hour, 0 or more, in" = [
      for key, service in var.services : key if !try(service.hourly_cost >= 0, service.hourly_cost == null)
    ]
    "Give cors_origins origins in small letters and without a path, such as https://app.example.com, in" = [
      for key, wake in local.wakes_given : key if !alltrue([for origin in wake.cors_origins : can(regex(local.patterns.origin, origin))])
    ]
    "Give priority a whole number from 1 to 50000 in" = [
      for label, rule in local.rules_given : label
      if !try(rule.priority >= 1 && rule.priority <= 50000 && floor(rule.priority) == rule.priority, false)
    ]
    # AWS's page on condition types allows a rule five wildcards, its page on quotas six: five are right by both.
    # Beside rule_arn, those of the service's own rule come on top; they are known only when the functions read it.
    "Give host_headers, path_patterns and user_agents at most five wildcards (* and ?) together, since AWS allows a rule no more; split the values over several rules or uptime_checks, or use fewer wildcards, in" = [
      for label, values in local.values_given : label if length(flatten([for value in values : try(regexall("[*?]", value), [])])) > 5
    ]
    "Give host_headers hosts with a dot and without a port, of at most 128 letters, digits and any of -.*? in" = [
      for label, rule in local.rules_given : label if length(local.hosts_with_a_dot[label]) < length(rule.host_headers)
    ]
    "Give host_headers only letters after the last dot, as in *.example.com, since AWS takes nothing else there: list each host, and for requests to an address such as 10.0.0.5 use path_patterns, in" = [
      for label, hosts in local.hosts_with_a_dot : label if !alltrue([for host in hosts : can(regex("[.][A-Za-z]+$", host))])
    ]
    "Give path_patterns paths of at most 128 letters, digits and any of _-.$/~'@:+&*? or double quotes, in" = [
      for label, rule in local.rules_given : label if !alltrue([for path in rule.path_patterns : can(regex(local.patterns.path, path))])
    ]
    "Give user_agents patterns of 1 to 128 printable ASCII characters, of which none is a backslash, in" = [
      for label, check in local.checks_given : label if !alltrue([for agent in check.user_agents : can(regex(local.patterns.user_agent, agent))])
    ]
  }

  # The same of ARNs, which may be unknown until the apply that creates the load balancers.
  offenders_by_arn = {
    "Give load_balancer_arn the ARN of an Application Load Balancer (…:loadbalancer/app/…) in" = [
      for key, service in var.services : key
      if service.load_balancer_arn != null && !can(regex(local.patterns.load_balancer, service.load_balancer_arn))
    ]
    "Give target_group_arns the ARNs of target groups (…:targetgroup/…) in" = [
      for key, service in var.services : key
      if !alltrue([for arn in service.target_group_arns : can(regex(local.patterns.target_group, arn))])
    ]
    "Give load_balancer_arn and target_group_arns together, or leave out both, in" = [
      for key, service in var.services : key if(service.load_balancer_arn == null) != (length(service.target_group_arns) == 0)
    ]
    "Give load_balancer_arn and target_group_arns together with wake_on_request, since requests show that it is in use, in" = [
      for key in keys(local.wakes_given) : key if var.services[key].load_balancer_arn == null
    ]
    "Give either rule_arn, or listener_arn where the service is the listener's default, in" = [
      for label, rule in local.rules_given : label if(rule.rule_arn == null) == (rule.listener_arn == null)
    ]
    "Give rule_arn the ARN of a rule of an Application Load Balancer (…:listener-rule/app/…) in" = [
      for label, rule in local.rules_given : label
      if rule.rule_arn != null && !can(regex(local.patterns.listener_rule, rule.rule_arn))
    ]
    "Give listener_arn the ARN of a listener of an Application Load Balancer (…:listener/app/…) in" = [
      for label, rule in local.rules_given : label
      if rule.listener_arn != null && !can(regex(local.patterns.listener, rule.listener_arn))
    ]
    "Give host_headers and path_patterns together with listener_arn only, since a rule given by rule_arn has its own, in" = [
      for label, rule in local.rules_given : label
      if rule.listener_arn == null && length(rule.host_headers) + length(rule.path_patterns) > 0
    ]
    "Give host_headers, path_patterns and user_agents at most five values together, and user_agents beside rule_arn at most four, since AWS allows a rule five, in" = [
      for label, rule in local.rules_given : label if length(local.values_given[label]) > (rule.listener_arn == null ? 4 : 5)
    ]
    "Give each rule at the same listener a priority of its own, unlike" = [
      for labels in local.rules_by_place : join(" and ", labels) if length(labels) > 1
    ]
    "Give uptime_checks a priority before all rules of the service at the same listener, which else would take their requests, in" = [
      for label, check in local.checks_given : label
      if try(check.priority >= min(local.rule_priorities["${check.key} ${check.at_listener}"]...), false)
    ]
    "Give user_agents, or path_patterns with listener_arn, to each of uptime_checks, which else takes every request, in" = [
      for label, check in local.checks_given : label
      if length(check.user_agents) == 0 && (check.listener_arn == null || length(check.path_patterns) == 0)
    ]
  }

  # What may be said of each group. A list is unknown as long as one of its conditions is, so each group is reported on its
  # own: what is not known when planning is reported while applying. Neither sentences nor names reveal a sensitive value.
  problems = {
    configuration = nonsensitive(concat(
      [for sentence, met in local.requirements : "${sentence}." if !met],
      [for sentence, names in local.offenders : "${sentence}: ${join(", ", nonsensitive(names))}." if length(names) > 0],
    ))
    inputs = nonsensitive([for sentence, met in local.requirements_of_values : "${sentence}." if !met])
    values = nonsensitive([for sentence, names in local.offenders_by_value : "${sentence}: ${join(", ", nonsensitive(names))}." if length(names) > 0])
    arns   = nonsensitive([for sentence, names in local.offenders_by_arn : "${sentence}: ${join(", ", nonsensitive(names))}." if length(names) > 0])
  }

  problem_report = { for group, problems in local.problems : group => join("\n- ", concat(["Change the configuration of ${nonsensitive(var.name)}:"], problems)) }
}
