# The real provider plans without calling AWS: everything is new, and the account is given.

provider "aws" {
  region                      = "eu-west-3"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

# AWS's limits: 64 characters for functions, roles and rules, 255 for tables and dashboards.

variables {
  name     = "staging"
  services = { web = { cluster_name = "c", service_name = "web" } }
}

run "short_names_stay_as_they_are" {
  command = plan

  assert {
    condition = [
      aws_lambda_function.scale_to_zero.function_name, aws_lambda_function.scale_up.function_name, aws_cloudwatch_event_rule.every_minute.name,
      aws_dynamodb_table.this.name, aws_iam_role.scale_to_zero.name, aws_iam_role.scale_up.name, aws_cloudwatch_dashboard.this.dashboard_name,
      ] == [
      "staging-scale-to-zero", "staging-scale-up", "staging-scale-to-zero",
      "staging-scale-to-zero", "staging-eu-west-3-scale-to-zero", "staging-eu-west-3-scale-up", "staging-eu-west-3-scale-to-zero",
    ]
    error_message = "A name that fits is used whole, with the region where names are shared by all regions."
  }
}

run "names_of_exactly_64_characters_are_not_shortened" {
  command = plan

  variables {
    name = "an-environment-whose-name-is-exactly-fifty-letters"
  }

  assert {
    condition     = length(aws_lambda_function.scale_to_zero.function_name) == 64 && aws_lambda_function.scale_to_zero.function_name == "${var.name}-scale-to-zero"
    error_message = "Only what does not fit is shortened."
  }
}

run "long_names_are_shortened" {
  command = plan

  variables {
    name = "an-environment-of-a-customer-whose-name-is-so-long-that-the-names-of-functions-roles-and-rules-do-not-fit-any-more-number-one"
  }

  assert {
    condition = alltrue([
      for name in [
        aws_lambda_function.scale_to_zero.function_name, aws_lambda_function.scale_up.function_name, aws_cloudwatch_event_rule.every_minute.name,
        aws_iam_role.scale_to_zero.name, aws_iam_role.scale_up.name,
      ] : length(name) == 64
    ])
    error_message = "What AWS limits to 64 characters has 64."
  }

  assert {
    condition     = length(aws_dynamodb_table.this.name) <= 255 && length(aws_cloudwatch_dashboard.this.dashboard_name) <= 255
    error_message = "Tables and dashboards have at most 255 characters."
  }

  assert {
    condition     = endswith(aws_iam_role.scale_to_zero.name, "-scale-to-zero") && startswith(aws_iam_role.scale_to_zero.name, "an-environment-of-a-customer-whose-name")
    error_message = "A shortened name still tells whose it is and what it is for."
  }
}

run "long_names_that_differ_at_their_end_stay_different" {
  command = plan

  variables {
    name = "an-environment-of-a-customer-whose-name-is-so-long-that-the-names-of-functions-roles-and-rules-do-not-fit-any-more-number-two"
  }

  assert {
    condition = (
      output.scale_to_zero_function_name != run.long_names_are_shortened.scale_to_zero_function_name &&
      output.scale_up_function_name != run.long_names_are_shortened.scale_up_function_name
    )
    error_message = "Two instances never share a shortened name."
  }
}
