output "service_url" {
  description = "URL of the service."
  value       = "http://${aws_lb.this.dns_name}"
}

output "load_balancer_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "target_group_arn" {
  description = "ARN of the service's target group."
  value       = aws_lb_target_group.web.arn
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.web.name
}

output "dashboard_url" {
  description = "URL of the dashboard in the AWS console."
  value       = module.scale_to_zero.dashboard_url
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = module.scale_to_zero.dashboard_name
}

output "scale_to_zero_function_name" {
  description = "Name of the function that puts the service to sleep."
  value       = module.scale_to_zero.scale_to_zero_function_name
}

output "scale_to_zero_function_arn" {
  description = "ARN of the function that puts the service to sleep."
  value       = module.scale_to_zero.scale_to_zero_function_arn
}

output "scale_up_function_name" {
  description = "Name of the function that wakes the service."
  value       = module.scale_to_zero.scale_up_function_name
}

output "scale_up_function_arn" {
  description = "ARN of the function that wakes the service."
  value       = module.scale_to_zero.scale_up_function_arn
}

output "wake_function_name" {
  description = "Name of the function that answers requests while the service does not run."
  value       = module.scale_to_zero.wake_function_name
}

output "wake_function_arn" {
  description = "ARN of the function that answers requests while the service does not run."
  value       = module.scale_to_zero.wake_function_arn
}

output "panel_function_arn" {
  description = "ARN of the function behind the dashboard's control panel. Everyone who uses the panel must be allowed to invoke it."
  value       = module.scale_to_zero.panel_function_arn
}

output "api_url" {
  description = "URL of the HTTP API. Append a path such as /services."
  value       = module.scale_to_zero.api_url
}

output "tick_rule_arn" {
  description = "ARN of the EventBridge rule that runs the scale-to-zero function every minute."
  value       = module.scale_to_zero.tick_rule_arn
}

output "table_name" {
  description = "Name of the DynamoDB table with the configuration and the service states."
  value       = module.scale_to_zero.table_name
}

output "metric_namespace" {
  description = "CloudWatch namespace of the state metrics."
  value       = module.scale_to_zero.metric_namespace
}
