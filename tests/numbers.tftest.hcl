# The real provider plans without calling AWS, since everything is new and the account is given.

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

variables {
  name         = "staging"
  services     = { web = { cluster_name = "c", service_name = "web" } }
  idle_minutes = 1
  alarms       = { slow_wake_seconds = 1 }
}

run "one_is_singular" {
  command = plan

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.metrics["slow-wake"].alarm_description, "longer than 1 second.")
    error_message = "One second is singular."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "nobody used for 1 minute (")
    error_message = "One minute is singular."
  }
}

run "one_is_singular_in_french" {
  command = plan

  variables {
    language = "fr"
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.metrics["slow-wake"].alarm_description, "plus de 1 seconde.")
    error_message = "One second is singular in French."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "n'utilise pendant 1 minute (")
    error_message = "One minute is singular in French."
  }
}

run "two_are_plural" {
  command = plan

  variables {
    idle_minutes = 2
    alarms       = { slow_wake_seconds = 2 }
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.metrics["slow-wake"].alarm_description, "longer than 2 seconds.")
    error_message = "Two seconds are plural."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "nobody used for 2 minutes (")
    error_message = "Two minutes are plural."
  }
}
