variable "name" {
  description = "Name of the function. Its log group is named after it."
  type        = string
  nullable    = false
}

variable "role_name" {
  description = "Name of the function's role."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the function does, as the Lambda console shows it."
  type        = string
  nullable    = false
}

variable "handler" {
  description = "Name of the handler in `scale_to_zero.handlers`. The role's inline policy is named after it."
  type        = string
  nullable    = false
}

variable "timeout" {
  description = "Seconds after which Lambda ends a run."
  type        = number
  nullable    = false
}

# This is JSON, and there is no data source for it: with `depends_on` on the module, Terraform would read data sources
# only during the apply, and plan an update of every policy that comes from one.
variable "policy" {
  description = "The role's inline policy, which says what the function may do, as JSON."
  type        = string
  nullable    = false
}

variable "managed_policy_arns" {
  description = "ARNs of the role's managed policies, at most ten."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "settings" {
  description = <<-EOT
    The settings that all functions share.

    - `zip`: path of the package.
    - `runtime`, `architecture`: Lambda runtime and processor architecture of the functions.
    - `environment`: their environment variables.
    - `log_retention_days`: days for which their logs are kept.
    - `permissions_boundary_arn`: ARN of the permissions boundary of their roles, or null.
    - `tags`: tags of all resources that can have tags.
  EOT
  type = object({
    zip                      = string
    runtime                  = string
    architecture             = string
    environment              = map(string)
    log_retention_days       = number
    permissions_boundary_arn = string
    tags                     = map(string)
  })
  nullable = false
}
