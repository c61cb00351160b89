# What is managed

variable "name" {
  description = <<-EOT
    Name of this instance of the module, such as "staging". Every AWS resource that it creates is named after it.
    Two instances in one account and region need different names. You can use the same name in several regions.
    At most 128 letters, digits, hyphens and underscores. A resource name that is too long for AWS is shortened and gets a hash.
  EOT
  type        = string
  nullable    = false
}

variable "services" {
  description = <<-EOT
    The ECS services to manage, each under a key of your choice. Commands and the dashboard use this key.
    Keys, cluster names and service names must be known when Terraform plans. ARNs can become known during the apply.

    - `cluster_name`: name (not ARN) of the ECS cluster.
    - `service_name`: name (not ARN) of the ECS service.
    - `load_balancer_arn`: ARN of the Application Load Balancer whose requests count as activity. If you omit both this and `target_group_arns`, requests are not watched.
    - `target_group_arns`: ARNs of all target groups through which that load balancer reaches the service.
    - `awake_count`: number of tasks to start when the service wakes. Default: the count it had before it was put to sleep, or 1 if that is unknown.
    - `idle_minutes`: minutes without activity after which the service is put to sleep. Default: the module's `idle_minutes`.
    - `mode`: `act` (the default) puts the service to sleep and wakes it. `dry_run` decides, logs and publishes metrics, but changes nothing. `off` skips the service: it has no metrics and is not on the dashboard. The rules of `wake_on_request` take requests only with `act`.
    - `ignore_other_traffic`: true puts the service to sleep even if it has traffic sources that are not watched (other target groups, Service Connect, Cloud Map, VPC Lattice, gateway connectors). Default: false; such a service stays awake and is reported.
    - `wake_deadline_seconds`: seconds, 60 to 3600, after which a wake counts as failed if the service is not ready. Default: the largest of 300, the service's health-check grace period + 120, and twice its usual wake time, but never more than 3600.
    - `hourly_cost`: cost of one task in USD per hour. The dashboard and the control panel use it to show the savings. If omitted, they show none.
    - `wake_on_request`: a request wakes the service and is answered while it wakes. If omitted, requests to the sleeping service get the load balancer's 503.
      - `rules`: the listener rules that send requests to the service, each under a name of your choice. For each, the module creates a wake rule. While the service does not run, the wake rule has the same conditions and comes first.
        - `rule_arn`: ARN of the service's own listener rule. The wake rule copies its current conditions.
        - `listener_arn`: instead of `rule_arn`, ARN of the listener, if the service is the listener's default.
        - `host_headers`, `path_patterns`: only with `listener_arn`: the hosts and paths to wake the service for. `*` stands for any characters and `?` for one character. A host needs a dot, and only letters after the last dot. A rule takes at most five values and five wildcards (`*` and `?`), which are AWS's limits. Default: all hosts and paths.
        - `priority`: priority of the wake rule, 1 to 50000. It must come before the service's own rule and be free on that listener.
      - `uptime_checks`: requests of uptime monitors and bots. The module always answers them itself. They neither wake the service nor keep it awake. Each is like one of `rules`, with a priority before all of them, and has:
        - `user_agents`: patterns of the header `User-Agent`, such as `*UptimeRobot*`, each of at most 128 characters. They count towards the rule's five values and five wildcards. With `rule_arn`, the values and wildcards of that rule count too. Give each monitor its own uptime check. You can omit `user_agents` if `listener_arn` and `path_patterns` are given.
      - `wait_seconds`: seconds, 0 to 50, for which a request that does not come from a browser can wait for the service. Default: 20.
      - `max_waiting_requests`: how many requests can wait at the same time, 0 to 1000. Each uses one concurrent execution of AWS Lambda. Default: 10.
      - `ask_before_waking`: true wakes the service only when a visitor presses the waiting page's button, so that crawlers do not wake it. Default: false; every request wakes it.
      - `page_status`: HTTP status of the waiting page: 503, or 202 behind a CDN that caches a 503 for a while, such as CloudFront. Default: 503.
      - `drain_lead_minutes`: whole minutes, fewer than the idle minutes. The wake rules are armed this long before the idle window ends. The service then sleeps sooner, but more visitors are redirected once. Default: 0.
      - `cors_origins`: origins, such as `https://app.example.com`, whose pages may send cross-origin requests while the service wakes. Default: none.
    - `schedules`: times at which the service is woken and held awake, each under a name of your choice. The name is shown as the hold's reason. One schedule wakes all services that have the same name, `cron`, `timezone` and `minutes`. Used only with mode `act`. Default: none.
      - `cron`: when the hold begins, in the syntax of EventBridge Scheduler: minutes, hours, day of month, month, day of week, year. One of the two days must be `?`, such as `cron(0 8 ? * MON-FRI *)`.
      - `timezone`: IANA name of the time zone of `cron`, such as `Europe/Paris`. AWS handles daylight saving time. Default: UTC.
      - `minutes`: length of the hold in minutes, 1 to `longest_hold_minutes`. The hold can pass midnight.
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
  description = "Minutes without activity after which a service is put to sleep, 1 to 1440. A service can have its own value. Metrics come one to two minutes late, so 5 means zero tasks after 6 to 9 minutes."
  type        = number
  default     = 5
  nullable    = false
}

