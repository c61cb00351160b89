# The HTTP API: programs see, wake, put to sleep and hold services.

locals {
  api_count = var.api == null ? 0 : 1
  jwt_count = var.api == null ? 0 : (var.api.jwt == null ? 0 : 1)

  api_routes = toset([
    "GET /services",
    "GET /services/{service}",
    "POST /services/{service}/wake",
    "POST /services/{service}/sleep",
    "PUT /services/{service}/hold",
    "DELETE /services/{service}/hold",
    "PUT /hold",
    "DELETE /hold",
    # Any other request: the function answers it with a problem that names what there is.
    "$default",
  ])
}

resource "aws_cloudwatch_log_group" "api" {
  count = local.api_count

  name              = "/aws/lambda/${local.names.api_function}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

data "aws_iam_policy_document" "api" {
  count = local.api_count

  source_policy_documents = [data.aws_iam_policy_document.commanding.json]

  # To read how services are: all of them, or the one that a path names.
  statement {
    sid       = "ReadTable"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"]
    resources = [local.table_arn]
  }

  # To write its own log; the group itself is Terraform's.
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_groups_arn}:/aws/lambda/${local.names.api_function}:*"]
  }
}

resource "aws_iam_role" "api" {
  count = local.api_count

  name                 = local.names.api_role
  description          = "Role of the Lambda function ${local.names.api_function}."
  assume_role_policy   = data.aws_iam_policy_document.assumed_by_lambda.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "api" {
  count = local.api_count

  name   = "api"
  role   = aws_iam_role.api[0].name
  policy = data.aws_iam_policy_document.api[0].minified_json
}

resource "aws_lambda_function" "api" {
  count = local.api_count

  function_name    = local.names.api_function
  description      = "Answers the HTTP API of ${var.name}."
  role             = aws_iam_role.api[0].arn
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  handler          = "scale_to_zero.handlers.api"
  filename         = local.lambda_zip
  source_code_hash = filebase64sha256(local.lambda_zip)
  memory_size      = 512
  # API Gateway waits for 30 seconds.
  timeout = 29
  tags    = var.tags

  environment {
    variables = local.function_environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.api[0].name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  # Created last and destroyed first: nobody may put a service to sleep while uninstalling brings it back.
  depends_on = [
    aws_cloudwatch_event_target.every_minute,
    aws_iam_role_policy.api,
  ]
}

# Routing

resource "aws_apigatewayv2_api" "this" {
  count = local.api_count

  name          = local.names.api
  description   = "See, wake, put to sleep and hold ECS services of ${var.name}."
  protocol_type = "HTTP"
  tags          = var.tags
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  count = local.jwt_count

  api_id           = aws_apigatewayv2_api.this[0].id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.api.jwt.issuer
    audience = var.api.jwt.audience
  }
}

resource "aws_lambda_permission" "api" {
  count = local.api_count

  statement_id  = "api"
  function_name = aws_lambda_function.api[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  # Every stage and route of this API, and no other API.
  source_arn = "${aws_apigatewayv2_api.this[0].execution_arn}/*"
}

resource "aws_apigatewayv2_integration" "api" {
  count = local.api_count

  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api[0].invoke_arn
  payload_format_version = "2.0"
}

# There is no route without an authorization, and no input that would make one.
resource "aws_apigatewayv2_route" "api" {
  for_each = local.api_count == 0 ? toset([]) : local.api_routes

  api_id               = aws_apigatewayv2_api.this[0].id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.api[0].id}"
  authorization_type   = local.jwt_count == 0 ? "AWS_IAM" : "JWT"
  authorizer_id        = one(aws_apigatewayv2_authorizer.jwt[*].id)
  authorization_scopes = local.jwt_count == 0 ? null : var.api.jwt.scopes
}

# AWS writes into groups of this prefix without a policy for each, of which an account has few.
resource "aws_cloudwatch_log_group" "api_access" {
  count = local.api_count

  name              = "/aws/vendedlogs/apigateway/${local.names.api}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_apigatewayv2_stage" "api" {
  count = local.api_count

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings {
    throttling_burst_limit = var.api.throttle.burst
    throttling_rate_limit  = var.api.throttle.rate
  }

  # Who requested what, and with what result; no header, query string or body, where secrets would be.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api_access[0].arn
    format = jsonencode({
      time              = "$context.requestTime"
      request           = "$context.requestId"
      source_ip         = "$context.identity.sourceIp"
      caller            = local.jwt_count == 0 ? "$context.identity.userArn" : "$context.authorizer.claims.sub"
      method            = "$context.httpMethod"
      path              = "$context.path"
      route             = "$context.routeKey"
      status            = "$context.status"
      latency           = "$context.responseLatency"
      error             = "$context.error.message"
      authorizer_error  = "$context.authorizer.error"
      integration_error = "$context.integrationErrorMessage"
    })
  }
}
