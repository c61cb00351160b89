# The module with depends_on: once with all its optional parts, and once under for_each with a provider alias.

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

provider "aws" {
  alias  = "paris"
  region = "eu-west-3"
}

variable "given" {
  description = <<-EOT
    What the tests choose.

    - `changing`: retention in days of the log group that the modules depend on. A new value changes the log group.
    - `woken`: the entry in `services` of a service that requests wake, without its wake rules.
    - `listener_arn`: ARN of the listener whose default is that service.
  EOT
  type = object({
    changing = number
    woken = object({
      cluster_name      = string
      service_name      = string
      load_balancer_arn = string
      target_group_arns = list(string)
    })
    listener_arn = string
  })
  nullable = false
}

locals {
  # So many services with such long names that they do not all fit into the inline policies of a role.
  workers = {
    for number in range(10) : "worker-${number}" => {
      cluster_name = "${var.given.woken.cluster_name}-${join("", [for _ in range(100) : "c"])}"
      service_name = "worker-${number}-${join("", [for _ in range(150) : "s"])}"
      mode         = "dry_run"
    }
  }
}

resource "aws_cloudwatch_log_group" "changing" {
  name              = "changing"
  retention_in_days = var.given.changing
}

module "whole" {
  source = "../../.."

  name = "whole"
  services = merge(local.workers, {
    web = merge(var.given.woken, {
      wake_on_request = { rules = { http = { listener_arn = var.given.listener_arn, priority = 10 } } }
      schedules       = { office = { cron = "cron(0 8 ? * MON-FRI *)", minutes = 60 } }
    })
  })
  api           = {}
  notifications = {}
  alarms        = {}

  depends_on = [aws_cloudwatch_log_group.changing]
}

module "by_environment" {
  source    = "../../.."
  for_each  = toset(["staging", "preview"])
  providers = { aws = aws.paris }

  name     = each.key
  services = { worker = local.workers["worker-0"] }

  depends_on = [aws_cloudwatch_log_group.changing]
}
