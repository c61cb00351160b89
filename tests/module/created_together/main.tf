# Values that are unknown until the apply, such as the ARNs of a load balancer that is created together with the module.

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

    - `mode`: mode of the service.
    - `load_balancer_arn`, `listener_arn`: the ARNs, which are known after the apply.
    - `topic_arn`: where the notifications go.
    - `host`: requests to this host wake the service.
    - `contact`: the contact on the waiting page.
  EOT
  type = object({
    mode              = string
    load_balancer_arn = string
    listener_arn      = string
    topic_arn         = string
    host              = string
    contact           = string
  })
  nullable = false
}

resource "terraform_data" "created" {
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
      load_balancer_arn = terraform_data.created.output.load_balancer_arn
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/0123456789abcdef"]
      wake_on_request = {
        rules         = { http = { listener_arn = terraform_data.created.output.listener_arn, host_headers = [terraform_data.created.output.host], priority = 90 } }
        uptime_checks = { monitor = { listener_arn = terraform_data.created.output.listener_arn, user_agents = ["*UptimeRobot*"], priority = 80 } }
      }
    }
  }
  notifications = { topic = { arn = terraform_data.created.output.topic_arn } }
  waiting_page  = { contact = terraform_data.created.output.contact }
  # A sensitive value hides no problem.
  tags = { owner = sensitive("platform") }
}
