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
  office = { cron = "cron(0 8 ? * MON-FRI *)", timezone = "Europe/Paris", minutes = 660 }
}

run "without_schedules_and_api_none_of_their_resources_exist" {
  command = plan

  assert {
    condition = alltrue([
      for what in [
        aws_scheduler_schedule_group.schedules, aws_scheduler_schedule.schedules, aws_iam_role.schedules, aws_iam_role_policy.schedules,
        module.api, aws_cloudwatch_log_group.api_access,
        aws_apigatewayv2_api.this, aws_apigatewayv2_authorizer.jwt, aws_apigatewayv2_route.api, aws_apigatewayv2_integration.api, aws_apigatewayv2_stage.api, aws_lambda_permission.api,
      ] : length(what) == 0
    ])
    error_message = "Without this input none of its resources exist, and it costs nothing."
  }

  assert {
    condition     = output.api_url == null && output.api_execution_arn == null
    error_message = "Outputs do not name an API that does not exist."
  }
}

run "services_with_the_same_times_share_a_schedule" {
  command = plan

  variables {
    services = {
      web    = { cluster_name = "c", service_name = "web", schedules = { office = var.office } }
      api    = { cluster_name = "c", service_name = "api", schedules = { office = var.office, night = { cron = "cron(30 23 1W * ? 2027-2030)", minutes = 90 } } }
      longer = { cluster_name = "c", service_name = "longer", schedules = { office = merge(var.office, { minutes = 720 }) } }
      seen   = { cluster_name = "c", service_name = "seen", mode = "dry_run", schedules = { office = var.office } }
      left   = { cluster_name = "c", service_name = "left", mode = "off", schedules = { office = var.office } }
    }
  }

  assert {
    condition = { for label, schedule in aws_scheduler_schedule.schedules : label => jsondecode(schedule.target[0].input) } == {
      "office/cron(0 8 ? * MON-FRI *)/Europe/Paris/660/1" = { services = ["api", "web"], hold_minutes = 660, reason = "office", scheduled = true }
      "office/cron(0 8 ? * MON-FRI *)/Europe/Paris/720/1" = { services = ["longer"], hold_minutes = 720, reason = "office", scheduled = true }
      "night/cron(30 23 1W * ? 2027-2030)/UTC/90/1"       = { services = ["api"], hold_minutes = 90, reason = "night", scheduled = true }
    }
    error_message = "One schedule requests a hold for all services with mode act and the same name, times and length, and for no others."
  }

  assert {
    condition = [for schedule in aws_scheduler_schedule.schedules : [schedule.schedule_expression, schedule.schedule_expression_timezone]] == [
      ["cron(30 23 1W * ? 2027-2030)", "UTC"],
      ["cron(0 8 ? * MON-FRI *)", "Europe/Paris"],
      ["cron(0 8 ? * MON-FRI *)", "Europe/Paris"],
    ]
    error_message = "AWS computes the times, in the given time zone."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.schedules : can(regex("^(office|night)-[0-9a-f]{8}$", schedule.name)) && schedule.group_name == "staging-schedules"]) && length(distinct([for schedule in aws_scheduler_schedule.schedules : schedule.name])) == 3
    error_message = "Each schedule has its own name in the instance's group."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.schedules : schedule.flexible_time_window[0].mode == "OFF" && schedule.target[0].retry_policy[0].maximum_event_age_in_seconds == 300 && schedule.target[0].retry_policy[0].maximum_retry_attempts == 3])
    error_message = "A hold begins at its minute, or at most a few minutes later, or not at all."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.schedules[0].policy).Statement : [statement.Action, statement.Resource]] == [
      ["lambda:InvokeFunction", "arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-up"],
    ]
    error_message = "The schedules may invoke the scale-up function, and do nothing else."
  }

  assert {
    condition = jsondecode(aws_iam_role.schedules[0].assume_role_policy).Statement[0].Principal == { Service = "scheduler.amazonaws.com" } && jsondecode(aws_iam_role.schedules[0].assume_role_policy).Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "123456789012" }
      ArnEquals    = { "aws:SourceArn" = "arn:aws:scheduler:eu-west-3:123456789012:schedule-group/staging-schedules" }
    }
    error_message = "Only schedules in this instance's group can assume the role."
  }
}

