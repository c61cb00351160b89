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
  services = {
    web = {
      cluster_name      = "city-guided-cluster"
      service_name      = "city-guided-service"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided-alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/city-guided-web/0123456789abcdef"]
    }
  }
}

run "the_block_users_write_is_enough" {
  command = plan

  assert {
    condition     = module.scale_to_zero.function.function_name == "staging-scale-to-zero" && module.scale_up.function.function_name == "staging-scale-up"
    error_message = "The functions are named after the instance."
  }

  assert {
    condition     = module.scale_to_zero.function.handler == "scale_to_zero.handlers.scale_to_zero" && module.scale_up.function.handler == "scale_to_zero.handlers.scale_up"
    error_message = "Each function has its own handler from the same package."
  }

  assert {
    condition     = alltrue([for function in [module.scale_to_zero.function, module.scale_up.function] : function.runtime == "python3.13" && tolist(function.architectures) == tolist(["arm64"])])
    error_message = "Both functions run on python3.13 and arm64."
  }

  assert {
    condition     = module.scale_to_zero.function.timeout == 60 && module.scale_up.function.timeout == 900
    error_message = "A tick ends before the next tick begins, and a watcher has time for its 840 seconds."
  }

  assert {
    condition = alltrue([for function in [module.scale_to_zero.function, module.scale_up.function] : function.environment[0].variables == tomap({
      INSTANCE_NAME          = "staging"
      TABLE_NAME             = "staging-scale-to-zero"
      METRIC_NAMESPACE       = "ScaleToZero"
      LONGEST_HOLD_MINUTES   = "10080"
      STATE_METRICS          = "every_tick"
      MESSAGE_LANGUAGE       = "en"
      SCALE_UP_FUNCTION      = "staging-scale-up"
      SCALE_TO_ZERO_FUNCTION = "staging-scale-to-zero"
    })])
    error_message = "Both functions have exactly these environment variables."
  }

  assert {
    condition     = alltrue([for function in [module.scale_to_zero.function, module.scale_up.function] : function.logging_config[0].log_format == "JSON" && function.logging_config[0].log_group == "/aws/lambda/${function.function_name}"])
    error_message = "Both functions log as JSON into their own group."
  }

  assert {
    condition     = alltrue([for group in [module.scale_to_zero.log_group, module.scale_up.log_group] : group.retention_in_days == 30])
    error_message = "Logs are kept for 30 days unless configured otherwise."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.every_minute.schedule_expression == "rate(1 minute)"
    error_message = "The scale-to-zero function runs every minute."
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.hash_key == "id" && aws_dynamodb_table.this.point_in_time_recovery[0].enabled
    error_message = "The table is on demand, has the key id, and has point-in-time recovery."
  }

  assert {
    condition = jsondecode(jsondecode(aws_dynamodb_table_item.config["web"].item).config.S) == {
      key                   = "web"
      cluster_name          = "city-guided-cluster"
      service_name          = "city-guided-service"
      load_balancer_arn     = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided-alb/0123456789abcdef"
      target_group_arns     = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/city-guided-web/0123456789abcdef"]
      mode                  = "act"
      idle_minutes          = 5
      awake_count           = null
      ignore_other_traffic  = false
      wake_deadline_seconds = null
      hourly_cost           = null
      wake_on_request       = null
    }
    error_message = "The configuration item holds exactly the values that the functions read, including defaults."
  }

  assert {
    condition     = jsondecode(aws_dynamodb_table_item.config["web"].item).id.S == "config#web"
    error_message = "The configuration item is found by the service's key."
  }

  assert {
    condition = jsondecode(aws_lambda_invocation.uninstall["city-guided-cluster/city-guided-service"].input) == {
      uninstall = { cluster_name = "city-guided-cluster", service_name = "city-guided-service", awake_count = null, mode = "act", wake_rule_arns = [], uptime_check_rule_arns = [] }
    } && aws_lambda_invocation.uninstall["city-guided-cluster/city-guided-service"].lifecycle_scope == "CRUD"
    error_message = "Removing the service invokes the scale-up function with the values that it needs to wake the service."
  }

  assert {
    condition     = output.dashboard_url == "https://eu-west-3.console.aws.amazon.com/cloudwatch/home?region=eu-west-3#dashboards/dashboard/staging-eu-west-3-scale-to-zero?start=PT3H&end=null&autoRefresh=60"
    error_message = "The URL opens the dashboard in its region, with a refresh every minute."
  }
}

