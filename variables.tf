# What is managed

variable "name" {
  description = <<-EOT
    Name of this instance of the module, such as "staging"; every AWS resource it creates is named after it.
    Two instances in one account and region need different names; the same name may be used in several regions.
    Letters, digits, hyphens and underscores, at most 128; what AWS limits to 64 characters is shortened and distinguished by a hash.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$", var.name))
    error_message = "Give name 1 to 128 letters, digits, hyphens or underscores, beginning with a letter or digit."
  }
}

variable "services" {
  description = <<-EOT
    The ECS services to manage, each under a key of your choice that commands and the dashboard call it by.
    Keys, cluster names and service names must be known when planning; ARNs need not be.

    - `cluster_name`: name (not ARN) of the ECS cluster.
    - `service_name`: name (not ARN) of the ECS service.
    - `load_balancer_arn`: ARN of the Application Load Balancer whose requests count as activity. Left out together with `target_group_arns`: requests are not watched.
    - `target_group_arns`: ARNs of all target groups through which that load balancer reaches the service.
    - `awake_count`: number of tasks to wake it with. Left out: the count it had before it was put to sleep, 1 where that is unknown.
    - `idle_minutes`: minutes without activity after which it is put to sleep. Left out: the module's `idle_minutes`.
    - `mode`: `act` (the default) puts it to sleep and wakes it; `dry_run` decides, logs and publishes metrics, and changes nothing; `off` skips it, unpublished and off the dashboard. Only with `act` do the rules of `wake_on_request` ever take a request.
    - `ignore_other_traffic`: true puts it to sleep even where it has traffic sources that are not watched (other target groups, Service Connect, Cloud Map, VPC Lattice, gateway connectors). Left out: such a service stays awake and is reported.
    - `wake_deadline_seconds`: seconds after which a wake that is not ready counts as failed, 60 to 3600. Left out: the largest of 300, the service's health-check grace period + 120 and twice its usual wake time, but never more than 3600.
    - `hourly_cost`: what one task costs in USD per hour, by which the dashboard and the control panel show what sleeping saved. Left out: they show no money.
    - `wake_on_request`: a request wakes it, and is answered while it wakes. Left out: requests to the sleeping service get the load balancer's 503.
      - `rules`: the listener rules that send requests to it, each under a name of your choice. While the service does not run, a rule of the module's with the same conditions comes before each.
        - `rule_arn`: ARN of the service's own listener rule, whose conditions are taken over as they are at the time.
        - `listener_arn`: ARN of the listener, instead, where the service is the listener's default.
        - `host_headers`, `path_patterns`: only with `listener_arn`: the hosts and paths to wake it for, in which `*` stands for any characters and `?` for one. A host needs a dot, and only letters after the last one. One rule takes five values and five wildcards (`*` and `?`), AWS's limits. Left out: all.
        - `priority`: priority of the module's rule, 1 to 50000, before the service's own and not in use on that listener.
      - `uptime_checks`: requests of uptime monitors and bots, which are answered by the module at all times, and neither wake the service nor keep it awake. Each is like one of `rules`, with a priority before all of them, and has:
        - `user_agents`: patterns of the header `User-Agent`, such as `*UptimeRobot*`, each of at most 128 characters. They count among the five values and five wildcards of the rule, beside `rule_arn` together with those of that rule: give each of several monitors an uptime check of its own. May be left out where `listener_arn` and `path_patterns` are given.
      - `wait_seconds`: seconds for which a request that is not a browser's may wait for the service, 0 to 50. Left out: 20.
      - `max_waiting_requests`: how many requests may wait at once, 0 to 1000; each occupies one execution of Lambda. Left out: 10.
      - `ask_before_waking`: true wakes it only when a visitor presses the waiting page's button, so that crawlers wake nothing. Left out: every request wakes it.
      - `page_status`: HTTP status of the waiting page: 503, or 202 behind a CDN that keeps 503 for a while, such as CloudFront. Left out: 503.
      - `drain_lead_minutes`: whole minutes, fewer than the idle minutes, by which the wake rules are armed before the idle window is over; it then sleeps sooner, and more visitors are redirected once. Left out: 0.
      - `cors_origins`: origins, such as `https://app.example.com`, whose pages may send requests from another origin while it wakes. Left out: none.
    - `schedules`: times at which it is woken and held awake, each under a name of your choice, which is shown as the hold's reason. Services whose times are alike in all respects are woken by one schedule. Used only with mode `act`. Left out: it wakes on request only.
      - `cron`: when, as EventBridge Scheduler writes it: minutes, hours, day of month, month, day of week, year, with `?` for one of the two days, such as `cron(0 8 ? * MON-FRI *)`.
      - `timezone`: IANA name of the time zone `cron` is in, such as `Europe/Paris`; AWS sees to daylight saving. Left out: UTC.
      - `minutes`: for how many minutes from then it is held awake, 1 to `longest_hold_minutes`; it may pass midnight.
  EOT
  type = map(object({
    cluster_name          = string
    service_name          = string
    load_balancer_arn     = optional(string)
    target_group_arns     = optional(list(string), [])
    awake_count           = optional(number)
    idle_minutes          = optional(number)
    mode                  = optional(string, "act")
    ignore_other_traffic  = optional(bool, false)
    wake_deadline_seconds = optional(number)
    hourly_cost           = optional(number)
    wake_on_request = optional(object({
      rules = map(object({
        rule_arn      = optional(string)
        listener_arn  = optional(string)
        host_headers  = optional(list(string), [])
        path_patterns = optional(list(string), [])
        priority      = number
      }))
      uptime_checks = optional(map(object({
        rule_arn      = optional(string)
        listener_arn  = optional(string)
        host_headers  = optional(list(string), [])
        path_patterns = optional(list(string), [])
        user_agents   = optional(list(string), [])
        priority      = number
      })), {})
      wait_seconds         = optional(number, 20)
      max_waiting_requests = optional(number, 10)
      ask_before_waking    = optional(bool, false)
      page_status          = optional(number, 503)
      drain_lead_minutes   = optional(number, 0)
      cors_origins         = optional(list(string), [])
    }))
    schedules = optional(map(object({
      cron     = string
      timezone = optional(string, "UTC")
      minutes  = number
    })), {})
  }))
  nullable = false

  validation {
    condition     = length(var.services) >= 1
    error_message = "Name at least one service in services; to manage none, remove the module."
  }

  validation {
    condition     = length(var.services) <= 1000
    error_message = "Move services beyond 1000 to a second instance of the module with another name."
  }

  validation {
    condition     = alltrue([for key, service in var.services : can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", key))])
    error_message = "Give each key of services 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, unlike: ${join(", ", [for key, service in var.services : key if !can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", key))])}."
  }

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[A-Za-z0-9_-]{1,255}$", service.cluster_name))])
    error_message = "Give cluster_name the cluster's name, such as \"production\", not its ARN, in: ${join(", ", [for key, service in var.services : key if !can(regex("^[A-Za-z0-9_-]{1,255}$", service.cluster_name))])}."
  }

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[A-Za-z0-9_-]{1,255}$", service.service_name))])
    error_message = "Give service_name the service's name, such as \"web\", not its ARN, in: ${join(", ", [for key, service in var.services : key if !can(regex("^[A-Za-z0-9_-]{1,255}$", service.service_name))])}."
  }

  validation {
    condition     = length(distinct([for service in var.services : "${service.cluster_name}/${service.service_name}"])) == length(var.services)
    error_message = "Name each ECS service under one key only; named more than once: ${join(", ", [for name, keys in { for key, service in var.services : "${service.cluster_name}/${service.service_name}" => key... } : "${name} (${join(", ", keys)})" if length(keys) > 1])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.load_balancer_arn == null || can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:loadbalancer/app/[^/]+/[^/]+$", service.load_balancer_arn))])
    error_message = "Give load_balancer_arn the ARN of an Application Load Balancer (…:loadbalancer/app/…) in: ${join(", ", [for key, service in var.services : key if service.load_balancer_arn != null && !can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:loadbalancer/app/[^/]+/[^/]+$", service.load_balancer_arn))])}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for arn in service.target_group_arns : can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:targetgroup/[^/]+/[^/]+$", arn))]]))
    error_message = "Give target_group_arns the ARNs of target groups (…:targetgroup/…) in: ${join(", ", [for key, service in var.services : key if anytrue([for arn in service.target_group_arns : !can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:targetgroup/[^/]+/[^/]+$", arn))])])}."
  }

  validation {
    condition     = alltrue([for service in var.services : (service.load_balancer_arn == null) == (length(service.target_group_arns) == 0)])
    error_message = "Give load_balancer_arn and target_group_arns together, or leave out both, in: ${join(", ", [for key, service in var.services : key if(service.load_balancer_arn == null) != (length(service.target_group_arns) == 0)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.awake_count == null ? true : service.awake_count >= 1 && service.awake_count <= 5000 && floor(service.awake_count) == service.awake_count])
    error_message = "Give awake_count a whole number of tasks from 1 to 5000 in: ${join(", ", [for key, service in var.services : key if service.awake_count == null ? false : !(service.awake_count >= 1 && service.awake_count <= 5000 && floor(service.awake_count) == service.awake_count)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.idle_minutes == null ? true : service.idle_minutes >= 1 && service.idle_minutes <= 1440 && floor(service.idle_minutes) == service.idle_minutes])
    error_message = "Give idle_minutes a whole number of minutes from 1 to 1440 in: ${join(", ", [for key, service in var.services : key if service.idle_minutes == null ? false : !(service.idle_minutes >= 1 && service.idle_minutes <= 1440 && floor(service.idle_minutes) == service.idle_minutes)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : contains(["act", "dry_run", "off"], service.mode)])
    error_message = "Give mode one of act, dry_run, off in: ${join(", ", [for key, service in var.services : key if !contains(["act", "dry_run", "off"], service.mode)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.wake_deadline_seconds == null ? true : service.wake_deadline_seconds >= 60 && service.wake_deadline_seconds <= 3600 && floor(service.wake_deadline_seconds) == service.wake_deadline_seconds])
    error_message = "Give wake_deadline_seconds a whole number of seconds from 60 to 3600 in: ${join(", ", [for key, service in var.services : key if service.wake_deadline_seconds == null ? false : !(service.wake_deadline_seconds >= 60 && service.wake_deadline_seconds <= 3600 && floor(service.wake_deadline_seconds) == service.wake_deadline_seconds)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.hourly_cost == null ? true : service.hourly_cost >= 0])
    error_message = "Give hourly_cost the USD one task costs per hour, 0 or more, in: ${join(", ", [for key, service in var.services : key if service.hourly_cost == null ? false : service.hourly_cost < 0])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.load_balancer_arn != null if service.wake_on_request != null])
    error_message = "Give load_balancer_arn and target_group_arns together with wake_on_request, since requests show that it is in use, in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(service.load_balancer_arn != null)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : length(service.wake_on_request.rules) >= 1 if service.wake_on_request != null])
    error_message = "Give wake_on_request at least one of rules in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(length(service.wake_on_request.rules) >= 1)])}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", name))]] if service.wake_on_request != null]))
    error_message = "Give each name in rules and uptime_checks 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", name)))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : (rule.rule_arn == null) != (rule.listener_arn == null)]] if service.wake_on_request != null]))
    error_message = "Give either rule_arn, or listener_arn where the service is the listener's default, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !((rule.rule_arn == null) != (rule.listener_arn == null))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : rule.rule_arn == null ? true : can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener-rule/app/[^/]+/[^/]+/[^/]+/[^/]+$", rule.rule_arn))]] if service.wake_on_request != null]))
    error_message = "Give rule_arn the ARN of a rule of an Application Load Balancer (…:listener-rule/app/…) in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(rule.rule_arn == null ? true : can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener-rule/app/[^/]+/[^/]+/[^/]+/[^/]+$", rule.rule_arn)))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : rule.listener_arn == null ? true : can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener/app/[^/]+/[^/]+/[^/]+$", rule.listener_arn))]] if service.wake_on_request != null]))
    error_message = "Give listener_arn the ARN of a listener of an Application Load Balancer (…:listener/app/…) in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(rule.listener_arn == null ? true : can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener/app/[^/]+/[^/]+/[^/]+$", rule.listener_arn)))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : rule.listener_arn != null || length(rule.host_headers) + length(rule.path_patterns) == 0]] if service.wake_on_request != null]))
    error_message = "Give host_headers and path_patterns together with listener_arn only, since a rule given by rule_arn has its own, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(rule.listener_arn != null || length(rule.host_headers) + length(rule.path_patterns) == 0)]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : try(rule.priority >= 1 && rule.priority <= 50000 && floor(rule.priority) == rule.priority, false)]] if service.wake_on_request != null]))
    error_message = "Give priority a whole number from 1 to 50000 in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(try(rule.priority >= 1 && rule.priority <= 50000 && floor(rule.priority) == rule.priority, false))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue([for labels in { for rule in flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : { label = "${key}.${kind}.${name}", place = try("${try(replace(replace(rule.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), rule.listener_arn)} ${rule.priority}", "${key}.${kind}.${name}") }]] if service.wake_on_request != null]) : rule.place => rule.label... } : length(labels) == 1])
    error_message = "Give each rule at the same listener a priority of its own, unlike: ${join(", ", [for labels in { for rule in flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : { label = "${key}.${kind}.${name}", place = try("${try(replace(replace(rule.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), rule.listener_arn)} ${rule.priority}", "${key}.${kind}.${name}") }]] if service.wake_on_request != null]) : rule.place => rule.label... } : join(" and ", labels) if length(labels) > 1])}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for check in service.wake_on_request.uptime_checks : alltrue([for rule in service.wake_on_request.rules : try(check.priority < rule.priority, true) if try(replace(replace(rule.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), rule.listener_arn) == try(replace(replace(check.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), check.listener_arn)])] if service.wake_on_request != null]))
    error_message = "Give uptime_checks a priority before all rules of the service at the same listener, which else would take their requests, in: ${join(", ", flatten([for key, service in var.services : [for name, check in service.wake_on_request.uptime_checks : "${key}.uptime_checks.${name}" if !(alltrue([for rule in service.wake_on_request.rules : try(check.priority < rule.priority, true) if try(replace(replace(rule.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), rule.listener_arn) == try(replace(replace(check.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", ""), check.listener_arn)]))] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : length(rule.host_headers) + length(rule.path_patterns) + length(try(rule.user_agents, [])) <= (rule.listener_arn == null ? 4 : 5)]] if service.wake_on_request != null]))
    error_message = "Give host_headers, path_patterns and user_agents at most five values together, and user_agents beside rule_arn at most four, since AWS allows a rule five, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(length(rule.host_headers) + length(rule.path_patterns) + length(try(rule.user_agents, [])) <= (rule.listener_arn == null ? 4 : 5))]] if service.wake_on_request != null]))}."
  }

  # AWS's page on condition types allows a rule five wildcards, its page on quotas six: five are right by both.
  # Beside rule_arn, those of the service's own rule come on top; they are known only when the functions read it.
  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : length(flatten([for text in concat(rule.host_headers, rule.path_patterns, try(rule.user_agents, [])) : try(regexall("[*?]", text), [])])) <= 5]] if service.wake_on_request != null]))
    error_message = "Give host_headers, path_patterns and user_agents at most five wildcards (* and ?) together, since AWS allows a rule no more; split the values over several rules or uptime_checks, or use fewer wildcards, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(length(flatten([for text in concat(rule.host_headers, rule.path_patterns, try(rule.user_agents, [])) : try(regexall("[*?]", text), [])])) <= 5)]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : alltrue([for host in rule.host_headers : can(regex("^[A-Za-z0-9.*?-]{1,128}$", host)) && can(regex("[.]", host))])]] if service.wake_on_request != null]))
    error_message = "Give host_headers hosts with a dot and without a port, of at most 128 letters, digits and any of -.*? in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(alltrue([for host in rule.host_headers : can(regex("^[A-Za-z0-9.*?-]{1,128}$", host)) && can(regex("[.]", host))]))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : alltrue([for host in rule.host_headers : can(regex("^[A-Za-z0-9.*?-]{1,128}$", host)) && can(regex("[.]", host)) ? can(regex("[.][A-Za-z]+$", host)) : true])]] if service.wake_on_request != null]))
    error_message = "Give host_headers only letters after the last dot, as in *.example.com, since AWS takes nothing else there: list each host, and for requests to an address such as 10.0.0.5 use path_patterns, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(alltrue([for host in rule.host_headers : can(regex("^[A-Za-z0-9.*?-]{1,128}$", host)) && can(regex("[.]", host)) ? can(regex("[.][A-Za-z]+$", host)) : true]))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : alltrue([for path in rule.path_patterns : can(regex("^[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}$", path))])]] if service.wake_on_request != null]))
    error_message = "Give path_patterns paths of at most 128 letters, digits and any of _-.$/~'@:+&*? or double quotes, in: ${join(", ", flatten([for key, service in var.services : [for kind in ["rules", "uptime_checks"] : [for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" if !(alltrue([for path in rule.path_patterns : can(regex("^[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}$", path))]))]] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for rule in service.wake_on_request.uptime_checks : length(rule.user_agents) >= 1 || rule.listener_arn != null && length(rule.path_patterns) >= 1] if service.wake_on_request != null]))
    error_message = "Give user_agents, or path_patterns with listener_arn, to each of uptime_checks, which else takes every request, in: ${join(", ", flatten([for key, service in var.services : [for name, rule in service.wake_on_request.uptime_checks : "${key}.uptime_checks.${name}" if !(length(rule.user_agents) >= 1 || rule.listener_arn != null && length(rule.path_patterns) >= 1)] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for rule in service.wake_on_request.uptime_checks : alltrue([for agent in rule.user_agents : can(regex("^[ -\\[\\]-~]{1,128}$", agent))])] if service.wake_on_request != null]))
    error_message = "Give user_agents patterns of 1 to 128 printable ASCII characters, of which none is a backslash, in: ${join(", ", flatten([for key, service in var.services : [for name, rule in service.wake_on_request.uptime_checks : "${key}.uptime_checks.${name}" if !(alltrue([for agent in rule.user_agents : can(regex("^[ -\\[\\]-~]{1,128}$", agent))]))] if service.wake_on_request != null]))}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.wake_on_request.wait_seconds >= 0 && service.wake_on_request.wait_seconds <= 50 && floor(service.wake_on_request.wait_seconds) == service.wake_on_request.wait_seconds if service.wake_on_request != null])
    error_message = "Give wait_seconds a whole number of seconds from 0 to 50 in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(service.wake_on_request.wait_seconds >= 0 && service.wake_on_request.wait_seconds <= 50 && floor(service.wake_on_request.wait_seconds) == service.wake_on_request.wait_seconds)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.wake_on_request.max_waiting_requests >= 0 && service.wake_on_request.max_waiting_requests <= 1000 && floor(service.wake_on_request.max_waiting_requests) == service.wake_on_request.max_waiting_requests if service.wake_on_request != null])
    error_message = "Give max_waiting_requests a whole number of requests from 0 to 1000 in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(service.wake_on_request.max_waiting_requests >= 0 && service.wake_on_request.max_waiting_requests <= 1000 && floor(service.wake_on_request.max_waiting_requests) == service.wake_on_request.max_waiting_requests)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : contains([202, 503], service.wake_on_request.page_status) if service.wake_on_request != null])
    error_message = "Give page_status one of 202, 503 in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(contains([202, 503], service.wake_on_request.page_status))])}."
  }

  validation {
    condition     = alltrue([for service in var.services : service.wake_on_request.drain_lead_minutes >= 0 && service.wake_on_request.drain_lead_minutes < coalesce(service.idle_minutes, var.idle_minutes) && floor(service.wake_on_request.drain_lead_minutes) == service.wake_on_request.drain_lead_minutes if service.wake_on_request != null])
    error_message = "Give drain_lead_minutes a whole number of minutes, 0 or more and fewer than idle_minutes, in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(service.wake_on_request.drain_lead_minutes >= 0 && service.wake_on_request.drain_lead_minutes < coalesce(service.idle_minutes, var.idle_minutes) && floor(service.wake_on_request.drain_lead_minutes) == service.wake_on_request.drain_lead_minutes)])}."
  }

  validation {
    condition     = alltrue([for service in var.services : alltrue([for origin in service.wake_on_request.cors_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))]) if service.wake_on_request != null])
    error_message = "Give cors_origins origins in small letters and without a path, such as https://app.example.com, in: ${join(", ", [for key, service in var.services : key if service.wake_on_request == null ? false : !(alltrue([for origin in service.wake_on_request.cors_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))]))])}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for name, schedule in service.schedules : can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", name))]]))
    error_message = "Give each name in schedules 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit, in: ${join(", ", flatten([for key, service in var.services : [for name, schedule in service.schedules : "${key}.schedules.${name}" if !(can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", name)))]]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for name, schedule in service.schedules : can(regex(local.cron_pattern, schedule.cron))]]))
    error_message = "Give cron six fields (minutes, hours, day of month, month, day of week, year) in EventBridge Scheduler's syntax, such as cron(0 8 ? * MON-FRI *), in: ${join(", ", flatten([for key, service in var.services : [for name, schedule in service.schedules : "${key}.schedules.${name}" if !(can(regex(local.cron_pattern, schedule.cron)))]]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for name, schedule in service.schedules : can(regex(local.cron_pattern, schedule.cron)) ? can(regex(local.cron_pattern_of_one_day, schedule.cron)) : true]]))
    error_message = "Give cron a ? for one of day of month and day of week, and not for both, such as cron(0 8 ? * MON-FRI *), in: ${join(", ", flatten([for key, service in var.services : [for name, schedule in service.schedules : "${key}.schedules.${name}" if !(can(regex(local.cron_pattern, schedule.cron)) ? can(regex(local.cron_pattern_of_one_day, schedule.cron)) : true)]]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for name, schedule in service.schedules : can(regex("^[A-Z][A-Za-z0-9_-]*(/[A-Za-z0-9_+-]+){0,2}$", schedule.timezone)) && length(schedule.timezone) <= 50]]))
    error_message = "Give timezone the IANA name of a time zone, such as Europe/Paris, in: ${join(", ", flatten([for key, service in var.services : [for name, schedule in service.schedules : "${key}.schedules.${name}" if !(can(regex("^[A-Z][A-Za-z0-9_-]*(/[A-Za-z0-9_+-]+){0,2}$", schedule.timezone)) && length(schedule.timezone) <= 50)]]))}."
  }

  validation {
    condition     = alltrue(flatten([for service in var.services : [for name, schedule in service.schedules : try(schedule.minutes >= 1 && schedule.minutes <= var.longest_hold_minutes && floor(schedule.minutes) == schedule.minutes, false)]]))
    error_message = "Give minutes of schedules a whole number from 1 to ${var.longest_hold_minutes}, the longest_hold_minutes, in: ${join(", ", flatten([for key, service in var.services : [for name, schedule in service.schedules : "${key}.schedules.${name}" if !(try(schedule.minutes >= 1 && schedule.minutes <= var.longest_hold_minutes && floor(schedule.minutes) == schedule.minutes, false))]]))}."
  }
}

