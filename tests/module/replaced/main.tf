# The service's own listener rule is in the same configuration as the module, so an apply can replace it.

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

variable "service" {
  description = "Like an entry of the module's services."
  type        = any
  nullable    = false
}

variable "listener" {
  description = "The listener of the rules, with its ARN as arn."
  type        = any
  nullable    = false
}

variable "revision" {
  description = "A new value replaces the service's own rule."
  type        = number
  nullable    = false
}

resource "terraform_data" "revision" {
  input = var.revision
}

resource "aws_lb_listener_rule" "own" {
  listener_arn = var.listener.arn
  priority     = 100

  action {
    type             = "forward"
    target_group_arn = var.service.target_group_arns[0]
  }

  condition {
    host_header {
      values = ["city.example"]
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.revision]
  }
}

module "scale_to_zero" {
  source = "../../.."
  name   = "replaced"

  services = {
    city = merge(var.service, {
      wake_on_request = {
        rules         = { http = { rule_arn = aws_lb_listener_rule.own.arn, priority = 90 } }
        uptime_checks = { monitor = { rule_arn = aws_lb_listener_rule.own.arn, user_agents = ["UptimeRobot*"], priority = 80 } }
      }
    })
  }

  idle_minutes = 1
}

output "own_rule_arn" {
  description = "ARN of the service's own rule."
  value       = aws_lb_listener_rule.own.arn
}
