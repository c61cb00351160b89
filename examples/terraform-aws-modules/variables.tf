variable "region" {
  description = "AWS region of all resources."
  type        = string
  default     = "eu-west-3"
  nullable    = false
}
