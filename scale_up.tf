# The scale-up function: wakes services on request, and brings back sleeping ones when they are uninstalled.

resource "aws_cloudwatch_log_group" "scale_up" {
  name              = "/aws/lambda/${local.names.scale_up_function}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

data "aws_iam_policy_document" "scale_up" {
  source_policy_documents = concat(
    [
      data.aws_iam_policy_document.services[0].json,
      data.aws_iam_policy_document.observation.json,
      data.aws_iam_policy_document.notifying.json,
    ],
    data.aws_iam_policy_document.wake_rules[*].json,
  )

  # To start a watcher: another run of this function watches a wake by hand.
  statement {
    sid       = "StartWatcher"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.scale_up_function_arn]
  }

  # To hold every service, and to release them.
  statement {
    sid       = "HoldAll"
    actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["hold_all"]
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
  description      = "Wakes ECS services of ${var.name} on request."
  role             = aws_iam_role.scale_up.arn
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  handler          = "scale_to_zero.handlers.scale_up"
  filename         = local.lambda_zip
  source_code_hash = filebase64sha256(local.lambda_zip)
  memory_size      = 512
  # The longest Lambda allows: a watcher watches a wake for up to 840 seconds. Uninstalling waits while a stop may
  # still be under way: as long as a tick may last, 60 seconds, and then acts.
  timeout = 900
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
    aws_dynamodb_table_item.waiting_page,
    aws_dynamodb_table_item.wake_target_group,
    aws_iam_role_policy.scale_up,
    aws_iam_role_policy_attachment.scale_up_services,
  ]
}

# The caller has the answer or repeats the request; a wake that runs late or twice would surprise.
resource "aws_lambda_function_event_invoke_config" "scale_up" {
  function_name                = aws_lambda_function.scale_up.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

# Uninstalling: destroying the module, or removing a service from it, first brings the service back if it sleeps.
# A new key for the same service brings nothing back.
# Creating or updating it arms the service's rules if they must be: Terraform creates each rule disarmed, and replaces
# them with the service's own rule. What fails of that fails no apply, and is left to the next tick.
resource "aws_lambda_invocation" "uninstall" {
  for_each = local.service_keys

  function_name   = aws_lambda_function.scale_up.function_name
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

  # By way of the function, this depends on all that bringing a service back needs: policies, table, configuration,
  # wake rules and what is behind them.
}
