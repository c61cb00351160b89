# One of the module's functions: its log group, its role with its policies, and its settings.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.settings.log_retention_days
  tags              = var.settings.tags
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  description          = "Role of the Lambda function ${var.name}."
  permissions_boundary = var.settings.permissions_boundary_arn
  tags                 = var.settings.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # Only the Lambda service can assume this role.
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = replace(var.handler, "_", "-")
  role   = aws_iam_role.this.name
  policy = var.policy
}

resource "aws_iam_role_policy_attachment" "this" {
  count = length(var.managed_policy_arns)

  role       = aws_iam_role.this.name
  policy_arn = var.managed_policy_arns[count.index]
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = var.description
  role             = aws_iam_role.this.arn
  runtime          = var.settings.runtime
  architectures    = [var.settings.architecture]
  handler          = "scale_to_zero.handlers.${var.handler}"
  filename         = var.settings.zip
  source_code_hash = filebase64sha256(var.settings.zip)
  memory_size      = 512
  timeout          = var.timeout
  tags             = var.settings.tags

  environment {
    variables = var.settings.environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  depends_on = [
    aws_iam_role_policy.this,
    aws_iam_role_policy_attachment.this,
  ]
}

# If an asynchronous run fails or is late, the next tick completes its work, or the caller repeats the request.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}
