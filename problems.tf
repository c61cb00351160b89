# What can be wrong with a configuration. Each problem has one condition and one sentence that says what to do.
# terraform_data.instance reports all problems that can be known, and nothing is planned before they are solved.
#
# They are not validations of variables. Terraform first checks the validations of constant values. If one fails, it
# plans nothing, so users would see the problems of other inputs only later. A validation also finds offenders in its
# condition and would have to find them a second time to name them.

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

  # The values of each rule's conditions, and its hosts that are well formed up to their last dot.
  values_given = { for label, rule in local.rules_given : label => concat(rule.host_headers, rule.path_patterns, rule.user_agents) }
  hosts_with_a_dot = {
    for label, rule in local.rules_given : label => [
      for host in rule.host_headers : host if can(regex(local.patterns.host, host)) && can(regex("[.]", host))
    ]
  }

  # The rules that share one listener and priority, and the priorities of each service's rules on one listener.
  rules_by_place = {
    for label, rule in local.rules_given : "${rule.at_listener} ${rule.priority}" => label...
    if rule.at_listener != null && rule.priority != null
  }
  rule_priorities = {
    for rule in local.rules_given : "${rule.key} ${rule.at_listener}" => rule.priority...
    if rule.kind == "rules" && rule.at_listener != null && rule.priority != null
  }

  # The requirements of inputs, and whether they are met.
  requirements = {
    "Set name to a text of 1 to 128 letters, digits, hyphens or underscores that begins with a letter or digit" = (
      can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$", var.name))
    )
    "Add at least one service to services, or remove the module if there is no service to manage" = (
      length(var.services) >= 1
    )
    "Move all services beyond the first 1000 to a second instance of the module with another name" = (
      length(var.services) <= 1000
    )
    "Move some services to a second instance of the module with another name, since ${length(local.service_access)} services or clusters need ${length(local.managed_access)} managed policies and a role can have only ${local.managed_policies_a_role}" = (
      length(local.managed_access) <= local.managed_policies_a_role
    )
    "Set idle_minutes to a whole number of minutes from 1 to 1440" = (
      var.idle_minutes >= 1 && var.idle_minutes <= 1440 && floor(var.idle_minutes) == var.idle_minutes
    )
    "Set longest_hold_minutes to a whole number of minutes from 1 to 10080 (7 days)" = (
      var.longest_hold_minutes >= 1 && var.longest_hold_minutes <= 10080 && floor(var.longest_hold_minutes) == var.longest_hold_minutes
    )
    "Set metric_namespace to a name of 1 to 255 letters, digits or any of _-./#: that does not begin with a colon" = (
      can(regex("^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$", var.metric_namespace))
    )
    "Set metric_namespace to a name that does not begin with AWS/, which AWS reserves" = (
      !startswith(var.metric_namespace, "AWS/")
    )
    "Set state_metrics to every_tick or off" = (
      contains(["every_tick", "off"], var.state_metrics)
    )
    "Set dashboard_name to a name of 1 to 255 letters, digits, hyphens or underscores, or omit it" = (
      var.dashboard_name == null ? true : can(regex("^[A-Za-z0-9_-]{1,255}$", var.dashboard_name))
    )
    "Set language to en or fr" = (
      contains(["en", "fr"], var.language)
    )
    "Set api.throttle.burst to a whole number of requests from 1 to 5000" = (
      var.api == null ? true : var.api.throttle.burst >= 1 && var.api.throttle.burst <= 5000 && floor(var.api.throttle.burst) == var.api.throttle.burst
    )
    "Set api.throttle.rate to a number of requests per second from 1 to 10000" = (
      var.api == null ? true : var.api.throttle.rate >= 1 && var.api.throttle.rate <= 10000
    )
    "Set notifications.changes to one or more of asleep, awake, wake_failed, wakes, drains, stays_awake" = (
      var.notifications == null ? true : length(var.notifications.changes) >= 1 && length(setsubtract(var.notifications.changes, ["asleep", "awake", "wake_failed", "wakes", "drains", "stays_awake"])) == 0
    )
    "Set alarms.slow_wake_seconds to a whole number of seconds from 1 to 3600" = (
      var.alarms == null ? true : var.alarms.slow_wake_seconds >= 1 && var.alarms.slow_wake_seconds <= 3600 && floor(var.alarms.slow_wake_seconds) == var.alarms.slow_wake_seconds
    )
    "Set lambda_runtime to python3.11, python3.12 or python3.13" = (
      contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    )
    "Set lambda_architecture to arm64 or x86_64" = (
      contains(["arm64", "x86_64"], var.lambda_architecture)
    )
    "Set log_retention_days to one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653" = (
      contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    )
    "Rename the keys in tags that begin with aws:, since AWS reserves this prefix" = (
      !anytrue([for key in keys(var.tags) : startswith(lower(key), "aws:")])
    )
  }

  # The same for inputs whose values may come from other resources.
  requirements_of_values = {
    "Set waiting_page.title to one line of 1 to 100 characters, or omit it" = (
      var.waiting_page.title == null ? true : can(regex("^[^[:cntrl:]]{1,100}$", var.waiting_page.title))
    )
    "Set waiting_page.accent_color to a colour such as #0b57d0, or omit it" = (
      var.waiting_page.accent_color == null ? true : can(regex("^#[0-9A-Fa-f]{6}$", var.waiting_page.accent_color))
    )
    # The logo is part of every page and of one item of the table.
    "Set waiting_page.logo to a data URL in base64 of at most 16384 characters that begins with data:image/ and gif, jpeg, png, svg+xml or webp, or omit it" = (
      var.waiting_page.logo == null ? true : length(var.waiting_page.logo) <= 16384 && can(regex("^data:image/(gif|jpeg|png|svg[+]xml|webp);base64,[A-Za-z0-9+/]+={0,2}$", var.waiting_page.logo))
    )
    "Set waiting_page.contact to one line of 1 to 200 characters, or omit it" = (
      var.waiting_page.contact == null ? true : can(regex("^[^[:cntrl:]]{1,200}$", var.waiting_page.contact))
    )
    "Set waiting_page.language to en or fr, or omit it to use the visitor's language" = (
      var.waiting_page.language == null ? true : contains(["en", "fr"], var.waiting_page.language)
    )
    "Set api.jwt.issuer to the issuer's https URL without a query, such as https://login.example.com/" = (
      var.api == null ? true : var.api.jwt == null ? true : can(regex("^https://[^/?#[:space:]]+[^?#[:space:]]*$", var.api.jwt.issuer))
    )
    "Set api.jwt.audience to at least one audience, each without spaces" = (
      var.api == null ? true : var.api.jwt == null ? true : length(coalesce(var.api.jwt.audience, [])) >= 1 && alltrue([for audience in coalesce(var.api.jwt.audience, []) : can(regex("^[^[:space:]]+$", audience))])
    )
    "Set api.jwt.scopes to scopes of printable ASCII characters without spaces, one in each string" = (
      var.api == null ? true : var.api.jwt == null ? true : alltrue([for scope in var.api.jwt.scopes : can(regex("^[!-~]+$", scope))])
    )
    "Set notifications.email_addresses to addresses such as platform@example.com, one in each string" = (
      var.notifications == null ? true : alltrue([for address in var.notifications.email_addresses : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", address))])
    )
    "Omit notifications.email_addresses if you set notifications.topic, and subscribe the addresses to that topic yourself" = (
      var.notifications == null ? true : var.notifications.topic == null ? true : length(var.notifications.email_addresses) == 0
    )
    "Set notifications.topic.arn to the ARN of an SNS topic (arn:aws:sns:eu-west-3:123456789012:name) that is not FIFO, since EventBridge does not send to FIFO topics" = (
      var.notifications == null ? true : var.notifications.topic == null ? true : can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.notifications.topic.arn))
    )
    "Set alarms.action_arns to at most five ARNs such as arn:aws:sns:eu-west-3:123456789012:name" = (
      var.alarms == null ? true : var.alarms.action_arns == null ? true : length(var.alarms.action_arns) <= 5 && alltrue([for arn in var.alarms.action_arns : can(regex("^arn:[^:]+:[a-z0-9-]+:", arn))])
    )
    "Set permissions_boundary_arn to the ARN of an IAM policy (arn:aws:iam::123456789012:policy/name), or omit it" = (
      var.permissions_boundary_arn == null ? true : can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    )
  }

  # The requirements of each service, and the services that do not meet them. A number that can be omitted may be null.
  offenders = {
    "Rename these keys of services so that each has 1 to 64 letters, digits, hyphens or underscores and begins with a letter or digit" = [
      for key in keys(var.services) : key if !can(regex(local.patterns.key, key))
    ]
    "Set cluster_name to the cluster's name, such as \"production\", not to its ARN, in" = [
      for key, service in var.services : key if !can(regex(local.patterns.ecs_name, service.cluster_name))
    ]
    "Set service_name to the service's name, such as \"web\", not to its ARN, in" = [
      for key, service in var.services : key if !can(regex(local.patterns.ecs_name, service.service_name))
    ]
    "Keep only one key for each ECS service; these have several" = [
      for name, keys in local.keys_by_ecs_name : "${name} (${join(", ", keys)})" if length(keys) > 1
    ]
    "Set awake_count to a whole number of tasks from 1 to 5000 in" = [
      for key, service in var.services : key
      if !try(service.awake_count >= 1 && service.awake_count <= 5000 && floor(service.awake_count) == service.awake_count, service.awake_count == null)
    ]
    "Set idle_minutes to a whole number of minutes from 1 to 1440 in" = [
      for key, service in var.services : key
      if !try(service.idle_minutes >= 1 && service.idle_minutes <= 1440 && floor(service.idle_minutes) == service.idle_minutes, service.idle_minutes == null)
    ]
    "Set mode to act, dry_run or off in" = [
      for key, service in var.services : key if !contains(["act", "dry_run", "off"], service.mode)
    ]
    "Set wake_deadline_seconds to a whole number of seconds from 60 to 3600 in" = [
      for key, service in var.services : key
      if !try(service.wake_deadline_seconds >= 60 && service.wake_deadline_seconds <= 3600 && floor(service.wake_deadline_seconds) == service.wake_deadline_seconds, service.wake_deadline_seconds == null)
    ]

    "Add at least one rule to wake_on_request.rules in" = [
      for key, wake in local.wakes_given : key if length(wake.rules) == 0
    ]
    "Set wait_seconds to a whole number of seconds from 0 to 50 in" = [
      for key, wake in local.wakes_given : key
      if !(wake.wait_seconds >= 0 && wake.wait_seconds <= 50 && floor(wake.wait_seconds) == wake.wait_seconds)
    ]
    "Set max_waiting_requests to a whole number of requests from 0 to 1000 in" = [
      for key, wake in local.wakes_given : key
      if !(wake.max_waiting_requests >= 0 && wake.max_waiting_requests <= 1000 && floor(wake.max_waiting_requests) == wake.max_waiting_requests)
    ]
    "Set page_status to 202 or 503 in" = [
      for key, wake in local.wakes_given : key if !contains([202, 503], wake.page_status)
    ]
    # If idle_minutes is wrong, only that is reported, and not also the default of 0 here.
    "Set drain_lead_minutes to a whole number of minutes, at least 0 and fewer than idle_minutes, in" = [
      for key, wake in local.wakes_given : key
      if !(wake.drain_lead_minutes >= 0 && wake.drain_lead_minutes < max(1, coalesce(var.services[key].idle_minutes, var.idle_minutes)) && floor(wake.drain_lead_minutes) == wake.drain_lead_minutes)
    ]

    "Rename these rules and uptime_checks so that each has 1 to 64 letters, digits, hyphens or underscores and begins with a letter or digit" = [
      for label, rule in local.rules_given : label if !can(regex(local.patterns.key, rule.name))
    ]

    "Rename these schedules so that each has 1 to 64 letters, digits, hyphens or underscores and begins with a letter or digit" = [
      for label, schedule in local.schedules_given : label if !can(regex(local.patterns.key, schedule.name))
    ]
    "Set cron to six fields (minutes, hours, day of month, month, day of week, year) in EventBridge Scheduler's syntax, such as cron(0 8 ? * MON-FRI *), in" = [
      for label, schedule in local.schedules_given : label if !can(regex(local.cron_pattern, schedule.cron))
    ]
    "Set cron to an expression with ? for exactly one of day of month and day of week, such as cron(0 8 ? * MON-FRI *), in" = [
      for label, schedule in local.schedules_given : label
      if can(regex(local.cron_pattern, schedule.cron)) && !can(regex(local.cron_pattern_of_one_day, schedule.cron))
    ]
    "Set timezone to the IANA name of a time zone, such as Europe/Paris, in" = [
      for label, schedule in local.schedules_given : label
      if !(can(regex(local.patterns.timezone, schedule.timezone)) && length(schedule.timezone) <= 50)
    ]
    "Set minutes of schedules to a whole number from 1 to ${var.longest_hold_minutes} (longest_hold_minutes) in" = [
      for label, schedule in local.schedules_given : label
      if !try(schedule.minutes >= 1 && schedule.minutes <= var.longest_hold_minutes && floor(schedule.minutes) == schedule.minutes, false)
    ]
  }

  # The same for values that may come from other resources, such as the names of hosts.
  offenders_by_value = {
    "Set hourly_cost to the cost of one task in USD per hour, 0 or more, in" = [
      for key, service in var.services : key if !try(service.hourly_cost >= 0, service.hourly_cost == null)
    ]
    "Set cors_origins to origins in lower case and without a path, such as https://app.example.com, in" = [
      for key, wake in local.wakes_given : key if !alltrue([for origin in wake.cors_origins : can(regex(local.patterns.origin, origin))])
    ]
    "Set priority to a whole number from 1 to 50000 in" = [
      for label, rule in local.rules_given : label
      if !try(rule.priority >= 1 && rule.priority <= 50000 && floor(rule.priority) == rule.priority, false)
    ]
    # AWS's page on condition types allows a rule five wildcards, its page on quotas six. Five meet both. With rule_arn,
    # the wildcards of the service's own rule count too. They are known only when the functions read that rule.
    "Use at most five wildcards (* and ?) in host_headers, path_patterns and user_agents together, which is AWS's limit for a rule, or split the values into several rules or uptime_checks, in" = [
      for label, values in local.values_given : label if length(flatten([for value in values : try(regexall("[*?]", value), [])])) > 5
    ]
    "Set host_headers to hosts with a dot, without a port, and of at most 128 letters, digits or any of -.*? in" = [
      for label, rule in local.rules_given : label if length(local.hosts_with_a_dot[label]) < length(rule.host_headers)
    ]
    "Set host_headers to hosts with only letters after the last dot, such as *.example.com, since AWS accepts nothing else there; list each host, and use path_patterns for requests to an IP address such as 10.0.0.5, in" = [
      for label, hosts in local.hosts_with_a_dot : label if !alltrue([for host in hosts : can(regex("[.][A-Za-z]+$", host))])
    ]
    "Set path_patterns to paths of at most 128 letters, digits, double quotes or any of _-.$/~'@:+&*? in" = [
      for label, rule in local.rules_given : label if !alltrue([for path in rule.path_patterns : can(regex(local.patterns.path, path))])
    ]
    "Set user_agents to patterns of 1 to 128 printable ASCII characters without a backslash in" = [
      for label, check in local.checks_given : label if !alltrue([for agent in check.user_agents : can(regex(local.patterns.user_agent, agent))])
    ]
  }

  # The same for ARNs. They may be unknown until the apply that creates the load balancers.
  offenders_by_arn = {
    "Set load_balancer_arn to the ARN of an Application Load Balancer (…:loadbalancer/app/…) in" = [
      for key, service in var.services : key
      if service.load_balancer_arn != null && !can(regex(local.patterns.load_balancer, service.load_balancer_arn))
    ]
    "Set target_group_arns to the ARNs of target groups (…:targetgroup/…) in" = [
      for key, service in var.services : key
      if !alltrue([for arn in service.target_group_arns : can(regex(local.patterns.target_group, arn))])
    ]
    "Set both load_balancer_arn and target_group_arns, or omit both, in" = [
      for key, service in var.services : key if(service.load_balancer_arn == null) != (length(service.target_group_arns) == 0)
    ]
    "Set load_balancer_arn and target_group_arns together with wake_on_request, since requests show that the service is in use, in" = [
      for key in keys(local.wakes_given) : key if var.services[key].load_balancer_arn == null
    ]
    "Set either rule_arn or, if the service is the listener's default, listener_arn in" = [
      for label, rule in local.rules_given : label if(rule.rule_arn == null) == (rule.listener_arn == null)
    ]
    "Set rule_arn to the ARN of a rule of an Application Load Balancer (…:listener-rule/app/…) in" = [
      for label, rule in local.rules_given : label
      if rule.rule_arn != null && !can(regex(local.patterns.listener_rule, rule.rule_arn))
    ]
    "Set listener_arn to the ARN of a listener of an Application Load Balancer (…:listener/app/…) in" = [
      for label, rule in local.rules_given : label
      if rule.listener_arn != null && !can(regex(local.patterns.listener, rule.listener_arn))
    ]
    "Set host_headers and path_patterns only together with listener_arn, since the rule that rule_arn names has its own conditions, in" = [
      for label, rule in local.rules_given : label
      if rule.listener_arn == null && length(rule.host_headers) + length(rule.path_patterns) > 0
    ]
    "Use at most five values in host_headers, path_patterns and user_agents together, or at most four in user_agents with rule_arn, since AWS allows five values in a rule, in" = [
      for label, rule in local.rules_given : label if length(local.values_given[label]) > (rule.listener_arn == null ? 4 : 5)
    ]
    "Set a different priority for each rule on the same listener; these share one" = [
      for labels in local.rules_by_place : join(" and ", labels) if length(labels) > 1
    ]
    "Set the priority of uptime_checks to a smaller number than the priority of every rule of the service on the same listener, since that rule would otherwise take their requests, in" = [
      for label, check in local.checks_given : label
      if try(check.priority >= min(local.rule_priorities["${check.key} ${check.at_listener}"]...), false)
    ]
    "Set user_agents, or path_patterns with listener_arn, for each of uptime_checks, since it would otherwise take every request, in" = [
      for label, check in local.checks_given : label
      if length(check.user_agents) == 0 && (check.listener_arn == null || length(check.path_patterns) == 0)
    ]
  }

  # The problems of each group. A list is unknown as long as one of its conditions is unknown, so each group is reported
  # separately: a group that is unknown during the plan is reported during the apply. Neither the sentences nor the
  # names reveal a sensitive value.
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