# When a service sleeps

variable "idle_minutes" {
  description = "Minutes without activity after which a service is put to sleep, 1 to 1440; a service may have its own. Metrics come one to two minutes late, so 5 means zero tasks after 6 to 9 minutes."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.idle_minutes >= 1 && var.idle_minutes <= 1440 && floor(var.idle_minutes) == var.idle_minutes
    error_message = "Give idle_minutes a whole number of minutes from 1 to 1440."
  }
}

variable "longest_hold_minutes" {
  description = "Minutes, 1 to 10080 (7 days), for which a service may be held awake at most. A longer hold is refused."
  type        = number
  default     = 10080
  nullable    = false

  validation {
    condition     = var.longest_hold_minutes >= 1 && var.longest_hold_minutes <= 10080 && floor(var.longest_hold_minutes) == var.longest_hold_minutes
    error_message = "Give longest_hold_minutes a whole number of minutes from 1 to 10080, which are 7 days."
  }
}

# What is shown

variable "metric_namespace" {
  description = "CloudWatch namespace the module's metrics are published in, such as \"CityGuided/ECS\". Instances of the module may share one."
  type        = string
  default     = "ScaleToZero"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$", var.metric_namespace))
    error_message = "Give metric_namespace 1 to 255 letters, digits or any of _-./#: but no colon at its beginning."
  }

  validation {
    condition     = !startswith(var.metric_namespace, "AWS/")
    error_message = "Give metric_namespace a name that does not begin with AWS/, which AWS keeps for itself."
  }
}

