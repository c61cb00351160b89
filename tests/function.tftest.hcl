# The resources of each of the module's functions.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/staging-eu-west-3-scale-up" }
  }
}

variables {
  name        = "staging-scale-up"
  role_name   = "staging-eu-west-3-scale-up"
  description = "Wakes ECS services of staging on request."
  handler     = "scale_up"
  timeout     = 900
  policy      = "{\"Statement\":[]}"
  settings = {
    zip                      = "lambda_src/dist/lambda.zip"
    runtime                  = "python3.13"
    architecture             = "arm64"
    environment              = { INSTANCE_NAME = "staging" }
    log_retention_days       = 7
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    tags                     = { Team = "platform" }
  }
}

run "a_function_with_its_resources" {
  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/staging-scale-up" && aws_cloudwatch_log_group.this.retention_in_days == 7
    error_message = "The log group is Lambda's default log group of the function, and keeps logs for the configured time."
  }

  assert {
    condition     = aws_iam_role.this.name == "staging-eu-west-3-scale-up" && aws_iam_role.this.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The role has the given name and permissions boundary."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
    error_message = "Only the Lambda service can assume the role."
  }

  assert {
    condition     = aws_iam_role_policy.this.name == "scale-up" && aws_iam_role_policy.this.policy == var.policy && length(aws_iam_role_policy_attachment.this) == 0
    error_message = "The role has only the given policy."
  }

  assert {
    condition     = aws_lambda_function.this.handler == "scale_to_zero.handlers.scale_up" && aws_lambda_function.this.timeout == 900 && aws_lambda_function.this.memory_size == 512
    error_message = "The function runs its own handler from the package, with the given timeout."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("lambda_src/dist/lambda.zip")
    error_message = "A new package is deployed."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0 && aws_lambda_function_event_invoke_config.this.maximum_event_age_in_seconds == 60
    error_message = "Asynchronous invocations are not repeated, and not kept for more than a minute."
  }

  assert {
    condition     = alltrue([for resource in [aws_cloudwatch_log_group.this, aws_iam_role.this, aws_lambda_function.this] : resource.tags == tomap({ Team = "platform" })])
    error_message = "Every resource that can have tags has them."
  }
}

run "a_function_with_managed_policies" {
  module {
    source = "./modules/function"
  }

  variables {
    managed_policy_arns = ["arn:aws:iam::123456789012:policy/services-1", "arn:aws:iam::123456789012:policy/services-2"]
  }

  assert {
    condition     = tolist([for attachment in aws_iam_role_policy_attachment.this : attachment.policy_arn]) == var.managed_policy_arns
    error_message = "The role has the given managed policies."
  }
}
