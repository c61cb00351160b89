output "function" {
  description = "The function, with all its attributes."
  value       = aws_lambda_function.this
}

output "role" {
  description = "The role that it runs as, with all its attributes."
  value       = aws_iam_role.this
}

output "policy" {
  description = "What it may do beside its managed policies, as JSON; what depends on this comes after all of its policies."
  value       = aws_iam_role_policy.this.policy

  depends_on = [aws_iam_role_policy_attachment.this]
}

output "log_group" {
  description = "Its log group, with all its attributes."
  value       = aws_cloudwatch_log_group.this
}
