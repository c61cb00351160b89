# The wake function answers requests while a service does not run. Wake rules and target groups route them to it.

locals {
  # Keyed by the service's name in ECS, so that a new key for the same service replaces no resource in use.
  woken_by_requests = {
    for service, key in local.service_keys : service => var.services[key].wake_on_request if var.services[key].wake_on_request != null
  }

  # 1 if there is such a service. The resources that all of them share then exist once.
  wake_function_count = min(1, length(local.woken_by_requests))

  # The rules as they are configured, by their names in the sentences of problems.tf.
  # The ARN of the service's own rule contains its listener: …:listener-rule/app/name/lb/listener/rule.
  rules_given = merge([
    for key, service in var.services : merge([
      for kind in ["rules", "uptime_checks"] : {
        for name, rule in service.wake_on_request[kind] : "${key}.${kind}.${name}" => {
          key           = key
          kind          = kind
          name          = name
          priority      = rule.priority
          listener_arn  = rule.listener_arn
          rule_arn      = rule.rule_arn
          at_listener   = rule.rule_arn == null ? rule.listener_arn : replace(replace(rule.rule_arn, ":listener-rule/", ":listener/"), "//[^/]+$/", "")
          host_headers  = rule.host_headers
          path_patterns = rule.path_patterns
          user_agents   = kind == "uptime_checks" ? rule.user_agents : []
        }
      }
    ]...) if service.wake_on_request != null
  ]...)

  wake_rules = {
    for rule in local.rules_given : "${local.ecs_names[rule.key]}/${rule.kind}/${rule.name}" => {
      service       = local.ecs_names[rule.key]
      priority      = rule.priority
      listener_arn  = rule.at_listener
      own_rule_arn  = rule.rule_arn
      host_headers  = rule.host_headers
      path_patterns = rule.path_patterns
      user_agents   = rule.user_agents
    }
    if local.service_keys[local.ecs_names[rule.key]] == rule.key
  }

  # For for_each: maps of names only (see ecs_names).
  keys_of_woken_services = tomap({ for service in keys(local.woken_by_requests) : service => local.service_keys[service] })
  services_of_wake_rules = tomap({ for name, rule in local.wake_rules : name => rule.service })

  wake_rule_tag = "scale-to-zero:wake-rule"

  # Target groups, attachments and rules refer to each other only through these values. If each resource referred to all
  # others directly, a thousand services would make a million edges, and a plan would take many minutes.
  wake_target_group_arns          = { for service, group in aws_lb_target_group.wake : service => group.arn }
  attached_wake_target_group_arns = { for service, attachment in aws_lb_target_group_attachment.wake : service => attachment.target_group_arn }
  wake_rule_arns                  = { for rule, created in aws_lb_listener_rule.wake : rule => created.arn }

  wake_on_request = {
    for service, wake in local.woken_by_requests : service => merge(
      {
        for kind in ["rules", "uptime_checks"] : kind => [
          for name in keys(wake[kind]) : merge(
            { for field in ["listener_arn", "own_rule_arn", "host_headers", "path_patterns", "user_agents"] : field => local.wake_rules["${service}/${kind}/${name}"][field] },
            { name = name, arn = local.wake_rule_arns["${service}/${kind}/${name}"] },
          )
        ]
      },
      { for field in ["wait_seconds", "max_waiting_requests", "ask_before_waking", "page_status", "drain_lead_minutes", "cors_origins"] : field => wake[field] },
    )
  }
}

locals {
  # To arm and disarm the wake rules of this instance, which have its name in a tag, and no other rule.
  set_wake_rules_statement = {
    Sid       = "SetWakeRules"
    Effect    = "Allow"
    Action    = "elasticloadbalancing:ModifyRule"
    Resource  = "arn:${local.partition}:elasticloadbalancing:${local.region}:${local.account}:listener-rule/app/*"
    Condition = { StringEquals = { "aws:ResourceTag/${local.wake_rule_tag}" = var.name } }
  }

  # For the two functions that arm wake rules, if there are any.
  wake_rule_statements = [
    for statement in [
      local.set_wake_rules_statement,
      # To arm a wake rule with the conditions of the service's own rule, and to see how the wake rule is now. ELB
      # authorises this on "*" only.
      {
        Sid      = "SeeRules"
        Effect   = "Allow"
        Action   = "elasticloadbalancing:DescribeRules"
        Resource = "*"
      },
    ] : statement if local.wake_function_count == 1
  ]
}

