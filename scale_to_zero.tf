# The scale-to-zero function observes all services every minute and puts the idle services to sleep.

module "scale_to_zero" {
  source = "./modules/function"

  name        = local.names.scale_to_zero_function
  role_name   = local.names.scale_to_zero_role
  description = "Puts idle ECS services of ${var.name} to sleep and completes interrupted changes."
  handler     = "scale_to_zero"
  # A tick ends before the next one begins.
  timeout             = 60
  managed_policy_arns = aws_iam_policy.services[*].arn
  settings            = local.function_settings

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.service_statements[0],
      local.observation_statements,
      local.scaling_statements,
      local.notifying_statements,
      local.wake_rule_statements,
      [
        # To keep a service awake that a predictive scaling policy scales. Application Auto Scaling authorises this on "*"
        # only.
        {
          Sid      = "SeeScalingPolicies"
          Effect   = "Allow"
          Action   = "application-autoscaling:DescribeScalingPolicies"
          Resource = "*"
        },
        # To know the load balancers of target groups. ELB authorises this on "*" only.
        {
          Sid      = "SeeLoadBalancers"
          Effect   = "Allow"
          Action   = "elasticloadbalancing:DescribeTargetGroups"
          Resource = "*"
        },
        # To see requests and how complete the metrics are. CloudWatch authorises reading on "*" only.
        {
          Sid      = "ReadMetrics"
          Effect   = "Allow"
          Action   = "cloudwatch:GetMetricData"
          Resource = "*"
        },
      ],
      # To publish the state metrics in the module's namespace and no other.
      var.state_metrics == "off" ? [] : [
        {
          Sid       = "PublishStateMetrics"
          Effect    = "Allow"
          Action    = "cloudwatch:PutMetricData"
          Resource  = "*"
          Condition = { StringEquals = { "cloudwatch:namespace" = var.metric_namespace } }
        },
      ],
      local.log_statements.scale_to_zero,
    )
  })
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = local.names.tick_rule
  description         = "Runs ${local.names.scale_to_zero_function} every minute."
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_lambda_permission" "every_minute" {
  statement_id  = "every-minute"
  function_name = module.scale_to_zero.function.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}

resource "aws_cloudwatch_event_target" "every_minute" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = module.scale_to_zero.function.arn

  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 60
  }

  # Created last and destroyed first, so that nothing puts a service to sleep while uninstalling wakes it.
  depends_on = [
    aws_lambda_invocation.uninstall,
    aws_lambda_permission.every_minute,
    module.scale_to_zero,
  ]
}