variable "state_metrics" {
  description = "`every_tick` publishes each service's desired count and status every minute (two custom metrics per service, three in an hour in which it both slept and was awake). `off` publishes none, and the dashboard draws the same picture from AWS's own free metrics; what is sent only when something happens, such as the time of a wake, is sent all the same."
  type        = string
  default     = "every_tick"
  nullable    = false

  validation {
    condition     = contains(["every_tick", "off"], var.state_metrics)
    error_message = "Give state_metrics one of every_tick, off."
  }
}

variable "dashboard_name" {
  description = "Name of the CloudWatch dashboard, unique in the account. Left out: `<name>-<region>-scale-to-zero`."
  type        = string
  default     = null

  validation {
    condition     = var.dashboard_name == null ? true : can(regex("^[A-Za-z0-9_-]{1,255}$", var.dashboard_name))
    error_message = "Give dashboard_name 1 to 255 letters, digits, hyphens or underscores, or leave it out."
  }
}

variable "language" {
  description = "Language of the dashboard, its control panel, notifications and alarms: `en` or `fr`."
  type        = string
  default     = "en"
  nullable    = false

  validation {
    condition     = contains(["en", "fr"], var.language)
    error_message = "Give language one of en, fr."
  }
}

variable "waiting_page" {
  description = <<-EOT
    The page that a browser shows while a service wakes; what is left out is the module's own.

    - `title`: its heading, at most 100 characters.
    - `accent_color`: colour of its progress bar and button, such as `#0b57d0`.
    - `logo`: a picture as a `data:` URL (GIF, JPEG, PNG, SVG or WebP, in base64), at most 16384 characters.
    - `contact`: where to send questions, a line of at most 200 characters.
    - `language`: `en` or `fr`. Left out: the visitor's, by `Accept-Language`.
  EOT
  type = object({
    title        = optional(string)
    accent_color = optional(string)
    logo         = optional(string)
    contact      = optional(string)
    language     = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.waiting_page.title == null ? true : can(regex("^[^[:cntrl:]]{1,100}$", var.waiting_page.title))
    error_message = "Give waiting_page a title of 1 to 100 characters on one line, or leave it out."
  }

  validation {
    condition     = var.waiting_page.accent_color == null ? true : can(regex("^#[0-9A-Fa-f]{6}$", var.waiting_page.accent_color))
    error_message = "Give waiting_page an accent_color such as #0b57d0, or leave it out."
  }

  # The logo is part of every page and of one item of the table.
  validation {
    condition     = var.waiting_page.logo == null ? true : length(var.waiting_page.logo) <= 16384 && can(regex("^data:image/(gif|jpeg|png|svg[+]xml|webp);base64,[A-Za-z0-9+/]+={0,2}$", var.waiting_page.logo))
    error_message = "Give waiting_page a logo that begins with data:image/gif, jpeg, png, svg+xml or webp, is in base64 and has at most 16384 characters, or leave it out."
  }

  validation {
    condition     = var.waiting_page.contact == null ? true : can(regex("^[^[:cntrl:]]{1,200}$", var.waiting_page.contact))
    error_message = "Give waiting_page a contact of 1 to 200 characters on one line, or leave it out."
  }

  validation {
    condition     = var.waiting_page.language == null ? true : contains(["en", "fr"], var.waiting_page.language)
    error_message = "Give waiting_page one of the languages en, fr, or leave it out for the visitor's own."
  }
}

variable "control_panel" {
  description = "The dashboard's control panel: a table of the services with buttons that wake, put to sleep, hold and release them. It acts for everybody who may invoke its function (`lambda:InvokeFunction` on `panel_function_arn`); others see the dashboard without it. `null`: none."
  type        = object({})
  default     = {}
}

# Who may send requests, and who gets notifications

variable "api" {
  description = <<-EOT
    The HTTP API by which programs, such as a CI, see, wake, put to sleep and hold services; `{}` makes it. Left out: there is none.
    Nobody reaches it unauthenticated: a caller signs with AWS credentials that allow `execute-api:Invoke`, or, with `jwt`, sends a token.

    - `jwt`: tokens of an OpenID Connect provider (`Authorization: Bearer`) instead of AWS signatures. Left out: `AWS_IAM`.
      - `issuer`: the provider's issuer, an https URL, as the tokens' `iss` has it.
      - `audience`: the `aud` or `client_id` of a token must be one of these.
      - `scopes`: of which a token must carry one. Left out: every token of the issuer for the audience is enough.
    - `throttle`: how many requests the API takes, from all callers together; further ones get a 429.
      - `burst`: requests at the same moment, 1 to 5000. Left out: 20.
      - `rate`: requests per second over time, 1 to 10000. Left out: 10.
  EOT
  type = object({
    jwt = optional(object({
      issuer   = string
      audience = list(string)
      scopes   = optional(list(string), [])
    }))
    throttle = optional(object({
      burst = optional(number, 20)
      rate  = optional(number, 10)
    }), {})
  })
  default = null

  validation {
    condition     = var.api == null ? true : var.api.jwt == null ? true : can(regex("^https://[^/?#[:space:]]+[^?#[:space:]]*$", var.api.jwt.issuer))
    error_message = "Give api.jwt the issuer's https URL without a query, such as https://login.example.com/."
  }

  validation {
    condition     = var.api == null ? true : var.api.jwt == null ? true : length(coalesce(var.api.jwt.audience, [])) >= 1 && alltrue([for audience in coalesce(var.api.jwt.audience, []) : can(regex("^[^[:space:]]+$", audience))])
    error_message = "Give api.jwt at least one audience, each without spaces."
  }

  validation {
    condition     = var.api == null ? true : var.api.jwt == null ? true : alltrue([for scope in var.api.jwt.scopes : can(regex("^[!-~]+$", scope))])
    error_message = "Give api.jwt scopes of printable ASCII characters without spaces, one in each string."
  }

  validation {
    condition     = var.api == null ? true : var.api.throttle.burst >= 1 && var.api.throttle.burst <= 5000 && floor(var.api.throttle.burst) == var.api.throttle.burst
    error_message = "Give api.throttle a burst of a whole number of requests from 1 to 5000."
  }

  validation {
    condition     = var.api == null ? true : var.api.throttle.rate >= 1 && var.api.throttle.rate <= 10000
    error_message = "Give api.throttle a rate of 1 to 10000 requests per second."
  }
}

variable "notifications" {
  description = <<-EOT
    Notifications by Amazon SNS, in sentences, of each phase change of a service; `{}` makes a topic. Left out: none.
    Left out or not, each change is an event on the default event bus, for rules of your own.

    - `topic`: an SNS topic of yours, instead of one of the module's, which is encrypted with a KMS key of its own (USD 1 a month).
      - `arn`: its ARN. Its policy must allow `sns:Publish` to `events.amazonaws.com`, and to `cloudwatch.amazonaws.com` where alarms go to it; where it is encrypted, the key's policy must allow both `kms:Decrypt` and `kms:GenerateDataKey`. The module changes neither.
    - `email_addresses`: who gets an e-mail from the module's topic, after confirming the one that SNS sends first. Left out: nobody, until you subscribe to the topic.
    - `changes`: of which changes to send notifications: `asleep`, `awake`, `wake_failed`, `wakes`, `drains`, `stays_awake`. Left out: the first three.
  EOT
  type = object({
    topic = optional(object({
      arn = string
    }))
    email_addresses = optional(list(string), [])
    changes         = optional(list(string), ["asleep", "awake", "wake_failed"])
  })
  default = null

  validation {
    condition     = var.notifications == null ? true : var.notifications.topic == null ? true : can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.notifications.topic.arn))
    error_message = "Give notifications.topic the arn of an SNS topic (arn:aws:sns:eu-west-3:123456789012:name) that is not FIFO, which EventBridge does not send to."
  }

  validation {
    condition     = var.notifications == null ? true : alltrue([for address in var.notifications.email_addresses : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", address))])
    error_message = "Give notifications email_addresses such as platform@example.com, one in each string."
  }

  validation {
    condition     = var.notifications == null ? true : var.notifications.topic == null ? true : length(var.notifications.email_addresses) == 0
    error_message = "Give notifications either email_addresses or a topic of yours, to which you subscribe them yourself."
  }

  validation {
    condition     = var.notifications == null ? true : length(var.notifications.changes) >= 1 && length(setsubtract(var.notifications.changes, ["asleep", "awake", "wake_failed", "wakes", "drains", "stays_awake"])) == 0
    error_message = "Give notifications at least one of the changes asleep, awake, wake_failed, wakes, drains, stays_awake."
  }
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms on what needs a person, each of which says what to do; `{}` makes them. Left out: there are none.
    They ring for missing ticks, errors and throttles of each function, failed and slow wakes, tasks that run although their service is asleep, traffic sources that are not watched, and deployments that do not end. AWS charges USD 0.10 a month for each of the one or two metrics an alarm watches.

    - `action_arns`: where they go, at most five ARNs, such as SNS topics. Left out: the topic of `notifications`, or nobody where there is none; `[]`: nobody.
    - `slow_wake_seconds`: seconds, 1 to 3600, beyond which a wake counts as slow. Left out: 300.
  EOT
  type = object({
    action_arns       = optional(list(string))
    slow_wake_seconds = optional(number, 300)
  })
  default = null

  validation {
    condition     = var.alarms == null ? true : var.alarms.action_arns == null ? true : length(var.alarms.action_arns) <= 5 && alltrue([for arn in var.alarms.action_arns : can(regex("^arn:[^:]+:[a-z0-9-]+:", arn))])
    error_message = "Give alarms at most five action_arns, each an ARN such as arn:aws:sns:eu-west-3:123456789012:name."
  }

  validation {
    condition     = var.alarms == null ? true : var.alarms.slow_wake_seconds >= 1 && var.alarms.slow_wake_seconds <= 3600 && floor(var.alarms.slow_wake_seconds) == var.alarms.slow_wake_seconds
    error_message = "Give alarms slow_wake_seconds of a whole number of seconds from 1 to 3600."
  }
}

# How it runs

variable "lambda_runtime" {
  description = "Lambda runtime of the functions: `python3.11`, `python3.12` or `python3.13`."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.lambda_runtime)
    error_message = "Give lambda_runtime one of python3.11, python3.12, python3.13."
  }
}

variable "lambda_architecture" {
  description = "Processor architecture of the functions: `arm64` (cheaper) or `x86_64` (for regions without arm64)."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.lambda_architecture)
    error_message = "Give lambda_architecture one of arm64, x86_64."
  }
}

variable "log_retention_days" {
  description = "Days CloudWatch keeps the functions' logs; one of the periods CloudWatch offers."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "Give log_retention_days one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds every role the module makes. Left out: no boundary."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "Give permissions_boundary_arn the ARN of an IAM policy (arn:aws:iam::123456789012:policy/name), or leave it out."
  }
}

variable "tags" {
  description = "Tags for every resource that can carry them, besides the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !anytrue([for key in keys(var.tags) : startswith(lower(key), "aws:")])
    error_message = "Give tags keys that do not begin with aws:, which AWS keeps for itself."
  }
}
