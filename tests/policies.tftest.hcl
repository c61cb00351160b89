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

# AWS's limits: 10,240 characters for all inline policies of a role together, 6,144 for a managed policy, and ten
# managed policies for a role. White space does not count.

variables {
  name = "staging"

  # These are not inputs of the module, but parts of the values in the runs below.
  load_balancer = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
  target_groups = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
  listener      = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/fedcba9876543210"
}

run "few_services_are_named_one_by_one" {
  command = plan

  variables {
    services = { for number in range(50) : "service-${number}" => { cluster_name = "c", service_name = "service-${number}" } }
  }

  assert {
    condition = toset([for statement in jsondecode(module.scale_up.policy).Statement : statement if statement.Sid == "ScaleServices"][0].Resource) == toset([
      for number in range(50) : "arn:aws:ecs:eu-west-3:123456789012:service/c/service-${number}"
    ])
    error_message = "With up to 50 services, the functions reach only these services."
  }

  assert {
    condition     = length(aws_iam_policy.services) == 0
    error_message = "A small number of services fits into the inline policies."
  }
}

run "more_services_are_named_by_their_clusters" {
  command = plan

  variables {
    services = { for number in range(51) : "service-${number}" => { cluster_name = number == 0 ? "b" : "c", service_name = "service-${number}" } }
  }

  assert {
    condition = toset([for statement in jsondecode(module.scale_up.policy).Statement : statement if statement.Sid == "ScaleServices"][0].Resource) == toset([
      "arn:aws:ecs:eu-west-3:123456789012:service/b/*",
      "arn:aws:ecs:eu-west-3:123456789012:service/c/*",
    ])
    error_message = "With more than 50 services, the functions reach only the services of their clusters."
  }

  assert {
    condition = toset([for statement in jsondecode(module.scale_up.policy).Statement : statement if statement.Sid == "SeeTasksAndRevisions"][0].Condition.ArnEquals["ecs:cluster"]) == toset([
      "arn:aws:ecs:eu-west-3:123456789012:cluster/b",
      "arn:aws:ecs:eu-west-3:123456789012:cluster/c",
    ])
    error_message = "The functions see tasks and service revisions only in these clusters."
  }

  assert {
    condition     = [for statement in jsondecode(module.scale_to_zero.policy).Statement : statement.Sid if contains(flatten([statement.Action]), "ecs:DescribeServiceRevisions")] == ["SeeTasksAndRevisions"]
    error_message = "The scale-to-zero function sees service revisions, for their gateway connectors."
  }
}

run "a_thousand_services_in_400_clusters" {
  command = plan

  variables {
    api           = {}
    notifications = {}
    alarms        = {}
    services = { for number in range(1000) : "service-${number}" => {
      cluster_name      = "cluster-${number % 400}"
      service_name      = "service-${number}"
      load_balancer_arn = replace(var.load_balancer, "app/city", "app/city-${floor(number / 50)}")
      target_group_arns = var.target_groups
      wake_on_request = {
        rules = { http = { rule_arn = "${replace(replace(var.listener, ":listener/", ":listener-rule/"), "app/city", "app/city-${floor(number / 50)}")}/0011223344556677", priority = 1001 + number } }
        # Only every tenth service has a monitor, since Terraform evaluates all rules for each rule.
        uptime_checks = { for name in number % 10 == 0 ? ["monitor"] : [] : name => { listener_arn = replace(var.listener, "app/city", "app/city-${floor(number / 50)}"), user_agents = ["*UptimeRobot*"], priority = 1 + number } }
      }
      schedules = {
        office = { cron = "cron(0 8 ? * MON-FRI *)", timezone = "Europe/Paris", minutes = 660 }
        own    = { cron = "cron(${number % 20} 20 ? * SUN *)", minutes = 60 }
      }
    } }
  }

  assert {
    condition     = length(aws_dynamodb_table_item.config) == 1000 && length(aws_lambda_invocation.uninstall) == 1000
    error_message = "Every service has its configuration, and is woken when it is removed."
  }

  assert {
    condition     = length(aws_lb_target_group.wake) == 1000 && length(distinct([for group in aws_lb_target_group.wake : group.name])) == 1000 && length(aws_lb_listener_rule.wake) == 1100
    error_message = "Every service has its wake rules, and a target group with its own name."
  }

  assert {
    condition     = length([for schedule in aws_scheduler_schedule.schedules : schedule if startswith(schedule.name, "office-")]) == 5 && length(aws_scheduler_schedule.schedules) == 25
    error_message = "Five runs of the scale-up function wake a thousand services at the same minute."
  }

  assert {
    condition     = sort(flatten([for schedule in aws_scheduler_schedule.schedules : jsondecode(schedule.target[0].input).services if startswith(schedule.name, "office-")])) == sort(keys(var.services))
    error_message = "One of these runs wakes each service."
  }

  assert {
    condition     = length(aws_lambda_permission.load_balancers) == 1
    error_message = "A function's policy has at most 20 KB, so there is one permission for all target groups."
  }

  assert {
    condition     = alltrue([for function in [module.scale_to_zero, module.scale_up, module.wake[0], module.api[0], module.panel[0]] : length(function.policy) <= 10240])
    error_message = "A role's inline policy has at most 10,240 characters."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.services : length(policy.policy) <= 6144])
    error_message = "A managed policy has at most 6,144 characters."
  }

  assert {
    condition     = length(aws_iam_policy.services) > 1 && length(aws_iam_policy.services) <= 10
    error_message = "A role has at most ten managed policies."
  }

  assert {
    condition = toset(flatten([
      for policy in concat([module.scale_up.policy], aws_iam_policy.services[*].policy) :
      [for statement in jsondecode(policy).Statement : statement.Resource if statement.Sid == "ScaleServices"]
    ])) == toset([for number in range(400) : "arn:aws:ecs:eu-west-3:123456789012:service/cluster-${number}/*"])
    error_message = "The inline and managed policies together reach every cluster's services."
  }

  assert {
    condition = toset(flatten([
      for policy in concat([module.scale_up.policy], aws_iam_policy.services[*].policy) :
      [for statement in jsondecode(policy).Statement : statement.Condition.ArnEquals["ecs:cluster"] if statement.Sid == "SeeTasksAndRevisions"]
    ])) == toset([for number in range(400) : "arn:aws:ecs:eu-west-3:123456789012:cluster/cluster-${number}"])
    error_message = "The inline and managed policies together see every cluster's tasks."
  }
}