variable "longest_hold_minutes" {
  description = "Longest hold in minutes, 1 to 10080 (7 days). A longer hold is refused."
  type        = number
  default     = 10080
  nullable    = false
}

# What is shown

variable "metric_namespace" {
  description = "CloudWatch namespace of the module's metrics, such as \"CityGuided/ECS\". Instances of the module can share one."
  type        = string
  default     = "ScaleToZero"
  nullable    = false
}

variable "state_metrics" {
  description = "`every_tick` publishes each service's desired count and status every minute (two custom metrics per service, three in an hour in which it both slept and was awake). `off` does not publish them, and the dashboard draws the same graphs from AWS's own free metrics. Metrics of events, such as the time of a wake, are published in both cases."
  type        = string
  default     = "every_tick"
  nullable    = false
}

variable "dashboard_name" {
  description = "Name of the CloudWatch dashboard, unique in the account. Default: `<name>-<region>-scale-to-zero`."
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
    The page that a browser shows while a service wakes. The module has a default for each attribute that you omit.

    - `title`: heading of the page, at most 100 characters.
    - `accent_color`: colour of the progress bar and the button, such as `#0b57d0`.
    - `logo`: an image as a `data:` URL (GIF, JPEG, PNG, SVG or WebP, in base64), at most 16384 characters.
    - `contact`: where to send questions: one line of at most 200 characters.
    - `language`: `en` or `fr`. Default: the language that the visitor's browser requests (`Accept-Language`).
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
  description = "The dashboard's control panel: a table of the services with buttons that wake, put to sleep, hold and release them. It works for everyone who is allowed to invoke its function (`lambda:InvokeFunction` on `panel_function_arn`). Others see the dashboard without it. `null` creates no control panel."
  type        = object({})
  default     = {}
}

# Who may send requests, and who gets notifications

variable "api" {
  description = <<-EOT
    The HTTP API with which programs, such as a CI pipeline, see, wake, put to sleep and hold services. `{}` creates it. Default: no API.
    Every request must be authenticated. A caller signs it with AWS credentials that allow `execute-api:Invoke` or, with `jwt`, sends a token.

    - `jwt`: tokens of an OpenID Connect provider (`Authorization: Bearer`) instead of AWS signatures. Default: AWS signatures (`AWS_IAM`).
      - `issuer`: the provider's https URL, exactly as in the `iss` claim of the tokens.
      - `audience`: the accepted values of a token's `aud` or `client_id` claim.
      - `scopes`: the accepted scopes. A token must have at least one of them. Default: any token of the issuer for the audience is accepted.
    - `throttle`: how many requests the API accepts from all callers together. Further requests get a 429.
      - `burst`: requests at the same moment, 1 to 5000. Default: 20.
      - `rate`: requests per second over time, 1 to 10000. Default: 10.
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
    Notifications of each phase change of a service, as sentences, through Amazon SNS. `{}` creates a topic. Default: none.
    With or without this input, each change is also an event on the default event bus, which your own rules can match.

    - `topic`: your SNS topic. Default: the module creates a topic and encrypts it with its own KMS key (USD 1 a month).
      - `arn`: ARN of the topic. Its policy must allow `sns:Publish` to `events.amazonaws.com` and, if alarms go to it, to `cloudwatch.amazonaws.com`. If it is encrypted, the key's policy must allow `kms:Decrypt` and `kms:GenerateDataKey` to the same services. The module changes neither policy.
    - `email_addresses`: who gets e-mails from the module's topic. SNS first sends each address an e-mail to confirm the subscription. Default: no one, until you subscribe to the topic.
    - `changes`: the changes that send a notification: `asleep`, `awake`, `wake_failed`, `wakes`, `drains`, `stays_awake`. Default: the first three.
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
    CloudWatch alarms for problems that need a person. Each alarm says what to do. `{}` creates them. Default: no alarms.
    They are raised for missing ticks, errors and throttles of each function, failed and slow wakes, tasks that run although their service is asleep, traffic sources that are not watched, deployments that do not end, and services whose scaling is suspended. AWS charges USD 0.10 a month for each of the one or two metrics that an alarm watches.

    - `action_arns`: where the alarms go, at most five ARNs, such as SNS topics. Default: the topic of `notifications`, or nowhere without `notifications`. With `[]` they go nowhere.
    - `slow_wake_seconds`: a wake that takes more seconds than this counts as slow, 1 to 3600. Default: 300.
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
  description = "Days for which CloudWatch keeps the functions' logs: one of the periods that CloudWatch offers."
  type        = number
  default     = 30
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that is the permissions boundary of every role of the module. Default: no boundary."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for every resource that can have tags, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
