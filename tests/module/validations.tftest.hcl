# Every rule of the inputs, broken by one value each. test_validations.py proves that each run breaks the rule it is
# named after, and that no rule is without a run.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json          = "{}"
      minified_json = "{}"
    }
  }
}

variables {
  name     = "staging"
  services = { web = { cluster_name = "c", service_name = "web" } }
}

run "name_with_a_space" {
  command = plan

  variables {
    name = "my staging"
  }

  expect_failures = [var.name]
}

run "no_service_at_all" {
  command = plan

  variables {
    services = {}
  }

  expect_failures = [var.services]
}

run "more_than_1000_services" {
  command = plan

  variables {
    services = { for number in range(1001) : "service-${number}" => { cluster_name = "c", service_name = "service-${number}" } }
  }

  expect_failures = [var.services]
}

run "key_with_a_slash" {
  command = plan

  variables {
    services = { "c/web" = { cluster_name = "c", service_name = "web" } }
  }

  expect_failures = [var.services]
}

run "cluster_given_as_an_arn" {
  command = plan

  variables {
    services = { web = { cluster_name = "arn:aws:ecs:eu-west-3:123456789012:cluster/c", service_name = "web" } }
  }

  expect_failures = [var.services]
}

run "service_given_as_an_arn" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "arn:aws:ecs:eu-west-3:123456789012:service/c/web" } }
  }

  expect_failures = [var.services]
}

run "same_service_under_two_keys" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" }, shop = { cluster_name = "c", service_name = "web" } }
  }

  expect_failures = [var.services]
}

run "network_load_balancer" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/net/web/0123456789abcdef", target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"] } }
  }

  expect_failures = [var.services]
}

run "target_group_given_as_a_load_balancer" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef", target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef"] } }
  }

  expect_failures = [var.services]
}

run "load_balancer_without_target_groups" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef" } }
  }

  expect_failures = [var.services]
}

run "awake_count_of_zero" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", awake_count = 0 } }
  }

  expect_failures = [var.services]
}

run "idle_minutes_of_a_service_of_half_a_minute" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", idle_minutes = 0.5 } }
  }

  expect_failures = [var.services]
}

run "unknown_mode" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", mode = "on" } }
  }

  expect_failures = [var.services]
}

run "wake_deadline_shorter_than_a_minute" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", wake_deadline_seconds = 59 } }
  }

  expect_failures = [var.services]
}

run "negative_hourly_cost" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", hourly_cost = -0.01 } }
  }

  expect_failures = [var.services]
}

run "idle_minutes_beyond_a_day" {
  command = plan

  variables {
    idle_minutes = 1441
  }

  expect_failures = [var.idle_minutes]
}

run "metric_fallback_shorter_than_five_minutes" {
  command = plan

  variables {
    metric_fallback_minutes = 4
  }

  expect_failures = [var.metric_fallback_minutes]
}

run "metric_namespace_with_a_space" {
  command = plan

  variables {
    metric_namespace = "City Guided"
  }

  expect_failures = [var.metric_namespace]
}

run "metric_namespace_of_aws" {
  command = plan

  variables {
    metric_namespace = "AWS/ECS"
  }

  expect_failures = [var.metric_namespace]
}

run "unknown_state_metrics" {
  command = plan

  variables {
    state_metrics = "on"
  }

  expect_failures = [var.state_metrics]
}

run "dashboard_name_with_a_slash" {
  command = plan

  variables {
    dashboard_name = "City/Guided"
  }

  expect_failures = [var.dashboard_name]
}

run "unknown_language" {
  command = plan

  variables {
    language = "de"
  }

  expect_failures = [var.language]
}

run "runtime_that_is_too_old" {
  command = plan

  variables {
    lambda_runtime = "python3.10"
  }

  expect_failures = [var.lambda_runtime]
}

run "unknown_architecture" {
  command = plan

  variables {
    lambda_architecture = "x86"
  }

  expect_failures = [var.lambda_architecture]
}

run "log_retention_cloudwatch_does_not_offer" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [var.log_retention_days]
}

run "permissions_boundary_that_is_a_role" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "tag_of_aws" {
  command = plan

  variables {
    tags = { "aws:owner" = "me" }
  }

  expect_failures = [var.tags]
}
