# The real provider plans without calling AWS: everything is new, and the account is given.

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

# AWS's limits: 10,240 characters for all inline policies of a role together, 6,144 for a managed policy, ten managed
# policies for a role; white space does not count.

variables {
  name = "staging"

  # No inputs of the module, but parts of what the runs below give it.
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
    error_message = "Up to 50 services, the functions reach these and no other."
  }

  assert {
    condition     = length(aws_iam_policy.services) == 0
    error_message = "Few services fit into the inline policies."
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
    error_message = "Beyond 50 services, the functions reach their clusters' services and no other."
  }

  assert {
    condition = toset([for statement in jsondecode(module.scale_up.policy).Statement : statement if statement.Sid == "SeeTasksAndRevisions"][0].Condition.ArnEquals["ecs:cluster"]) == toset([
      "arn:aws:ecs:eu-west-3:123456789012:cluster/b",
      "arn:aws:ecs:eu-west-3:123456789012:cluster/c",
    ])
    error_message = "Tasks and service revisions are seen in these clusters and no other."
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
        # Only every tenth has a monitor: for each rule Terraform reads all rules.
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
    error_message = "Every service has its configuration and is brought back when removed."
  }

  assert {
    condition     = length(aws_lb_target_group.wake) == 1000 && length(distinct([for group in aws_lb_target_group.wake : group.name])) == 1000 && length(aws_lb_listener_rule.wake) == 1100
    error_message = "Every service has its wake rules and a target group with a name of its own."
  }

  assert {
    condition     = length([for schedule in aws_scheduler_schedule.schedules : schedule if startswith(schedule.name, "office-")]) == 5 && length(aws_scheduler_schedule.schedules) == 25
    error_message = "A thousand services woken at the same minute are five runs of the scale-up function."
  }

  assert {
    condition     = sort(flatten([for schedule in aws_scheduler_schedule.schedules : jsondecode(schedule.target[0].input).services if startswith(schedule.name, "office-")])) == sort(keys(var.services))
    error_message = "Each service is woken by one of them."
  }

  assert {
    condition     = length(aws_lambda_permission.load_balancers) == 1
    error_message = "A function's policy has at most 20 KB, so one permission is for all target groups."
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
    error_message = "Inline and managed policies together reach every cluster's services."
  }

  assert {
    condition = toset(flatten([
      for policy in concat([module.scale_up.policy], aws_iam_policy.services[*].policy) :
      [for statement in jsondecode(policy).Statement : statement.Condition.ArnEquals["ecs:cluster"] if statement.Sid == "SeeTasksAndRevisions"]
    ])) == toset([for number in range(400) : "arn:aws:ecs:eu-west-3:123456789012:cluster/cluster-${number}"])
    error_message = "Inline and managed policies together see every cluster's tasks."
  }
}

run "the_longest_names_there_can_be" {
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
    error_message = "Metrics are published in the module's namespace and no other."
  }

  assert {
    condition     = !strcontains(module.scale_up.policy, "cloudwatch:")
    error_message = "The scale-up function has nothing to do with metrics."
  }

  assert {
    condition     = !strcontains(module.scale_to_zero.policy, "dynamodb:DeleteItem") && [for statement in jsondecode(module.scale_up.policy).Statement : statement.Sid if contains(flatten([statement.Action]), "dynamodb:DeleteItem")] == ["HoldAll"]
    error_message = "Nothing deletes the state of a service but DynamoDB, once it has expired."
  }
}

run "without_state_metrics_nothing_may_be_published" {
  command = plan

  variables {
    state_metrics = "off"
    services      = { web = { cluster_name = "c", service_name = "web" } }
  }

  assert {
    condition     = !strcontains(module.scale_to_zero.policy, "cloudwatch:PutMetricData")
    error_message = "A function that publishes nothing may publish nothing."
  }
}

run "the_wake_function_may_do_what_answering_takes" {
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
    error_message = "The function that answers anybody may read the table, save service states in it, disarm this instance's rules, start a watcher, see targets and write its log; and nothing else: the ticks send notifications of what it changed."
  }

  assert {
    condition = alltrue([
      for policy in [module.scale_to_zero.policy, module.scale_up.policy, module.wake[0].policy] :
      [for statement in jsondecode(policy).Statement : statement.Condition if statement.Action == "elasticloadbalancing:ModifyRule"] == [{ StringEquals = { "aws:ResourceTag/scale-to-zero:wake-rule" = "staging" } }]
    ])
    error_message = "All three set wake rules, of this instance only: nothing of the user's is modified."
  }

  assert {
    condition     = alltrue([for policy in [module.scale_to_zero.policy, module.scale_up.policy] : strcontains(policy, "elasticloadbalancing:DescribeRules")])
    error_message = "Who arms a wake rule reads the conditions of the service's own."
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
    error_message = "A wake by hand is watched by another run of the same function, and it may invoke no other."
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
    error_message = "It puts and deletes the one item that holds all services, and no other."
  }

  assert {
    condition = alltrue([
      for policy in [module.scale_to_zero.policy, module.api[0].policy, module.panel[0].policy] :
      !strcontains(policy, "dynamodb:PutItem") && !strcontains(policy, "dynamodb:DeleteItem")
    ])
    error_message = "The others only read it."
  }
}

run "notifications_are_sent_of_phase_changes_and_nothing_else" {
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
    error_message = "Both may put events of the module's own kind on the default bus, and no other."
  }
}

run "api_and_panel_read_and_have_it_done" {
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
    error_message = "The API may read the table, invoke the two functions that act, and write its log; and nothing else."
  }

  assert {
    condition = { for statement in jsondecode(module.panel[0].policy).Statement : statement.Sid => jsonencode([statement.Action, statement.Resource, try(statement.Condition, null)]) } == {
      ReadTable       = jsonencode(["dynamodb:Scan", "arn:aws:dynamodb:eu-west-3:123456789012:table/staging-scale-to-zero", null])
      CommandServices = jsonencode(["lambda:InvokeFunction", ["arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-up", "arn:aws:lambda:eu-west-3:123456789012:function:staging-scale-to-zero"], null])
      WriteLog        = jsonencode([["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-3:123456789012:log-group:/aws/lambda/staging-panel:*", null])
    }
    error_message = "The panel may do the same, and reads all services at once."
  }
}