run "more_services_than_a_schedule_wakes" {
  command = plan

  variables {
    services = { for number in range(201) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", schedules = { office = var.office } } }
  }

  assert {
    condition     = [for schedule in aws_scheduler_schedule.schedules : length(jsondecode(schedule.target[0].input).services)] == [200, 1]
    error_message = "With more than 200 services, another schedule wakes the rest."
  }
}

run "allowed_cron_expressions" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { for number, cron in [
      "cron(0/15 7-19 * * ? *)", "cron(5,35 14 * JAN,MAR ? 2027)", "cron(0 8 L * ? *)", "cron(0 8 LW * ? *)", "cron(0 8 15W 1-6 ? *)",
      "cron(0 8 ? * 6L *)", "cron(0 8 ? * TUE#1 *)", "cron(*/10 * ? */2 2,4 2027-2030)", "cron(0 23 31 12 ? 2199)", "cron(59 0 1/7 * ? *)",
    ] : "number-${number}" => { cron = cron, timezone = number % 2 == 0 ? "America/Argentina/Buenos_Aires" : "Etc/GMT+1", minutes = 1 } } } }
  }

  assert {
    condition     = length(aws_scheduler_schedule.schedules) == 10
    error_message = "Expressions that EventBridge Scheduler accepts are not refused."
  }
}

run "a_schedule_of_the_longest_hold_is_allowed" {
  command = plan

  variables {
    longest_hold_minutes = 60
    services             = { web = { cluster_name = "c", service_name = "web", schedules = { (join("", [for letter in range(64) : "n"])) = { cron = "cron(0 8 ? * MON-FRI *)", minutes = 60 } } } }
  }

  assert {
    condition     = [for schedule in aws_scheduler_schedule.schedules : length(schedule.name)] == [64]
    error_message = "The name of a schedule has at most 64 characters."
  }
}

run "an_api_without_further_settings_takes_signed_requests" {
  command = plan

  variables {
    api = {}
  }

  assert {
    condition = { for route in aws_apigatewayv2_route.api : route.route_key => route.authorization_type } == {
      "GET /services"                   = "AWS_IAM"
      "GET /services/{service}"         = "AWS_IAM"
      "POST /services/{service}/wake"   = "AWS_IAM"
      "POST /services/{service}/sleep"  = "AWS_IAM"
      "PUT /services/{service}/hold"    = "AWS_IAM"
      "DELETE /services/{service}/hold" = "AWS_IAM"
      "PUT /hold"                       = "AWS_IAM"
      "DELETE /hold"                    = "AWS_IAM"
      "$default"                        = "AWS_IAM"
    }
    error_message = "These routes exist, and each needs authorization."
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.jwt) == 0 && alltrue([for route in aws_apigatewayv2_route.api : route.authorizer_id == null && length(coalesce(route.authorization_scopes, [])) == 0])
    error_message = "Signatures need no authorizer."
  }

  assert {
    condition     = aws_apigatewayv2_api.this[0].protocol_type == "HTTP" && aws_apigatewayv2_integration.api[0].payload_format_version == "2.0" && aws_apigatewayv2_integration.api[0].integration_type == "AWS_PROXY"
    error_message = "The API is an HTTP API, and the function gets the complete request in format 2.0."
  }

  assert {
    condition     = aws_apigatewayv2_stage.api[0].name == "$default" && aws_apigatewayv2_stage.api[0].auto_deploy && aws_apigatewayv2_stage.api[0].default_route_settings[0].throttling_burst_limit == 20 && aws_apigatewayv2_stage.api[0].default_route_settings[0].throttling_rate_limit == 10
    error_message = "The only stage is always up to date, and is throttled."
  }

  assert {
    condition = toset(values(jsondecode(aws_apigatewayv2_stage.api[0].access_log_settings[0].format))) == toset([
      "$context.requestTime", "$context.requestId", "$context.identity.sourceIp", "$context.identity.userArn", "$context.httpMethod", "$context.path",
      "$context.routeKey", "$context.status", "$context.responseLatency", "$context.error.message", "$context.authorizer.error", "$context.integrationErrorMessage",
    ])
    error_message = "The access log has no headers, query strings or bodies, which may hold secrets."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api_access[0].name == "/aws/vendedlogs/apigateway/staging-scale-to-zero" && aws_cloudwatch_log_group.api_access[0].retention_in_days == 30
    error_message = "The API logs into its own group."
  }

  assert {
    condition     = module.api[0].function.handler == "scale_to_zero.handlers.api" && module.api[0].function.timeout == 29 && module.api[0].function.memory_size == 512 && module.api[0].function.environment[0].variables == module.scale_up.function.environment[0].variables
    error_message = "The function answers within API Gateway's 30 seconds, and has the environment of all functions."
  }

  assert {
    condition     = aws_lambda_permission.api[0].principal == "apigateway.amazonaws.com" && aws_lambda_permission.api[0].function_name == "staging-api"
    error_message = "API Gateway may invoke the function."
  }
}

