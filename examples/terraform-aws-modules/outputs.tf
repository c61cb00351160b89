output "service_url" {
  description = "URL of the service."
  value       = "http://${aws_lb.this.dns_name}"
}

output "load_balancer_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.web.name
}

output "scalable_target" {
  description = "Resource ID of the service's scalable target."
  value       = aws_appautoscaling_target.web.resource_id
}

output "dashboard_url" {
  description = "URL of the dashboard in the AWS console."
  value       = module.scale_to_zero.dashboard_url
}

output "scale_to_zero_function_name" {
  description = "Name of the function that puts the service to sleep."
  value       = module.scale_to_zero.scale_to_zero_function_name
}

output "scale_up_function_name" {
  description = "Name of the function that wakes the service."
  value       = module.scale_to_zero.scale_up_function_name
}
