# The scale-up function: wakes services on request, and brings back sleeping ones when they are uninstalled.

module "scale_up" {
  source = "./modules/function"

  name        = local.names.scale_up_function
  role_name   = local.names.scale_up_role
  description = "Wakes ECS services of ${var.name} on request."
  handler     = "scale_up"
  # The longest Lambda allows: a watcher watches a wake for up to 840 seconds. Uninstalling waits while a stop may
  # still be under way: as long as a tick may last, 60 seconds, and then acts.
  timeout             = 900
  managed_policy_arns = aws_iam_policy.services[*].arn
  settings            = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.service_statements[0],
      local.observation_statements,
      local.notifying_statements,
      local.wake_rule_statements,
      [
        # To start a watcher: another run of this function watches a wake by hand.
        {
          Sid      = "StartWatcher"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = local.scale_up_function_arn
        },
        # To hold every service, and to release them.
        {
          Sid       = "HoldAll"
          Effect    = "Allow"
          Action    = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
          Resource  = local.table_arn
          Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = "hold_all" } }
        },
      ],
      local.log_statements.scale_up,
    )
  })
}

# What bringing a service back needs. Each invocation that uninstalls depends on this one resource: if each depended on every
# item, a thousand services would make a million edges, and a plan of many minutes.
resource "terraform_data" "needed_to_uninstall" {
  depends_on = [
    aws_dynamodb_table_item.config,
    aws_dynamodb_table_item.waiting_page,
    aws_dynamodb_table_item.wake_target_group,
    module.scale_up,
  ]
}

# Uninstalling: destroying the module, or removing a service from it, first brings the service back if it sleeps.
# A new key for the same service brings nothing back.
# Creating or updating it arms the service's rules if they must be: Terraform creates each rule disarmed, and replaces
# them with the service's own rule. What fails of that fails no apply, and is left to the next tick.
resource "aws_lambda_invocation" "uninstall" {
  for_each = local.service_keys

  function_name   = module.scale_up.function.function_name
  lifecycle_scope = "CRUD"

  input = jsonencode({
    uninstall = {
      cluster_name = var.services[each.value].cluster_name
      service_name = var.services[each.value].service_name
      awake_count  = var.services[each.value].awake_count
      mode         = var.services[each.value].mode
      # Its visitors go to the service again, whose mode may be act no more.
      wake_rule_arns         = [for rule in try(local.wake_on_request[each.key].rules, []) : rule.arn]
      uptime_check_rule_arns = [for check in try(local.wake_on_request[each.key].uptime_checks, []) : check.arn]
    }
  })

  depends_on = [terraform_data.needed_to_uninstall]
}
