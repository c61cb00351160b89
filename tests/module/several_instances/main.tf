# The module under for_each, which makes two instances in one account and region, and with a provider alias.

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
  region                      = "eu-west-3"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "ireland"
  region                      = "eu-west-1"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

locals {
  services = {
    web = {
      cluster_name      = "c"
      service_name      = "web"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
      wake_on_request   = { rules = { http = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/0123456789abcdef/0123456789abcdef", priority = 90 } } }
    }
  }
}

module "by_environment" {
  source   = "../../.."
  for_each = toset(["staging", "preview"])

  name     = each.key
  services = local.services
}

module "in_ireland" {
  source    = "../../.."
  providers = { aws = aws.ireland }

  name     = "staging"
  services = local.services
}

output "in_paris" {
  description = "Every output of the instances in Paris, by name."
  value       = module.by_environment
}

output "in_ireland" {
  description = "Every output of the instance in Ireland."
  value       = module.in_ireland
}