run "every_input_reaches_its_resources" {
  command = plan

  variables {
    idle_minutes             = 7
    metric_namespace         = "CityGuided/ECS"
    longest_hold_minutes     = 600
    language                 = "fr"
    state_metrics            = "off"
    dashboard_name           = "CityGuided-ECS-ScaleToZero"
    lambda_runtime           = "python3.12"
    lambda_architecture      = "x86_64"
    log_retention_days       = 7
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    tags                     = { Team = "platform" }
    services = {
      web = { cluster_name = "c", service_name = "web" }
      api = { cluster_name = "c", service_name = "api", awake_count = 3, idle_minutes = 9, mode = "dry_run", ignore_other_traffic = true, wake_deadline_seconds = 900, hourly_cost = 0.04 }
    }
  }

  assert {
    condition = alltrue([for function in [module.scale_to_zero.function, module.scale_up.function] : (
      function.runtime == "python3.12" && tolist(function.architectures) == tolist(["x86_64"]) &&
      function.environment[0].variables["METRIC_NAMESPACE"] == "CityGuided/ECS" &&
      function.environment[0].variables["LONGEST_HOLD_MINUTES"] == "600" &&
      function.environment[0].variables["MESSAGE_LANGUAGE"] == "fr" &&
      function.environment[0].variables["STATE_METRICS"] == "off"
    )])
    error_message = "The functions get the values of the inputs."
  }

  assert {
    condition     = alltrue([for role in [module.scale_to_zero.role, module.scale_up.role] : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "Both roles have the permissions boundary."
  }

  assert {
    condition     = alltrue([for group in [module.scale_to_zero.log_group, module.scale_up.log_group] : group.retention_in_days == 7])
    error_message = "Both log groups have the configured retention."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_cloudwatch_event_rule.every_minute, module.scale_to_zero.log_group, module.scale_up.log_group,
        aws_dynamodb_table.this, module.scale_to_zero.role, module.scale_up.role, module.scale_to_zero.function, module.scale_up.function,
      ] : resource.tags == tomap({ Team = "platform" })
    ])
    error_message = "Every resource that can have tags has them."
  }

  assert {
    condition     = [for key in ["web", "api"] : jsondecode(jsondecode(aws_dynamodb_table_item.config[key].item).config.S).idle_minutes] == [7, 9]
    error_message = "A service's own idle_minutes overrides the module's."
  }

  assert {
    condition = jsondecode(jsondecode(aws_dynamodb_table_item.config["api"].item).config.S) == {
      key                   = "api"
      cluster_name          = "c"
      service_name          = "api"
      load_balancer_arn     = null
      target_group_arns     = []
      mode                  = "dry_run"
      idle_minutes          = 9
      awake_count           = 3
      ignore_other_traffic  = true
      wake_deadline_seconds = 900
      hourly_cost           = 0.04
      wake_on_request       = null
    }
    error_message = "The configuration item holds the settings of the service."
  }

  assert {
    condition = jsondecode(aws_lambda_invocation.uninstall["c/api"].input) == {
      uninstall = { cluster_name = "c", service_name = "api", awake_count = 3, mode = "dry_run", wake_rule_arns = [], uptime_check_rule_arns = [] }
    }
    error_message = "Removing a service wakes it with its own awake_count."
  }

  assert {
    condition     = output.dashboard_name == "CityGuided-ECS-ScaleToZero" && output.metric_namespace == "CityGuided/ECS"
    error_message = "The dashboard and the namespace have the configured names."
  }
}

run "largest_values_are_accepted" {
  command = plan

  variables {
    idle_minutes = 1440
    services = {
      web = { cluster_name = "c", service_name = "web", awake_count = 5000, idle_minutes = 1440, wake_deadline_seconds = 3600, hourly_cost = 0 }
    }
  }

  assert {
    condition     = jsondecode(jsondecode(aws_dynamodb_table_item.config["web"].item).config.S).awake_count == 5000
    error_message = "The upper bounds are allowed."
  }
}

run "smallest_values_are_accepted" {
  command = plan

  variables {
    idle_minutes         = 1
    longest_hold_minutes = 1
    services = {
      web = { cluster_name = "c", service_name = "web", awake_count = 1, idle_minutes = 1, wake_deadline_seconds = 60 }
    }
  }

  assert {
    condition     = jsondecode(jsondecode(aws_dynamodb_table_item.config["web"].item).config.S).awake_count == 1
    error_message = "The lower bounds are allowed."
  }
}
