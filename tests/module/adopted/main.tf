# Existing services that the module manages. Only the module can be destroyed here.

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
  description = "Like the module's variable with this name, reduced to what these tests need."
  type = map(object({
    cluster_name      = string
    service_name      = string
    load_balancer_arn = string
    target_group_arns = list(string)
  }))
  nullable = false
}

module "scale_to_zero" {
  source   = "../../.."
  name     = "adopted"
  services = var.services
}