run "an_api_that_takes_tokens" {
  command = plan

  variables {
    api = {
      jwt      = { issuer = "https://login.example.com/tenant", audience = ["ci", "kiosk"], scopes = ["services/wake"] }
      throttle = { burst = 5000, rate = 10000 }
    }
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.api : route.authorization_type == "JWT" && route.authorization_scopes == toset(["services/wake"])]) && length(aws_apigatewayv2_route.api) == 9
    error_message = "Every route accepts only a token with one of the scopes."
  }

  assert {
    condition = (
      aws_apigatewayv2_authorizer.jwt[0].jwt_configuration[0].issuer == "https://login.example.com/tenant" && aws_apigatewayv2_authorizer.jwt[0].jwt_configuration[0].audience == toset(["ci", "kiosk"]) &&
      aws_apigatewayv2_authorizer.jwt[0].authorizer_type == "JWT" && aws_apigatewayv2_authorizer.jwt[0].identity_sources == toset(["$request.header.Authorization"])
    )
    error_message = "Tokens must be from this issuer and for this audience."
  }

  assert {
    condition     = jsondecode(aws_apigatewayv2_stage.api[0].access_log_settings[0].format).caller == "$context.authorizer.claims.sub"
    error_message = "The access log names the caller, and not what the caller sent."
  }

  assert {
    condition     = aws_apigatewayv2_stage.api[0].default_route_settings[0].throttling_burst_limit == 5000 && aws_apigatewayv2_stage.api[0].default_route_settings[0].throttling_rate_limit == 10000
    error_message = "The upper bounds are allowed."
  }
}

run "the_smallest_throttle_is_accepted" {
  command = plan

  variables {
    api = { throttle = { burst = 1, rate = 1 } }
  }

  assert {
    condition     = aws_apigatewayv2_stage.api[0].default_route_settings[0].throttling_burst_limit == 1
    error_message = "The lower bounds are allowed."
  }
}

run "a_control_panel_by_default" {
  command = plan

  assert {
    condition     = module.panel[0].function.handler == "scale_to_zero.handlers.panel" && module.panel[0].function.timeout == 29 && module.panel[0].function.memory_size == 512 && module.panel[0].function.environment[0].variables == module.scale_up.function.environment[0].variables
    error_message = "The panel has a function, from the same package."
  }

  assert {
    condition     = local.panel_function_arn == "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel" && output.panel_function_name == "staging-panel"
    error_message = "The dashboard knows which function to invoke before the function exists."
  }

  assert {
    condition     = module.panel[0].log_group.name == "/aws/lambda/staging-panel" && module.panel[0].function.logging_config[0].log_group == "/aws/lambda/staging-panel"
    error_message = "The function logs into its own group."
  }
}

run "no_control_panel" {
  command = plan

  variables {
    control_panel = null
  }

  assert {
    condition     = length(module.panel) == 0 && local.panel_function_arn == null && output.panel_function_name == null && output.panel_function_arn == null
    error_message = "Without a panel, none of its resources exist."
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
    api                      = {}
    services                 = { web = { cluster_name = "c", service_name = "web", schedules = { office = var.office } } }
  }

  assert {
    condition     = alltrue([for function in [module.api[0].function, module.panel[0].function] : function.runtime == "python3.12" && tolist(function.architectures) == tolist(["x86_64"])])
    error_message = "The functions have the runtime and architecture of the inputs."
  }

  assert {
    condition     = alltrue([for role in [module.api[0].role, module.panel[0].role, aws_iam_role.schedules[0]] : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "Every role has the permissions boundary."
  }

  assert {
    condition     = alltrue([for group in [module.api[0].log_group, aws_cloudwatch_log_group.api_access[0], module.panel[0].log_group] : group.retention_in_days == 7])
    error_message = "Every log is kept for the configured time."
  }

  assert {
    condition = alltrue([
      for resource in [
        module.api[0].function, module.panel[0].function, module.api[0].role, module.panel[0].role, aws_iam_role.schedules[0], aws_scheduler_schedule_group.schedules[0],
        module.api[0].log_group, aws_cloudwatch_log_group.api_access[0], module.panel[0].log_group, aws_apigatewayv2_api.this[0], aws_apigatewayv2_stage.api[0],
      ] : resource.tags == tomap({ Team = "platform" })
    ])
    error_message = "Every resource that can have tags has them."
  }
}
