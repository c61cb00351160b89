# The autoscaling of an existing service, as its owner declares it next to the module.

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

variable "scaling" {
  description = "The service as CLUSTER/NAME, the load balancer and target group whose requests are tracked, and more."
  nullable    = false
  type = object({
    service       = string
    request_label = string
    max_capacity  = optional(number, 4)
    # The arguments of the block suspended_state; without it, the block is left out.
    suspended_state = optional(map(bool))
  })
}

resource "aws_appautoscaling_target" "service" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.scaling.service}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = var.scaling.max_capacity

  dynamic "suspended_state" {
    for_each = var.scaling.suspended_state[*]
    content {
      dynamic_scaling_in_suspended  = lookup(suspended_state.value, "in", null)
      dynamic_scaling_out_suspended = lookup(suspended_state.value, "out", null)
      scheduled_scaling_suspended   = lookup(suspended_state.value, "scheduled", null)
    }
  }

  tags = { Project = "city" }
}

resource "aws_appautoscaling_policy" "requests" {
  name               = "requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 10

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = var.scaling.request_label
    }
  }
}

resource "aws_appautoscaling_policy" "usage" {
  for_each = toset(["CPU", "Memory"])

  name               = lower(each.key)
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 75
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverage${each.key}Utilization"
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "evening" {
  name               = "evening"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  resource_id        = aws_appautoscaling_target.service.resource_id
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension
  schedule           = "cron(0 20 * * ? *)"
  timezone           = "Europe/Paris"

  scalable_target_action {
    max_capacity = var.scaling.max_capacity
  }
}
