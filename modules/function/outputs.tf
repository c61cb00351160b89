output "function" {
  description = "The function, with all its attributes."
  value       = aws_lambda_function.this
}

output "role" {
  description = "The role of the function, with all its attributes."
  value       = aws_iam_role.this
}

output "policy" {
  description = "The role's inline policy, as JSON. Resources that depend on this output are created after all policies of the role."
  value       = aws_iam_role_policy.this.policy

  depends_on = [aws_iam_role_policy_attachment.this]
}

output "log_group" {
  description = "The log group of the function, with all its attributes."
  value       = aws_cloudwatch_log_group.this
}
