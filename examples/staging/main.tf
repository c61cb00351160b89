# A complete staging environment: a network, a load balancer, an ECS service on Fargate, and this module.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "city-guided", Environment = "staging" }
  }
}

module "scale_to_zero" {
  source = "../.."
  name   = "staging"

  services = {
    web = {
      cluster_name      = aws_ecs_cluster.this.name
      service_name      = aws_ecs_service.web.name
      load_balancer_arn = aws_lb.this.arn
      target_group_arns = [aws_lb_target_group.web.arn]
      awake_count       = 1
      # Fargate on x86 in eu-west-3: 0.25 vCPU at 0.0486 USD and 0.5 GB at 0.0053 USD per hour.
      hourly_cost = 0.0148

      # Awake on weekdays from 8:00 to 19:00, so that it is ready when people arrive.
      schedules = {
        office = { cron = "cron(0 8 ? * MON-FRI *)", timezone = "Europe/Paris", minutes = 660 }
      }

      # Requests wake it. It is the listener's default, so every request to the listener is for it.
      wake_on_request = {
        rules = {
          http = { listener_arn = aws_lb_listener.http.arn, priority = 90 }
        }
      }
    }
  }

  idle_minutes     = 5
  metric_namespace = "CityGuided/ECS"
  dashboard_name   = "CityGuided-ECS-ScaleToZero"
  language         = "fr"

  # Programs see the service, wake it, hold it and put it to sleep over HTTP. They sign requests with AWS credentials.
  api = {}

  waiting_page = {
    title        = "City Guided (staging)"
    accent_color = "#0f766e"
  }
}
