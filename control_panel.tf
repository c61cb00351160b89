# The control panel: the function behind the dashboard's custom widget.

locals {
  panel_count = var.control_panel == null ? 0 : 1

  # For the dashboard: null without a panel. From the function's name, which a plan already knows.
  panel_function_arn = one([for panel in module.panel : "${local.functions_arn}:${panel.function.function_name}"])
}

# CloudWatch invokes it with the credentials of the dashboard's viewer: nobody else gets a permission here.
module "panel" {
  source = "./modules/function"
  count  = local.panel_count

  name        = local.names.panel_function
  role_name   = local.names.panel_role
  description = "Draws the control panel on the dashboard of ${var.name} and does what its buttons say."
  handler     = "panel"
  timeout     = 29
  settings    = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.commanding_statements,
      [
        # To show how all services are.
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

  # Created last and destroyed first: nobody may put a service to sleep while uninstalling brings it back.
  depends_on = [aws_cloudwatch_event_target.every_minute]
}
