# The real provider plans without calling AWS, since everything is new and the account is given.

override_data {
  target = module.by_environment["staging"].data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.by_environment["preview"].data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.in_ireland.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

run "several_instances_exist_side_by_side" {
  command = plan

  module {
    source = "./tests/module/several_instances"
  }

  assert {
    condition = alltrue([
      for name in ["dashboard_name", "scale_to_zero_function_name", "scale_up_function_name", "table_name", "wake_function_name", "panel_function_name"] :
      output.in_paris["staging"][name] != output.in_paris["preview"][name]
    ])
    error_message = "Two instances in one account and region do not share a name."
  }

  assert {
    condition     = output.in_paris["staging"].dashboard_name != output.in_ireland.dashboard_name
    error_message = "The names of dashboards are different in different regions, since they must be unique in the account."
  }

  assert {
    condition     = strcontains(output.in_ireland.dashboard_url, "region=eu-west-1#")
    error_message = "A provider alias decides the region."
  }
}
