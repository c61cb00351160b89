# An instance stays in the region and account where it was installed. They are read only once.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-west-3" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/staging" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-3:123456789012:function:staging" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-3:123456789012:rule/staging" }
  }
}

variables {
  name     = "staging"
  services = { web = { cluster_name = "c", service_name = "web" } }
}

run "installed" {
  assert {
    condition     = output.dashboard_name == "staging-eu-west-3-scale-to-zero" && module.scale_up.role.name == "staging-eu-west-3-scale-up"
    error_message = "Names that must be unique over all regions of an account contain the region."
  }
}

run "in_another_region" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "eu-west-1" }
  }

  expect_failures = [terraform_data.instance]
}

run "in_another_account" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "210987654321" }
  }

  expect_failures = [terraform_data.instance]
}

run "in_its_own_region_and_account" {
  command = plan

  assert {
    condition     = output.dashboard_name == "staging-eu-west-3-scale-to-zero"
    error_message = "In its own region and account, the instance can be planned again."
  }
}
