variable "region" {
  description = "AWS region everything is created in."
  type        = string
  default     = "eu-west-3"
  nullable    = false
}
