variable "region" {
  description = "AWS region of the service."
  type        = string
  default     = "eu-west-3"
  nullable    = false
}
