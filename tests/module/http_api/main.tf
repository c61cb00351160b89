# An HTTP API like the module's, with everything that local_aws models of HTTP APIs.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-west-3"

  default_tags {
    tags = { Version = var.api.version }
  }
}

variable "api" {
  description = <<-EOT
    What the tests choose.

    - `function_name`: the existing function that answers.
    - `issuer`: the issuer of the tokens.
    - `burst`: how many requests a route accepts at the same time.
    - `scopes`: a token must have one of these scopes.
    - `version`: a tag of all resources that have tags.
  EOT
  type = object({
    function_name = string
    issuer        = string
    burst         = number
    scopes        = optional(list(string), [])
    version       = optional(string, "1")
  })
  nullable = false
}

data "aws_lambda_function" "api" {
  function_name = var.api.function_name
}

resource "aws_apigatewayv2_api" "api" {
  name          = "control"
  description   = "Burst ${var.api.burst}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "api" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = data.aws_lambda_function.api.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_authorizer" "tokens" {
  api_id           = aws_apigatewayv2_api.api.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.api.issuer
    audience = ["control"]
  }
}

resource "aws_apigatewayv2_route" "signed" {
  for_each = toset(["GET /services", "GET /services/{service}"])

  api_id             = aws_apigatewayv2_api.api.id
  route_key          = each.key
  authorization_type = "AWS_IAM"
  target             = "integrations/${aws_apigatewayv2_integration.api.id}"
}

resource "aws_apigatewayv2_route" "bearing_a_token" {
  api_id               = aws_apigatewayv2_api.api.id
  route_key            = "POST /services/{service}/wake"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.tokens.id
  authorization_scopes = var.api.scopes
  target               = "integrations/${aws_apigatewayv2_integration.api.id}"
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/apigateway/control"
  retention_in_days = 14
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format          = "$context.requestId $context.routeKey $context.status"
  }

  default_route_settings {
    throttling_burst_limit = var.api.burst
    throttling_rate_limit  = 2
  }
}

resource "aws_lambda_permission" "api" {
  function_name = var.api.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}

output "api_endpoint" {
  description = "URL of the API on AWS."
  value       = aws_apigatewayv2_api.api.api_endpoint
}
