# The scale-to-zero function: every minute it observes all services and puts the idle ones to sleep.

resource "aws_cloudwatch_log_group" "scale_to_zero" {
  name              = "/aws/lambda/${local.names.scale_to_zero_function}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

data "aws_iam_policy_document" "scale_to_zero" {
  source_policy_documents = concat(
    [
      data.aws_iam_policy_document.services[0].json,
      data.aws_iam_policy_document.observation.json,
      data.aws_iam_policy_document.notifying.json,
    ],
    data.aws_iam_policy_document.wake_rules[*].json,
  )

  # To know the load balancers that target groups belong to; ELB authorises this on "*" only.
  statement {
    sid       = "SeeLoadBalancers"
    actions   = ["elasticloadbalancing:DescribeTargetGroups"]
    resources = ["*"]
  }

  # To see requests and how complete the metrics are; CloudWatch authorises reading on "*" only.
  statement {
    sid       = "ReadMetrics"
    actions   = ["cloudwatch:GetMetricData"]
    resources = ["*"]
  }

  # To publish the state metrics, in the module's namespace and no other.
  dynamic "statement" {
    for_each = var.state_metrics == "every_tick" ? ["every_tick"] : []

    content {
      sid       = "PublishStateMetrics"
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "cloudwatch:namespace"
        values   = [var.metric_namespace]
      }
    }
  }

  # To write its own log; the group itself is Terraform's.
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_groups_arn}:/aws/lambda/${local.names.scale_to_zero_function}:*"]
  }
}

resource "aws_iam_role" "scale_to_zero" {
  name                 = local.names.scale_to_zero_role
  description          = "Role of the Lambda function ${local.names.scale_to_zero_function}."
  assume_role_policy   = data.aws_iam_policy_document.assumed_by_lambda.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = length(local.managed_access) <= local.managed_policies_a_role
      error_message = "Move services to a second instance of the module with another name: ${length(local.service_access)} services or clusters need ${length(local.managed_access)} managed policies, and a role can have ${local.managed_policies_a_role}."
    }
  }
}

resource "aws_iam_role_policy" "scale_to_zero" {
  name   = "scale-to-zero"
  role   = aws_iam_role.scale_to_zero.name
  policy = data.aws_iam_policy_document.scale_to_zero.minified_json
}

resource "aws_iam_role_policy_attachment" "scale_to_zero_services" {
  count = length(local.managed_access)

  role       = aws_iam_role.scale_to_zero.name
  policy_arn = aws_iam_policy.services[count.index].arn
}

resource "aws_lambda_function" "scale_to_zero" {
  function_name    = local.names.scale_to_zero_function
  description      = "Puts idle ECS services of ${var.name} to sleep and repairs what is half done."
  role             = aws_iam_role.scale_to_zero.arn
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  handler          = "scale_to_zero.handlers.scale_to_zero"
  filename         = local.lambda_zip
  source_code_hash = filebase64sha256(local.lambda_zip)
  memory_size      = 512
  # A tick ends before the next one begins.
  timeout = 60
  tags    = var.tags

  environment {
    variables = local.function_environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.scale_to_zero.name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  depends_on = [
    aws_iam_role_policy.scale_to_zero,
    aws_iam_role_policy_attachment.scale_to_zero_services,
  ]
}

# The next tick is a minute away and observes everything again: to repeat a failed one or run a late one helps nobody.
resource "aws_lambda_function_event_invoke_config" "scale_to_zero" {
  function_name                = aws_lambda_function.scale_to_zero.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = local.names.tick_rule
  description         = "Runs ${local.names.scale_to_zero_function} every minute."
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_lambda_permission" "every_minute" {
  statement_id  = "every-minute"
  function_name = aws_lambda_function.scale_to_zero.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}

resource "aws_cloudwatch_event_target" "every_minute" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_function.scale_to_zero.arn

  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 60
  }

  # Created last and destroyed first: nothing may put a service to sleep again while uninstalling brings it back.
  depends_on = [
    aws_lambda_function_event_invoke_config.scale_to_zero,
    aws_lambda_invocation.uninstall,
    aws_lambda_permission.every_minute,
  ]
}
