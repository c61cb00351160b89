# Every problem that a configuration can have (problems.tf), one in each run. test_problems.py checks that each run has
# exactly one problem, and that each problem has a run.

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

  # These are not inputs of the module, but parts of the values in the runs below.
  web = {
    cluster_name      = "c"
    service_name      = "web"
    load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
    target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
  }
  listener = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/0123456789abcdef"
  own_rule = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener-rule/app/city/0123456789abcdef/0123456789abcdef/0123456789abcdef"
}

run "name_with_a_space" {
  command = plan

  variables {
    name = "my staging"
  }

  expect_failures = [terraform_data.instance]
}

run "no_service_at_all" {
  command = plan

  variables {
    services = {}
  }

  expect_failures = [terraform_data.instance]
}

run "more_than_1000_services" {
  command = plan

  variables {
    services = { for number in range(1001) : "service-${number}" => { cluster_name = "c", service_name = "service-${number}" } }
  }

  expect_failures = [terraform_data.instance]
}

run "too_many_clusters_for_one_role" {
  command = plan

  variables {
    services = { for number in range(120) : "service-${number}" => {
      cluster_name = format("%03d%s", number, join("", [for letter in range(252) : "c"]))
      service_name = "web"
    } }
  }

  expect_failures = [terraform_data.instance]
}

run "key_with_a_slash" {
  command = plan

  variables {
    services = { "c/web" = { cluster_name = "c", service_name = "web" } }
  }

  expect_failures = [terraform_data.instance]
}

run "cluster_given_as_an_arn" {
  command = plan

  variables {
    services = { web = { cluster_name = "arn:aws:ecs:eu-west-3:123456789012:cluster/c", service_name = "web" }, nothing = { cluster_name = null, service_name = "nothing" } }
  }

  expect_failures = [terraform_data.instance]
}

run "service_given_as_an_arn" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "arn:aws:ecs:eu-west-3:123456789012:service/c/web" } }
  }

  expect_failures = [terraform_data.instance]
}

run "same_service_under_two_keys" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" }, shop = { cluster_name = "c", service_name = "web" } }
  }

  expect_failures = [terraform_data.instance]
}

run "network_load_balancer" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/net/web/0123456789abcdef", target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"] } }
  }

  expect_failures = [terraform_data.instance]
}

run "target_group_given_as_a_load_balancer" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef", target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef"] } }
  }

  expect_failures = [terraform_data.instance]
}

run "load_balancer_without_target_groups" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/0123456789abcdef" } }
  }

  expect_failures = [terraform_data.instance]
}

run "awake_count_of_zero" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", awake_count = 0 } }
  }

  expect_failures = [terraform_data.instance]
}

run "idle_minutes_of_a_service_of_half_a_minute" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", idle_minutes = 0.5 } }
  }

  expect_failures = [terraform_data.instance]
}

run "unknown_mode" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", mode = "on" } }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_deadline_shorter_than_a_minute" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", wake_deadline_seconds = 59 } }
  }

  expect_failures = [terraform_data.instance]
}

