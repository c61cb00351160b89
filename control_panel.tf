# The control panel: the function behind the dashboard's custom widget.

locals {
  panel_count = var.control_panel == null ? 0 : 1

  # For the dashboard: null without a panel. From the resource's name, which a plan already knows.
  panel_function_arn = one([for function in aws_lambda_function.panel : "${local.functions_arn}:${function.function_name}"])
}

resource "aws_cloudwatch_log_group" "panel" {
  count = local.panel_count

  name              = "/aws/lambda/${local.names.panel_function}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

data "aws_iam_policy_document" "panel" {
  count = local.panel_count

  source_policy_documents = [data.aws_iam_policy_document.commanding.json]

  # To show how all services are.
  statement {
    sid       = "ReadTable"
    actions   = ["dynamodb:Scan"]
    resources = [local.table_arn]
  }

  # To write its own log; the group itself is Terraform's.
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_groups_arn}:/aws/lambda/${local.names.panel_function}:*"]
  }
}

resource "aws_iam_role" "panel" {
  count = local.panel_count

  name                 = local.names.panel_role
  description          = "Role of the Lambda function ${local.names.panel_function}."
  assume_role_policy   = data.aws_iam_policy_document.assumed_by_lambda.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "panel" {
  count = local.panel_count

  name   = "panel"
  role   = aws_iam_role.panel[0].name
  policy = data.aws_iam_policy_document.panel[0].minified_json
}

# CloudWatch invokes it with the credentials of the dashboard's viewer: nobody else gets a permission here.
resource "aws_lambda_function" "panel" {
  count = local.panel_count

  function_name    = local.names.panel_function
  description      = "Draws the control panel on the dashboard of ${var.name} and does what its buttons say."
  role             = aws_iam_role.panel[0].arn
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  handler          = "scale_to_zero.handlers.panel"
  filename         = local.lambda_zip
  source_code_hash = filebase64sha256(local.lambda_zip)
  memory_size      = 512
  timeout          = 29
  tags             = var.tags

  environment {
    variables = local.function_environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.panel[0].name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  # Created last and destroyed first: nobody may put a service to sleep while uninstalling brings it back.
  depends_on = [
    aws_cloudwatch_event_target.every_minute,
    aws_iam_role_policy.panel,
  ]
}
