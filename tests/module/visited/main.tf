# Services that exist already and are woken by their visitors: nothing here but the module can be destroyed.

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
  description = "As the module's own variable of this name."
  type        = any
  nullable    = false
}

module "scale_to_zero" {
  source   = "../../.."
  name     = "visited"
  services = var.services

  # As short as may be: the tests wait for it between one visit and the next.
  idle_minutes = 1

  waiting_page = {
    title        = "City Guided (staging)"
    accent_color = "#0f766e"
    contact      = "Questions? The platform team answers in #staging."
  }
}

output "scale_up_function_name" {
  description = "As the module's own output of this name."
  value       = module.scale_to_zero.scale_up_function_name
}

output "wake_function_name" {
  description = "As the module's own output of this name."
  value       = module.scale_to_zero.wake_function_name
}
