variable "name" {
  description = "Name of the function, after which its log group is named."
  type        = string
  nullable    = false
}

variable "role_name" {
  description = "Name of the role that the function runs as."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the function does, as the Lambda console shows it."
  type        = string
  nullable    = false
}

variable "handler" {
  description = "Name of the handler in `scale_to_zero.handlers`; the role's inline policy is named after it."
  type        = string
  nullable    = false
}

variable "timeout" {
  description = "Seconds after which Lambda ends a run."
  type        = number
  nullable    = false
}

# As JSON, and with no data source in here: `depends_on` on a module makes Terraform read its data sources only while
# applying, and plan an update of every policy that comes from one.
variable "policy" {
  description = "What the function may do: the role's inline policy, as JSON."
  type        = string
  nullable    = false
}

variable "managed_policy_arns" {
  description = "ARNs of the managed policies that the role has besides, at most ten."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "settings" {
  description = <<-EOT
    What all functions have in common.

    - `zip`: path of the package.
    - `runtime`, `architecture`: what they run on.
    - `environment`: their environment variables.
    - `log_retention_days`: days for which their logs are kept.
    - `permissions_boundary_arn`: ARN of the policy that bounds their roles, or null.
    - `tags`: tags of everything that can carry them.
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
