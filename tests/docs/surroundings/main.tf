# The resources that the documentation's blocks refer to, and that a reader already has.

provider "aws" {
  region = "eu-west-3"
}

data "aws_lb" "this" {
  name = "city-guided-alb"
}

data "aws_lb_target_group" "web" {
  name = "city-guided-web"
}

data "aws_lb_listener" "https" {
  load_balancer_arn = data.aws_lb.this.arn
  port              = 443
}

resource "aws_lb_listener_rule" "web" {
  listener_arn = data.aws_lb_listener.https.arn
  priority     = 100

  action {
    type             = "forward"
    target_group_arn = data.aws_lb_target_group.web.arn
  }

  condition {
    host_header {
      values = ["guide.example.com"]
    }
  }
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_ecs_cluster" "this" {
  name = "city-guided-cluster"
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  container_definitions = jsonencode([{ name = "web", image = "nginx", memory = 128 }])
}

module "ecs" {
  source = "./ecs"
}

module "alb" {
  source = "./alb"
}
