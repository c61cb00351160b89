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
  name = "staging"

  # These are not inputs of the module, but parts of the values in the runs below.
  web = {
    cluster_name      = "city"
    service_name      = "city_web"
    load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
    target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
  }
  listener = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/fedcba9876543210"
  own_rule = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener-rule/app/city/0123456789abcdef/fedcba9876543210/0011223344556677"
}

run "without_wake_on_request_none_of_its_resources_exist" {
  command = plan

  variables {
    services     = { web = var.web }
    waiting_page = { title = "City" }
  }

  assert {
    condition = alltrue([
      for what in [
        module.wake, aws_lambda_permission.load_balancers,
        aws_lb_target_group.wake, aws_lb_target_group_attachment.wake, aws_lb_listener_rule.wake,
        aws_dynamodb_table_item.wake_target_group, aws_dynamodb_table_item.waiting_page,
      ] : length(what) == 0
    ])
    error_message = "Without this input none of its resources exist, and it costs nothing."
  }

  assert {
    condition     = !anytrue([for policy in [module.scale_to_zero.policy, module.scale_up.policy] : strcontains(policy, "ModifyRule")])
    error_message = "Without wake rules, no function is allowed to change rules."
  }

  assert {
    condition     = output.wake_function_name == null && output.wake_function_arn == null
    error_message = "Outputs do not name a function that does not exist."
  }
}

run "the_block_users_write_is_enough" {
  command = plan

  variables {
    services = {
      web    = merge(var.web, { wake_on_request = { rules = { https = { rule_arn = var.own_rule, priority = 90 } } } })
      worker = { cluster_name = "city", service_name = "worker" }
    }
  }

  assert {
    condition = alltrue([
      for function in module.wake[*].function :
      function.function_name == "staging-wake" && function.handler == "scale_to_zero.handlers.wake" && function.runtime == "python3.13" && tolist(function.architectures) == tolist(["arm64"])
    ]) && length(module.wake) == 1
    error_message = "There is one wake function, from the same package."
  }

  assert {
    condition     = module.wake[0].function.timeout == 60 && module.wake[0].function.memory_size == 512
    error_message = "A request can wait for 50 seconds, and the function has enough time to answer it."
  }

  assert {
    condition     = module.wake[0].function.environment[0].variables == module.scale_up.function.environment[0].variables
    error_message = "All functions have the same environment."
  }

  assert {
    condition     = module.wake[0].function.logging_config[0].log_format == "JSON" && module.wake[0].function.logging_config[0].log_group == "/aws/lambda/staging-wake" && module.wake[0].log_group.retention_in_days == 30
    error_message = "The function logs as JSON into its own group."
  }

  assert {
    condition     = keys(aws_lb_target_group.wake) == ["city/city_web"] && keys(aws_lb_target_group_attachment.wake) == ["city/city_web"]
    error_message = "Only a service that requests wake has a target group, with the function as its target."
  }

  assert {
    condition     = aws_lb_target_group.wake["city/city_web"].target_type == "lambda" && aws_lb_target_group.wake["city/city_web"].lambda_multi_value_headers_enabled
    error_message = "The function gets every cookie and every value of a header."
  }

  assert {
    condition = (
      length(aws_lambda_permission.load_balancers) == 1 &&
      aws_lambda_permission.load_balancers[0].principal == "elasticloadbalancing.amazonaws.com" &&
      aws_lambda_permission.load_balancers[0].source_account == "123456789012" &&
      aws_lambda_permission.load_balancers[0].source_arn == "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/staging-wake-*/*"
    ) && startswith(aws_lb_target_group.wake["city/city_web"].name, "staging-wake-")
    error_message = "One permission allows only load balancers of this account to invoke the function, through this instance's target groups."
  }

  assert {
    condition = {
      for rule in keys(aws_lb_listener_rule.wake) : rule => [aws_lb_listener_rule.wake[rule].listener_arn, aws_lb_listener_rule.wake[rule].priority]
    } == { "city/city_web/rules/https" = [var.listener, 90] }
    error_message = "The listener is the listener of the service's own rule, and the priority is the given priority."
  }

  assert {
    condition     = [for condition in aws_lb_listener_rule.wake["city/city_web/rules/https"].condition : [for host in condition.host_header : host.values]] == [[toset(["disarmed.scale-to-zero.invalid"])]]
    error_message = "A wake rule is created disarmed, with a host that cannot exist."
  }

  assert {
    condition     = aws_lb_listener_rule.wake["city/city_web/rules/https"].tags["scale-to-zero:wake-rule"] == "staging"
    error_message = "This tag allows the functions to change the rule."
  }

  assert {
    condition     = local.wake_on_request["city/city_web"].rules[*].own_rule_arn == [var.own_rule]
    error_message = "The functions know the service's own rule, whose conditions the wake rule copies."
  }

  assert {
    condition = jsonencode({ for setting in ["wait_seconds", "max_waiting_requests", "ask_before_waking", "page_status", "drain_lead_minutes", "cors_origins"] : setting => local.wake_on_request["city/city_web"][setting] }) == jsonencode({
      wait_seconds = 20, max_waiting_requests = 10, ask_before_waking = false, page_status = 503, drain_lead_minutes = 0, cors_origins = [],
    })
    error_message = "Settings that are omitted have their defaults."
  }

  assert {
    condition     = jsondecode(jsondecode(aws_dynamodb_table_item.waiting_page[0].item).page.S) == { title = null, accent_color = null, logo = null, contact = null, language = null }
    error_message = "Without the input waiting_page, the module's own page is used."
  }

  assert {
    condition     = output.wake_function_name == "staging-wake"
    error_message = "An output has the name of the function."
  }
}