run "negative_hourly_cost" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", hourly_cost = -0.01 } }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_on_request_without_a_load_balancer" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_on_request_without_rules" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = {} } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_rule_name_with_a_slash" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { "http/1" = { listener_arn = var.listener, priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_rule_with_neither_rule_nor_listener" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_rule_of_a_network_load_balancer" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { rule_arn = replace(var.own_rule, "rule/app", "rule/net"), priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "listener_given_as_a_rule" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.own_rule, priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "hosts_beside_a_rule_that_has_its_own" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { rule_arn = var.own_rule, host_headers = ["city.example.com"], priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "priority_of_zero" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 0 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "same_priority_twice_at_one_listener" {
  command = plan

  variables {
    services = {
      web = merge(var.web, { wake_on_request = { rules = { http = { rule_arn = var.own_rule, priority = 90 } } } })
      api = merge(var.web, { service_name = "api", wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } } } })
    }
  }

  expect_failures = [terraform_data.instance]
}

run "uptime_check_after_the_rule_it_must_come_before" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, uptime_checks = { monitor = { listener_arn = var.listener, user_agents = ["*UptimeRobot*"], priority = 91 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "six_condition_values" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, host_headers = ["a.example.com", "b.example.com", "c.example.com"], path_patterns = ["/a", "/b", "/c"], priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "eight_wildcards_beside_a_rule_that_has_its_own" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = {
      rules = {
        paths = { listener_arn = var.listener, path_patterns = ["/*/a/*", "/*/b/*", "/c/??"], priority = 90 }
        mixed = { listener_arn = var.listener, host_headers = ["*.example.com", "*.example.org"], path_patterns = ["*/a/*", "*/b/*"], priority = 91 }
        five  = { listener_arn = var.listener, host_headers = ["*.example.com"], path_patterns = ["*/a/*", "/b/??"], priority = 92 }
      }
      uptime_checks = { monitor = { rule_arn = var.own_rule, user_agents = ["*UptimeRobot*", "*Pingdom*", "*StatusCake*", "*Site24x7*"], priority = 80 } }
    } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "host_with_a_port_and_one_that_is_null" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = {
      http    = { listener_arn = var.listener, host_headers = ["city.example.com:8080"], priority = 90 }
      nothing = { listener_arn = var.listener, host_headers = [null], priority = 91 }
    } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "hosts_that_do_not_end_in_letters" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = {
      address  = { listener_arn = var.listener, host_headers = ["10.0.0.5"], priority = 90 }
      wildcard = { listener_arn = var.listener, host_headers = ["app.example.com", "app.example.*"], priority = 91 }
      digit    = { listener_arn = var.listener, host_headers = ["app.dev1"], priority = 92 }
      dot      = { listener_arn = var.listener, host_headers = ["app.example."], priority = 93 }
      letters  = { listener_arn = var.listener, host_headers = ["Guide.Example.com", "*.example.com"], priority = 94 }
    } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "path_with_a_space" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, path_patterns = ["/a b"], priority = 90 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "uptime_check_that_takes_every_request" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, uptime_checks = { monitor = { listener_arn = var.listener, priority = 80 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "user_agents_beyond_ascii_and_with_a_backslash" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, uptime_checks = { monitor = { listener_arn = var.listener, user_agents = ["Überwachung"], priority = 80 }, robot = { listener_arn = var.listener, user_agents = ["Robot\\*"], priority = 81 } } } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "requests_that_wait_for_longer_than_50_seconds" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, wait_seconds = 51 } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "more_than_1000_waiting_requests" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, max_waiting_requests = 1001 } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "page_status_of_200" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, page_status = 200 } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "drain_lead_of_all_idle_minutes" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, drain_lead_minutes = 5 } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "cors_origin_with_a_path" {
  command = plan

  variables {
    services = { web = merge(var.web, { wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } }, cors_origins = ["https://app.example.com/"] } }) }
  }

  expect_failures = [terraform_data.instance]
}

