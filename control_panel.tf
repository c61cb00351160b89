# The control panel: the function behind the dashboard's custom widget.

locals {
  panel_count = var.control_panel == null ? 0 : 1

  # For the dashboard. Null without a panel. Composed of the function's name, which is known during the plan.
  panel_function_arn = one([for panel in module.panel : "${local.functions_arn}:${panel.function.function_name}"])
}

# CloudWatch invokes it with the credentials of the dashboard's viewer, so there is no other permission here.
module "panel" {
  source = "./modules/function"
  count  = local.panel_count

  name        = local.names.panel_function
  role_name   = local.names.panel_role
  description = "Draws the control panel on the dashboard of ${var.name} and acts when its buttons are pressed."
  handler     = "panel"
  timeout     = 29
  settings    = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.commanding_statements,
      [
        # To show the status of all services.
        {
          Sid      = "ReadTable"
          Effect   = "Allow"
          Action   = "dynamodb:Scan"
          Resource = local.table_arn
        },
      ],
      local.log_statements.panel,
    )
  })

  # Created last and destroyed first, so that no one puts a service to sleep while uninstalling wakes it.
  depends_on = [aws_cloudwatch_event_target.every_minute]
}
