# Existing services that visitors wake. Only the module can be destroyed here.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-west-3"
}

variable "services" {
  description = "Like the module's variable with this name."
  type        = any
  nullable    = false
}

module "scale_to_zero" {
  source   = "../../.."
  name     = "visited"
  services = var.services

  # As short as possible, since the tests wait this long between two visits.
  idle_minutes = 1

  waiting_page = {
    title        = "City Guided (staging)"
    accent_color = "#0f766e"
    contact      = "Questions? The platform team answers in #staging."
  }
}

output "scale_up_function_name" {
  description = "The module's output with this name."
  value       = module.scale_to_zero.scale_up_function_name
}

output "wake_function_name" {
  description = "The module's output with this name."
  value       = module.scale_to_zero.wake_function_name
}
