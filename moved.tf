# The old addresses of the functions' resources. With these blocks, an installed instance keeps its resources.

moved {
  from = aws_cloudwatch_log_group.scale_to_zero
  to   = module.scale_to_zero.aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.scale_to_zero
  to   = module.scale_to_zero.aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.scale_to_zero
  to   = module.scale_to_zero.aws_iam_role_policy.this
}

moved {
  from = aws_lambda_function.scale_to_zero
  to   = module.scale_to_zero.aws_lambda_function.this
}

moved {
  from = aws_lambda_function_event_invoke_config.scale_to_zero
  to   = module.scale_to_zero.aws_lambda_function_event_invoke_config.this
}

moved {
  from = aws_iam_role_policy_attachment.scale_to_zero_services
  to   = module.scale_to_zero.aws_iam_role_policy_attachment.this
}

moved {
  from = aws_cloudwatch_log_group.scale_up
  to   = module.scale_up.aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.scale_up
  to   = module.scale_up.aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.scale_up
  to   = module.scale_up.aws_iam_role_policy.this
}

moved {
  from = aws_lambda_function.scale_up
  to   = module.scale_up.aws_lambda_function.this
}

moved {
  from = aws_lambda_function_event_invoke_config.scale_up
  to   = module.scale_up.aws_lambda_function_event_invoke_config.this
}

moved {
  from = aws_iam_role_policy_attachment.scale_up_services
  to   = module.scale_up.aws_iam_role_policy_attachment.this
}

moved {
  from = aws_cloudwatch_log_group.wake[0]
  to   = module.wake[0].aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.wake[0]
  to   = module.wake[0].aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.wake[0]
  to   = module.wake[0].aws_iam_role_policy.this
}

moved {
  from = aws_lambda_function.wake[0]
  to   = module.wake[0].aws_lambda_function.this
}

moved {
  from = aws_cloudwatch_log_group.api[0]
  to   = module.api[0].aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.api[0]
  to   = module.api[0].aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.api[0]
  to   = module.api[0].aws_iam_role_policy.this
}

moved {
  from = aws_lambda_function.api[0]
  to   = module.api[0].aws_lambda_function.this
}

moved {
  from = aws_cloudwatch_log_group.panel[0]
  to   = module.panel[0].aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.panel[0]
  to   = module.panel[0].aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.panel[0]
  to   = module.panel[0].aws_iam_role_policy.this
}

moved {
  from = aws_lambda_function.panel[0]
  to   = module.panel[0].aws_lambda_function.this
}
