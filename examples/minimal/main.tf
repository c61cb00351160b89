# Manages an existing ECS service behind an existing load balancer.

provider "aws" {
  region = var.region
}

data "aws_lb" "this" {
  name = "city-guided-alb"
}

data "aws_lb_target_group" "web" {
  name = "city-guided-web"
}

# The plan fails here if no service with these names exists.
data "aws_ecs_cluster" "this" {
  cluster_name = "city-guided-cluster"
}

data "aws_ecs_service" "web" {
  cluster_arn  = data.aws_ecs_cluster.this.arn
  service_name = "city-guided-service"
}

module "scale_to_zero" {
  source = "../.."
  name   = "staging"

  services = {
    web = {
      cluster_name      = "city-guided-cluster"
      service_name      = "city-guided-service"
      load_balancer_arn = data.aws_lb.this.arn
      target_group_arns = [data.aws_lb_target_group.web.arn]
    }
  }
}