run "the_longest_possible_names" {
  command = plan

  variables {
    name             = join("", [for letter in range(128) : "n"])
    api              = {}
    metric_namespace = join("", [for letter in range(255) : "m"])
    services = { for number in range(50) : "service-${number}" => {
      cluster_name      = format("%03d%s", number, join("", [for letter in range(252) : "c"]))
      service_name      = format("%03d%s", number, join("", [for letter in range(252) : "s"]))
      load_balancer_arn = var.load_balancer
      target_group_arns = var.target_groups
      wake_on_request   = { rules = { http = { listener_arn = var.listener, priority = 1 + number } } }
    } }
  }

  assert {
    condition     = alltrue([for function in [module.scale_to_zero, module.scale_up, module.wake[0], module.api[0], module.panel[0]] : length(function.policy) <= 10240])
    error_message = "A role's inline policy has at most 10,240 characters."
  }

  assert {
    condition     = length(aws_iam_policy.services) <= 10 && alltrue([for policy in aws_iam_policy.services : length(policy.policy) <= 6144])
    error_message = "There are at most ten managed policies of at most 6,144 characters."
  }
}

run "only_the_scaling_of_ecs_services_is_suspended_and_put_back" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition = toset([
      for function in [module.scale_to_zero, module.scale_up] :
      jsonencode([for statement in jsondecode(function.policy).Statement : [statement.Resource, statement.Condition] if contains(flatten([statement.Action]), "application-autoscaling:RegisterScalableTarget")])
      ]) == toset([jsonencode([[
        "arn:aws:application-autoscaling:eu-west-3:123456789012:scalable-target/*",
        { StringEquals = {
          "application-autoscaling:scalable-dimension" = "ecs:service:DesiredCount"
          "application-autoscaling:service-namespace"  = "ecs"
        } },
    ]])])
    error_message = "The functions change the scalable targets of ECS services only."
  }
}

run "metrics_are_published_in_the_namespace_only" {
  command = plan

  variables {
    metric_namespace = "CityGuided/ECS"
    services         = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition = [for statement in jsondecode(module.scale_to_zero.policy).Statement : statement.Condition if statement.Action == "cloudwatch:PutMetricData"] == [
      { StringEquals = { "cloudwatch:namespace" = "CityGuided/ECS" } },
    ]
    error_message = "Metrics are published only in the module's namespace."
  }

  assert {
    condition     = !strcontains(module.scale_up.policy, "cloudwatch:")
    error_message = "The scale-up function has no access to metrics."
  }

  assert {
    condition     = !strcontains(module.scale_to_zero.policy, "dynamodb:DeleteItem") && [for statement in jsondecode(module.scale_up.policy).Statement : statement.Sid if contains(flatten([statement.Action]), "dynamodb:DeleteItem")] == ["HoldAll"]
    error_message = "Only DynamoDB deletes the state of a service, after it has expired."
  }
}

run "without_state_metrics_no_function_may_publish_metrics" {
  command = plan

  variables {
    state_metrics = "off"
    services      = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition     = !strcontains(module.scale_to_zero.policy, "cloudwatch:PutMetricData")
    error_message = "A function that publishes no metrics is not allowed to publish any."
  }
}

