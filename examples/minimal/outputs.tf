output "dashboard_url" {
  description = "URL of the dashboard in the AWS console."
  value       = module.scale_to_zero.dashboard_url
}

output "scale_up_function_name" {
  description = "Name of the function that wakes the service."
  value       = module.scale_to_zero.scale_up_function_name
}
