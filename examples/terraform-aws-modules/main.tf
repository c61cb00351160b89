# A service with the resources that terraform-aws-modules/ecs creates by default, and this module beside it.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "city-guided", Environment = "staging" }
  }
}

module "scale_to_zero" {
  source = "../.."
  name   = "city-guided"

  services = {
    web = {
      cluster_name      = aws_ecs_cluster.this.name
      service_name      = aws_ecs_service.web.name
      load_balancer_arn = aws_lb.this.arn
      target_group_arns = [aws_lb_target_group.web.arn]

      # Requests wake it. The priority is directly before the service's own rule.
      wake_on_request = {
        rules = {
          http = { rule_arn = aws_lb_listener_rule.web.arn, priority = 90 }
        }
      }
    }
  }
}
