# Existing services, with all parts of the module through which people and programs control and observe them.

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
  source           = "../../.."
  name             = "controlled"
  services         = var.services
  metric_namespace = "CityGuided/ECS"
  language         = "fr"

  api           = {}
  notifications = { email_addresses = ["platform@example.com"] }
  alarms        = { slow_wake_seconds = 30 }
}

output "module" {
  description = "Every output of the module."
  value       = module.scale_to_zero
}
