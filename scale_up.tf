# The scale-up function wakes services on request. It also wakes sleeping services when they are uninstalled.

module "scale_up" {
  source = "./modules/function"

  name        = local.names.scale_up_function
  role_name   = local.names.scale_up_role
  description = "Wakes ECS services of ${var.name} on request."
  handler     = "scale_up"
  # The longest time that Lambda allows. A watcher watches a wake for up to 840 seconds. Uninstalling waits for a stop
  # that may still run, at most the 60 seconds of a tick, and then acts.
  timeout             = 900
  managed_policy_arns = aws_iam_policy.services[*].arn
  settings            = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.service_statements[0],
      local.observation_statements,
      # Before a service leaves the module, its scaling is put back.
      local.scaling_statements,
      local.notifying_statements,
      local.wake_rule_statements,
      [
        # To start a watcher. Another run of this function watches a wake by hand.
        {
          Sid      = "StartWatcher"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = local.scale_up_function_arn
        },
        # To hold all services, and to release them.
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

# What waking a service needs during an uninstall. Each invocation that uninstalls depends on this one resource. If each
# depended on every item, a thousand services would make a million edges, and a plan would take many minutes.
resource "terraform_data" "needed_to_uninstall" {
  depends_on = [
    aws_dynamodb_table_item.config,
    aws_dynamodb_table_item.waiting_page,
    aws_dynamodb_table_item.wake_target_group,
    module.scale_up,
  ]
}

# Uninstalling: before the module is destroyed, or a service is removed from it, a sleeping service is woken. A new key
# for the same service wakes nothing.
# When this invocation is created or updated, it arms the service's wake rules if they must be armed. Terraform creates
# each rule disarmed, and replaces it together with the service's own rule. If arming fails, the apply does not fail,
# and the next tick arms the rules.
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
      # The invocation sends visitors to the service again, even if its mode is no longer act.
      wake_rule_arns         = [for rule in try(local.wake_on_request[each.key].rules, []) : rule.arn]
      uptime_check_rule_arns = [for check in try(local.wake_on_request[each.key].uptime_checks, []) : check.arn]
    }
  })

  depends_on = [terraform_data.needed_to_uninstall]
}
