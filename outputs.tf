# What is shown

output "dashboard_url" {
  description = "URL of the dashboard in the AWS console. The console refreshes it every minute."
  value       = "https://${local.region}.${local.console_domain}/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}?start=PT3H&end=null&autoRefresh=60"
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "metric_namespace" {
  description = "CloudWatch namespace of the module's metrics."
  value       = var.metric_namespace
}

# What runs

output "scale_to_zero_function_name" {
  description = "Name of the function that puts idle services to sleep."
  value       = module.scale_to_zero.function.function_name
}

output "scale_to_zero_function_arn" {
  description = "ARN of the function that puts idle services to sleep."
  value       = module.scale_to_zero.function.arn
}

output "scale_up_function_name" {
  description = "Name of the function that wakes services. Invoke it with the payload {} to wake all services, or {\"service\": \"<key>\"} to wake one."
  value       = module.scale_up.function.function_name
}

output "scale_up_function_arn" {
  description = "ARN of the function that wakes services."
  value       = module.scale_up.function.arn
}

output "wake_function_name" {
  description = "Name of the function that answers requests to sleeping services; null if no service has `wake_on_request`."
  value       = one(module.wake[*].function.function_name)
}

output "wake_function_arn" {
  description = "ARN of the function that answers requests to sleeping services; null if no service has `wake_on_request`."
  value       = one(module.wake[*].function.arn)
}

output "panel_function_name" {
  description = "Name of the function behind the dashboard's control panel; null without `control_panel`."
  value       = one(module.panel[*].function.function_name)
}

output "panel_function_arn" {
  description = "ARN of the function behind the dashboard's control panel, which everyone who uses the panel must be allowed to invoke; null without `control_panel`."
  value       = one(module.panel[*].function.arn)
}

output "tick_rule_arn" {
  description = "ARN of the EventBridge rule that runs the scale-to-zero function every minute."
  value       = aws_cloudwatch_event_rule.every_minute.arn
}

output "table_name" {
  description = "Name of the DynamoDB table with the configuration and the service states."
  value       = aws_dynamodb_table.this.name
}

# Who may send requests, and who gets notifications

output "api_url" {
  description = "URL of the HTTP API. Append a path such as /services. Null without `api`."
  value       = one(aws_apigatewayv2_api.this[*].api_endpoint)
}

output "api_execution_arn" {
  description = "ARN of the HTTP API for policies that allow `execute-api:Invoke`. Append /$default/GET/services or /*. Null without `api`."
  value       = one(aws_apigatewayv2_api.this[*].execution_arn)
}

output "notifications_topic_arn" {
  description = "ARN of the SNS topic that gets the notifications of phase changes; null without `notifications`."
  value       = local.notifications_topic_arn
}
