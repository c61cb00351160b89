# The HTTP API, with which programs see, wake, put to sleep and hold services.

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
    # Any other request. The function answers it with a problem that names the existing routes.
    "$default",
  ])
}

module "api" {
  source = "./modules/function"
  count  = local.api_count

  name        = local.names.api_function
  role_name   = local.names.api_role
  description = "Answers the HTTP API of ${var.name}."
  handler     = "api"
  # API Gateway waits for 30 seconds.
  timeout  = 29
  settings = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.commanding_statements,
      [
        # To read the status of services: of all services, or of the service that a path names.
        {
          Sid      = "ReadTable"
          Effect   = "Allow"
          Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"]
          Resource = local.table_arn
        },
      ],
      local.log_statements.api,
    )
  })

  # Created last and destroyed first, so that no one puts a service to sleep while uninstalling wakes it.
  depends_on = [aws_cloudwatch_event_target.every_minute]
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
  function_name = module.api[0].function.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  # Every stage and route of this API, and no other API.
  source_arn = "${aws_apigatewayv2_api.this[0].execution_arn}/*"
}

resource "aws_apigatewayv2_integration" "api" {
  count = local.api_count

  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = module.api[0].function.invoke_arn
  payload_format_version = "2.0"
}

# Every route needs authorization. No input can create a route without it.
resource "aws_apigatewayv2_route" "api" {
  for_each = local.api_count == 0 ? toset([]) : local.api_routes

  api_id               = aws_apigatewayv2_api.this[0].id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.api[0].id}"
  authorization_type   = local.jwt_count == 0 ? "AWS_IAM" : "JWT"
  authorizer_id        = one(aws_apigatewayv2_authorizer.jwt[*].id)
  authorization_scopes = local.jwt_count == 0 ? null : var.api.jwt.scopes
}

# AWS writes into log groups with this prefix without a policy for each. An account can have only a few policies.
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

  # Who requested what, and the result. Headers, query strings and bodies may hold secrets, so they are not logged.
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