run "every_input_reaches_its_resources" {
  command = plan

  variables {
    lambda_runtime           = "python3.12"
    lambda_architecture      = "x86_64"
    log_retention_days       = 7
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    tags                     = { Team = "platform" }
    waiting_page             = { title = "City", accent_color = "#0b57d0", logo = "data:image/png;base64,aGVsbG8=", contact = "platform@example.com", language = "fr" }
    services = {
      web = merge(var.web, { wake_on_request = {
        rules = {
          http  = { listener_arn = var.listener, host_headers = ["city.example.com"], path_patterns = ["/a", "/b"], priority = 91 }
          https = { rule_arn = var.own_rule, priority = 92 }
        }
        uptime_checks = {
          monitor = { rule_arn = var.own_rule, user_agents = ["*UptimeRobot*"], priority = 80 }
        }
        wait_seconds         = 0
        max_waiting_requests = 0
        ask_before_waking    = true
        page_status          = 202
        drain_lead_minutes   = 4
        cors_origins         = ["https://app.example.com", "http://localhost:3000"]
      } })
    }
  }

  assert {
    condition     = module.wake[0].function.runtime == "python3.12" && tolist(module.wake[0].function.architectures) == tolist(["x86_64"])
    error_message = "The wake function has the runtime and architecture of the inputs."
  }

  assert {
    condition     = module.wake[0].role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary" && module.wake[0].log_group.retention_in_days == 7
    error_message = "Its role has the permissions boundary, and its log is kept for the configured time."
  }

  assert {
    condition = alltrue([
      for resource in [module.wake[0].function, module.wake[0].role, module.wake[0].log_group, aws_lb_target_group.wake["city/city_web"], aws_lb_listener_rule.wake["city/city_web/uptime_checks/monitor"]] :
      resource.tags["Team"] == "platform"
    ])
    error_message = "Every resource that can have tags has them."
  }

  assert {
    condition     = { for rule in keys(aws_lb_listener_rule.wake) : trimprefix(rule, "city/city_web/") => aws_lb_listener_rule.wake[rule].priority } == { "rules/http" = 91, "rules/https" = 92, "uptime_checks/monitor" = 80 }
    error_message = "Each rule and each uptime check has its own listener rule."
  }

  assert {
    condition = jsonencode([for rule in local.wake_on_request["city/city_web"].rules : { for field in ["name", "listener_arn", "own_rule_arn", "host_headers", "path_patterns", "user_agents"] : field => rule[field] }]) == jsonencode([
      { name = "http", listener_arn = var.listener, own_rule_arn = null, host_headers = ["city.example.com"], path_patterns = ["/a", "/b"], user_agents = [] },
      { name = "https", listener_arn = var.listener, own_rule_arn = var.own_rule, host_headers = [], path_patterns = [], user_agents = [] },
    ])
    error_message = "The functions know the conditions that each rule is armed with."
  }

  assert {
    condition = jsonencode([for check in local.wake_on_request["city/city_web"].uptime_checks : { for field in ["name", "listener_arn", "own_rule_arn", "host_headers", "path_patterns", "user_agents"] : field => check[field] }]) == jsonencode([
      { name = "monitor", listener_arn = var.listener, own_rule_arn = var.own_rule, host_headers = [], path_patterns = [], user_agents = ["*UptimeRobot*"] },
    ])
    error_message = "The functions know the conditions that each uptime check is armed with."
  }

  assert {
    condition = jsonencode({ for setting in ["wait_seconds", "max_waiting_requests", "ask_before_waking", "page_status", "drain_lead_minutes", "cors_origins"] : setting => local.wake_on_request["city/city_web"][setting] }) == jsonencode({
      wait_seconds = 0, max_waiting_requests = 0, ask_before_waking = true, page_status = 202, drain_lead_minutes = 4, cors_origins = ["https://app.example.com", "http://localhost:3000"],
    })
    error_message = "The functions get the settings of the service."
  }

  assert {
    condition     = jsondecode(jsondecode(aws_dynamodb_table_item.waiting_page[0].item).page.S) == { title = "City", accent_color = "#0b57d0", logo = "data:image/png;base64,aGVsbG8=", contact = "platform@example.com", language = "fr" }
    error_message = "The page's item holds the values of the inputs."
  }
}

