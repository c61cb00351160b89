# What is managed

variable "name" {
  description = <<-EOT
    Name of this instance of the module, such as "staging"; every AWS resource it creates is named after it.
    Two instances in one account and region need different names; the same name may be used in several regions.
    Letters, digits, hyphens and underscores, at most 128; what AWS limits to 64 characters is shortened and distinguished by a hash.
  EOT
  type        = string
  nullable    = false
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
}

# When a service sleeps

variable "idle_minutes" {
  description = "Minutes without activity after which a service is put to sleep, 1 to 1440; a service may have its own. Metrics come one to two minutes late, so 5 means zero tasks after 6 to 9 minutes."
  type        = number
  default     = 5
  nullable    = false
}

variable "longest_hold_minutes" {
  description = "Minutes, 1 to 10080 (7 days), for which a service may be held awake at most. A longer hold is refused."
  type        = number
  default     = 10080
  nullable    = false
}

# What is shown

variable "metric_namespace" {
  description = "CloudWatch namespace the module's metrics are published in, such as \"CityGuided/ECS\". Instances of the module may share one."
  type        = string
  default     = "ScaleToZero"
  nullable    = false
}

variable "state_metrics" {
  description = "`every_tick` publishes each service's desired count and status every minute (two custom metrics per service, three in an hour in which it both slept and was awake). `off` publishes none, and the dashboard draws the same picture from AWS's own free metrics; what is sent only when something happens, such as the time of a wake, is sent all the same."
  type        = string
  default     = "every_tick"
  nullable    = false
}

variable "dashboard_name" {
  description = "Name of the CloudWatch dashboard, unique in the account. Left out: `<name>-<region>-scale-to-zero`."
  type        = string
  default     = null
}

variable "language" {
  description = "Language of the dashboard, its control panel, notifications and alarms: `en` or `fr`."
  type        = string
  default     = "en"
  nullable    = false
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
}

# How it runs

variable "lambda_runtime" {
  description = "Lambda runtime of the functions: `python3.11`, `python3.12` or `python3.13`."
  type        = string
  default     = "python3.13"
  nullable    = false
}

variable "lambda_architecture" {
  description = "Processor architecture of the functions: `arm64` (cheaper) or `x86_64` (for regions without arm64)."
  type        = string
  default     = "arm64"
  nullable    = false
}

variable "log_retention_days" {
  description = "Days CloudWatch keeps the functions' logs; one of the periods CloudWatch offers."
  type        = number
  default     = 30
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds every role the module makes. Left out: no boundary."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource that can carry them, besides the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