run "schedule_name_with_a_space" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { "office hours" = { cron = "cron(0 8 ? * MON-FRI *)", minutes = 60 } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "cron_of_five_fields" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { office = { cron = "cron(0 8 * * MON-FRI)", minutes = 60 } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "cron_of_both_days" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { office = { cron = "cron(0 8 * * MON-FRI *)", minutes = 60 } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "timezone_as_an_offset" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { office = { cron = "cron(0 8 ? * MON-FRI *)", timezone = "UTC+2", minutes = 60 } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "schedule_for_longer_than_a_hold_may_last" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", schedules = { office = { cron = "cron(0 8 ? * MON-FRI *)", minutes = 10081 } } } }
  }

  expect_failures = [terraform_data.instance]
}

run "idle_minutes_beyond_a_day" {
  command = plan

  variables {
    idle_minutes = 1441
  }

  expect_failures = [terraform_data.instance]
}

run "longest_hold_of_eight_days" {
  command = plan

  variables {
    longest_hold_minutes = 11520
  }

  expect_failures = [terraform_data.instance]
}

run "metric_namespace_with_a_space" {
  command = plan

  variables {
    metric_namespace = "City Guided"
  }

  expect_failures = [terraform_data.instance]
}

run "metric_namespace_of_aws" {
  command = plan

  variables {
    metric_namespace = "AWS/ECS"
  }

  expect_failures = [terraform_data.instance]
}

run "unknown_state_metrics" {
  command = plan

  variables {
    state_metrics = "on"
  }

  expect_failures = [terraform_data.instance]
}

run "dashboard_name_with_a_slash" {
  command = plan

  variables {
    dashboard_name = "City/Guided"
  }

  expect_failures = [terraform_data.instance]
}

run "unknown_language" {
  command = plan

  variables {
    language = "de"
  }

  expect_failures = [terraform_data.instance]
}

run "waiting_page_title_of_two_lines" {
  command = plan

  variables {
    waiting_page = { title = "One\nTwo" }
  }

  expect_failures = [terraform_data.instance]
}

run "accent_color_by_name" {
  command = plan

  variables {
    waiting_page = { accent_color = "blue" }
  }

  expect_failures = [terraform_data.instance]
}

run "logo_from_elsewhere" {
  command = plan

  variables {
    waiting_page = { logo = "https://www.example.com/logo.png" }
  }

  expect_failures = [terraform_data.instance]
}

run "contact_of_more_than_200_characters" {
  command = plan

  variables {
    waiting_page = { contact = join("", [for letter in range(201) : "c"]) }
  }

  expect_failures = [terraform_data.instance]
}

run "waiting_page_in_an_unknown_language" {
  command = plan

  variables {
    waiting_page = { language = "de" }
  }

  expect_failures = [terraform_data.instance]
}

run "issuer_without_https" {
  command = plan

  variables {
    api = { jwt = { issuer = "http://login.example.com/", audience = ["ci"] } }
  }

  expect_failures = [terraform_data.instance]
}

run "tokens_for_no_audience" {
  command = plan

  variables {
    api = { jwt = { issuer = "https://login.example.com/", audience = [] } }
  }

  expect_failures = [terraform_data.instance]
}

run "two_scopes_in_one" {
  command = plan

  variables {
    api = { jwt = { issuer = "https://login.example.com/", audience = ["ci"], scopes = ["wake sleep"] } }
  }

  expect_failures = [terraform_data.instance]
}

run "burst_of_no_request" {
  command = plan

  variables {
    api = { throttle = { burst = 0 } }
  }

  expect_failures = [terraform_data.instance]
}

run "rate_of_no_request" {
  command = plan

  variables {
    api = { throttle = { rate = 0 } }
  }

  expect_failures = [terraform_data.instance]
}

run "notifications_to_a_fifo_topic" {
  command = plan

  variables {
    notifications = { topic = { arn = "arn:aws:sns:eu-west-3:123456789012:ops.fifo" } }
  }

  expect_failures = [terraform_data.instance]
}

run "e_mail_address_without_a_domain" {
  command = plan

  variables {
    notifications = { email_addresses = ["platform"] }
  }

  expect_failures = [terraform_data.instance]
}

run "e_mails_from_a_topic_that_is_not_the_modules" {
  command = plan

  variables {
    notifications = { topic = { arn = "arn:aws:sns:eu-west-3:123456789012:ops" }, email_addresses = ["platform@example.com"] }
  }

  expect_failures = [terraform_data.instance]
}

run "notifications_of_an_unknown_change" {
  command = plan

  variables {
    notifications = { changes = ["asleep", "snoring"] }
  }

  expect_failures = [terraform_data.instance]
}

run "alarm_action_that_is_an_e_mail_address" {
  command = plan

  variables {
    alarms = { action_arns = ["platform@example.com"] }
  }

  expect_failures = [terraform_data.instance]
}

run "wake_that_is_slow_at_once" {
  command = plan

  variables {
    alarms = { slow_wake_seconds = 0 }
  }

  expect_failures = [terraform_data.instance]
}

run "runtime_that_is_too_old" {
  command = plan

  variables {
    lambda_runtime = "python3.10"
  }

  expect_failures = [terraform_data.instance]
}

run "unknown_architecture" {
  command = plan

  variables {
    lambda_architecture = "x86"
  }

  expect_failures = [terraform_data.instance]
}

run "log_retention_cloudwatch_does_not_offer" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [terraform_data.instance]
}

run "permissions_boundary_that_is_a_role" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [terraform_data.instance]
}

run "tag_of_aws" {
  command = plan

  variables {
    tags = { "aws:owner" = "me" }
  }

  expect_failures = [terraform_data.instance]
}