run "largest_values_are_accepted" {
  command = plan

  variables {
    waiting_page = {
      title   = join("", [for letter in range(100) : "é"])
      logo    = "data:image/svg+xml;base64,${format("%016358d", 0)}"
      contact = join("", [for letter in range(200) : "é"])
    }
    services = {
      web = merge(var.web, { wake_on_request = {
        rules                = { http = { listener_arn = var.listener, host_headers = ["Guide.Example.com", "*.example.com"], path_patterns = ["/a", "/b?", "/*/c/**"], priority = 50000 } }
        uptime_checks        = { monitor = { rule_arn = var.own_rule, user_agents = ["a", "b", "c", "d"], priority = 49999 } }
        wait_seconds         = 50
        max_waiting_requests = 1000
        drain_lead_minutes   = 4
      } })
    }
  }

  assert {
    condition     = aws_lb_listener_rule.wake["city/city_web/rules/http"].priority == 50000
    error_message = "The upper bounds are allowed."
  }
}

run "smallest_values_are_accepted" {
  command = plan

  variables {
    waiting_page = { title = "C", contact = "c" }
    services = {
      web = merge(var.web, { wake_on_request = {
        rules         = { http = { listener_arn = var.listener, priority = 2 } }
        uptime_checks = { health = { listener_arn = var.listener, path_patterns = ["/health"], priority = 1 } }
      } })
    }
  }

  assert {
    condition     = aws_lb_listener_rule.wake["city/city_web/uptime_checks/health"].priority == 1
    error_message = "The lower bounds are allowed."
  }
}

run "other_modes_have_wake_rules_too" {
  command = plan

  variables {
    services = {
      web = merge(var.web, { mode = "dry_run", wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } } } })
      api = merge(var.web, { mode = "off", service_name = "api", wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 91 } } } })
    }
  }

  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.wake : one(one(rule.condition).host_header).values == toset(["disarmed.scale-to-zero.invalid"])]) && length(aws_lb_listener_rule.wake) == 2
    error_message = "A change of mode does not create or delete rules. Disarmed rules take no request."
  }
}
