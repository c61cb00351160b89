# ARNs that are unknown until the apply, as those of a load balancer that is created together with the module.

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

variable "given" {
  description = <<-EOT
    What the tests choose.

    - `mode`: of the service.
    - `load_balancer_arn`, `listener_arn`: what the ARNs turn out to be.
    - `topic_arn`: where the notifications go.
  EOT
  type = object({
    mode              = string
    load_balancer_arn = string
    listener_arn      = string
    topic_arn         = string
  })
  nullable = false
}

resource "terraform_data" "arns" {
  input = var.given
}

module "scale_to_zero" {
  source = "../../.."

  name = "created-together"
  services = {
    web = {
      cluster_name      = "city"
      service_name      = "web"
      mode              = var.given.mode
      load_balancer_arn = terraform_data.arns.output.load_balancer_arn
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
      wake_on_request = {
        rules         = { http = { listener_arn = terraform_data.arns.output.listener_arn, priority = 90 } }
        uptime_checks = { monitor = { listener_arn = terraform_data.arns.output.listener_arn, user_agents = ["*UptimeRobot*"], priority = 80 } }
      }
    }
  }
  notifications = { topic = { arn = terraform_data.arns.output.topic_arn } }
}
