# The scale-up function: wakes services when asked, and brings back sleeping ones when they are uninstalled.

resource "aws_cloudwatch_log_group" "scale_up" {
  name              = "/aws/lambda/${local.names.scale_up_function}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

data "aws_iam_policy_document" "scale_up" {
  source_policy_documents = [
    data.aws_iam_policy_document.services[0].json,
    data.aws_iam_policy_document.observation.json,
  ]

  # To forget a service that is uninstalled.
  statement {
    sid       = "DeleteMemory"
    actions   = ["dynamodb:DeleteItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["state#*"]
    }
  }

  # To write its own log; the group itself is Terraform's.
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_groups_arn}:/aws/lambda/${local.names.scale_up_function}:*"]
  }
}

resource "aws_iam_role" "scale_up" {
  name                 = local.names.scale_up_role
  description          = "Role of the Lambda function ${local.names.scale_up_function}."
  assume_role_policy   = data.aws_iam_policy_document.assumed_by_lambda.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "scale_up" {
  name   = "scale-up"
  role   = aws_iam_role.scale_up.name
  policy = data.aws_iam_policy_document.scale_up.minified_json
}

resource "aws_iam_role_policy_attachment" "scale_up_services" {
  count = length(local.managed_access)

  role       = aws_iam_role.scale_up.name
  policy_arn = aws_iam_policy.services[count.index].arn
}

resource "aws_lambda_function" "scale_up" {
  function_name    = local.names.scale_up_function
  description      = "Wakes ECS services of ${var.name} when asked."
  role             = aws_iam_role.scale_up.arn
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  handler          = "scale_to_zero.handlers.scale_up"
  filename         = local.lambda_zip
  source_code_hash = filebase64sha256(local.lambda_zip)
  memory_size      = 512
  # Uninstalling waits while a stop may still be under way: as long as a tick may last, 60 seconds, and then acts.
  timeout = 120
  tags    = var.tags

  environment {
    variables = local.function_environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.scale_up.name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  # The items come before the function, which comes before the invocations that uninstall: were each invocation to
  # name all items itself, a thousand services would make a million edges, and a plan of many minutes.
  depends_on = [
    aws_dynamodb_table_item.config,
    aws_iam_role_policy.scale_up,
    aws_iam_role_policy_attachment.scale_up_services,
  ]
}

# Whoever asked has the answer or asks again; a wake that runs late or twice would surprise.
resource "aws_lambda_function_event_invoke_config" "scale_up" {
  function_name                = aws_lambda_function.scale_up.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

# Uninstalling: destroying the module, or removing a service from it, first brings the service back if it sleeps.
# Keyed by what ECS calls the service, so that a new key for the same service brings nothing back.
resource "aws_lambda_invocation" "uninstall" {
  for_each = { for service in var.services : "${service.cluster_name}/${service.service_name}" => service }

  function_name   = aws_lambda_function.scale_up.function_name
  lifecycle_scope = "CRUD"

  input = jsonencode({
    uninstall = {
      cluster_name = each.value.cluster_name
      service_name = each.value.service_name
      awake_count  = each.value.awake_count
      mode         = each.value.mode
    }
  })

  # By way of the function, this depends on all that bringing a service back needs: policies, table, configuration.
}