run "the_wake_function_may_do_only_what_it_needs" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", load_balancer_arn = var.load_balancer, target_group_arns = var.target_groups, wake_on_request = { rules = { http = { listener_arn = var.listener, priority = 90 } } } } }
  }

  assert {
    condition = { for statement in jsondecode(module.wake[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Resource, try(statement.Condition, null)]) } == {
      ReadTable         = jsonencode(["dynamodb:GetItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero", null])
      WriteServiceState = jsonencode(["dynamodb:UpdateItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero", { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "state#*" } }])
      SetWakeRules      = jsonencode(["elasticloadbalancing:ModifyRule", "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener-rule/app/*", { StringEquals = { "aws:ResourceTag/scale-to-zero:wake-rule" = "staging" } }])
      StartWatcher      = jsonencode(["lambda:InvokeFunction", "arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-up", null])
      SeeTargets        = jsonencode(["elasticloadbalancing:DescribeTargetHealth", "*", null])
      WriteLog          = jsonencode([["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-3:123456789012:log-group:/aws/lambda/staging-wake:*", null])
    }
    error_message = "The function that answers any visitor may only read the table, save service states in it, disarm this instance's rules, start a watcher, see targets and write its log. The ticks send notifications of its changes."
  }

  assert {
    condition = alltrue([
      for policy in [module.scale_to_zero.policy, module.scale_up.policy, module.wake[0].policy] :
      [for statement in jsondecode(policy).Statement : statement.Condition if statement.Action == "elasticloadbalancing:ModifyRule"] == [{ StringEquals = { "aws:ResourceTag/scale-to-zero:wake-rule" = "staging" } }]
    ])
    error_message = "All three functions set wake rules of this instance only. No rule of the user is modified."
  }

  assert {
    condition     = alltrue([for policy in [module.scale_to_zero.policy, module.scale_up.policy] : strcontains(policy, "elasticloadbalancing:DescribeRules")])
    error_message = "A function that arms a wake rule may read the conditions of the service's own rule."
  }
}

run "the_scale_up_function_starts_watchers" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition = [for statement in jsondecode(module.scale_up.policy).Statement : statement.Resource if statement.Action == "lambda:InvokeFunction"] == [
      "arn:aws:lambda:eu-west-3:123456789012:function:${module.scale_up.function.function_name}",
    ]
    error_message = "Another run of the same function watches a wake by hand. The function may invoke no other function."
  }

  assert {
    condition     = !strcontains(module.scale_to_zero.policy, "lambda:")
    error_message = "A tick watches wakes itself."
  }
}

run "only_the_scale_up_function_holds_all" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" } }
    api      = {}
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.scale_up.policy).Statement : [sort(statement.Action), statement.Resource, statement.Condition] if try(statement.Sid, "") == "HoldAll"]) == jsonencode([[
      ["dynamodb:DeleteItem", "dynamodb:PutItem"],
      "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero",
      { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = "hold_all" } },
    ]])
    error_message = "The function may put and delete only the one item that holds all services."
  }

  assert {
    condition = alltrue([
      for policy in [module.scale_to_zero.policy, module.api[0].policy, module.panel[0].policy] :
      !strcontains(policy, "dynamodb:PutItem") && !strcontains(policy, "dynamodb:DeleteItem")
    ])
    error_message = "The other functions may only read this item."
  }
}

run "only_events_of_phase_changes_may_be_sent" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition = alltrue([
      for policy in [module.scale_to_zero.policy, module.scale_up.policy] :
      jsonencode([for statement in jsondecode(policy).Statement : [statement.Action, statement.Resource, statement.Condition] if statement.Sid == "SendNotifications"]) == jsonencode([
        ["events:PutEvents", "arn:aws:events:eu-west-3:123456789012:event-bus/default", { StringEquals = { "events:detail-type" = "ECS Scale-to-Zero Phase Change", "events:source" = "ecs-scale-to-zero" } }],
      ])
    ])
    error_message = "Both functions may put only the module's own kind of events on the default bus."
  }
}

run "api_and_panel_read_the_table_and_invoke_functions" {
  command = plan

  variables {
    api      = {}
    services = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition = { for statement in jsondecode(module.api[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Resource, try(statement.Condition, null)]) } == {
      ReadTable       = jsonencode([["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"], "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero", null])
      CommandServices = jsonencode(["lambda:InvokeFunction", ["arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-up", "arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-to-zero"], null])
      WriteLog        = jsonencode([["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-3:123456789012:log-group:/aws/lambda/staging-api:*", null])
    }
    error_message = "The API may only read the table, invoke the two functions that act, and write its log."
  }

  assert {
    condition = { for statement in jsondecode(module.panel[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Resource, try(statement.Condition, null)]) } == {
      ReadTable       = jsonencode(["dynamodb:Scan", "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero", null])
      CommandServices = jsonencode(["lambda:InvokeFunction", ["arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-up", "arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-to-zero"], null])
      WriteLog        = jsonencode([["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-3:123456789012:log-group:/aws/lambda/staging-panel:*", null])
    }
    error_message = "The panel may do the same, but reads all services at once."
  }
}