module "wake" {
  source = "./modules/function"
  count  = local.wake_function_count

  name        = local.names.wake_function
  role_name   = local.names.wake_role
  description = "Answers requests to sleeping ECS services of ${var.name} and starts their wakes."
  handler     = "wake"
  # A request can wait for 50 seconds.
  timeout  = 60
  settings = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        local.set_wake_rules_statement,
        # To read a service's wake settings, the content of the page, and the service state.
        {
          Sid      = "ReadTable"
          Effect   = "Allow"
          Action   = "dynamodb:GetItem"
          Resource = local.table_arn
        },
        # To save that a request arrived. It never writes configuration, which belongs to Terraform.
        {
          Sid       = "WriteServiceState"
          Effect    = "Allow"
          Action    = "dynamodb:UpdateItem"
          Resource  = local.table_arn
          Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "state#*" } }
        },
        # To start a watcher. The scale-up function then starts the wake.
        {
          Sid      = "StartWatcher"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = local.scale_up_function_arn
        },
        # To answer an uptime check: whether an awake service has a healthy target. ELB authorises this on "*" only.
        {
          Sid      = "SeeTargets"
          Effect   = "Allow"
          Action   = "elasticloadbalancing:DescribeTargetHealth"
          Resource = "*"
        },
      ],
      local.log_statements.wake,
    )
  })
}

# Routing: the target group of a request tells the function which service the request is for.

resource "aws_lb_target_group" "wake" {
  for_each = local.keys_of_woken_services

  # Always with a hash, since 32 characters have no space for the full service name and the cluster name.
  name        = "${local.names.wake_target_groups}-${replace(substr(split("/", each.key)[1], 0, 22 - length(local.names.wake_target_groups)), "_", "-")}-${substr(sha256("${var.name}/${each.key}"), 0, 8)}"
  target_type = "lambda"
  tags        = var.tags

  # There are no health checks, since each would invoke the function and cost money. This is AWS's default for
  # functions. If it were written here, the provider would warn about the protocol that it adds.

  # Without this, only the last of several cookies arrives, and only one cookie can be set.
  lambda_multi_value_headers_enabled = true
}

# One permission for all target groups: a thousand permissions do not fit into a function's policy of 20 KB.
resource "aws_lambda_permission" "load_balancers" {
  count = local.wake_function_count

  statement_id   = "load-balancers"
  function_name  = module.wake[0].function.function_name
  action         = "lambda:InvokeFunction"
  principal      = "elasticloadbalancing.amazonaws.com"
  source_arn     = "arn:${local.partition}:elasticloadbalancing:${local.region}:${local.account}:targetgroup/${local.names.wake_target_groups}-*/*"
  source_account = local.account
}

resource "aws_lb_target_group_attachment" "wake" {
  for_each = local.keys_of_woken_services

  target_group_arn = local.wake_target_group_arns[each.key]
  target_id        = module.wake[0].function.arn

  # ELB accepts a function as a target only if ELB is allowed to invoke it.
  depends_on = [aws_lambda_permission.load_balancers]
}

# Created with a host that cannot exist (RFC 2606), so that the rule takes no request. After that, the functions own its
# conditions. They arm the rule with the conditions of the service's own rule, and disarm it again. A plan ignores them.
resource "aws_lb_listener_rule" "wake" {
  for_each = local.services_of_wake_rules

  listener_arn = local.wake_rules[each.key].listener_arn
  priority     = local.wake_rules[each.key].priority
  tags         = merge(var.tags, { (local.wake_rule_tag) = var.name })

  action {
    type = "forward"
    # Through the attachment, so that the rule is created only when its target group has the function.
    target_group_arn = local.attached_wake_target_group_arns[each.value]
  }

  condition {
    host_header {
      values = ["disarmed.scale-to-zero.invalid"]
    }
  }

  lifecycle {
    ignore_changes = [condition]
  }
}

# What the function reads: the service of a target group, and the content of the page.

resource "aws_dynamodb_table_item" "wake_target_group" {
  for_each = local.keys_of_woken_services

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key

  item = jsonencode({
    id  = { S = "wake_target_group#${local.wake_target_group_arns[each.key]}" }
    key = { S = each.value }
  })
}

resource "aws_dynamodb_table_item" "waiting_page" {
  count = local.wake_function_count

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key

  item = jsonencode({
    id   = { S = "waiting_page" }
    page = { S = jsonencode(var.waiting_page) }
  })
}
