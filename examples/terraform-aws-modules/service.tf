# In place of terraform-aws-modules/ecs: a cluster and one service, with the resources and the values that version 5.12.1
# of the module gives them by default. The last resources of this file are the service's scalable target and its
# policies. Nothing here is set for scale-to-zero.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_cloudwatch_log_group" "cluster" {
  name              = "/aws/ecs/city-guided-cluster"
  retention_in_days = 90
}

resource "aws_ecs_cluster" "this" {
  name = "city-guided-cluster"

  configuration {
    execute_command_configuration {
      logging = "DEFAULT"
    }
  }

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/aws/ecs/city-guided-service/web"
  retention_in_days = 14
}

data "aws_iam_policy_document" "task_execution_assumed" {
  statement {
    sid     = "ECSTaskExecutionAssumeRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "task_execution" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }

  statement {
    sid = "ECR"
    actions = [
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchGetImage",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "GetSSMParams"
    actions   = ["ssm:GetParameters"]
    resources = ["arn:${data.aws_partition.current.partition}:ssm:*:*:parameter/*"]
  }

  statement {
    sid       = "GetSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:${data.aws_partition.current.partition}:secretsmanager:*:*:secret:*"]
  }
}

resource "aws_iam_role" "task_execution" {
  name_prefix           = "city-guided-service-"
  description           = "Task execution role for city-guided-service"
  assume_role_policy    = data.aws_iam_policy_document.task_execution_assumed.json
  force_detach_policies = true
}

resource "aws_iam_policy" "task_execution" {
  name_prefix = "city-guided-service-"
  description = "Task execution role IAM policy"
  policy      = data.aws_iam_policy_document.task_execution.json
}

resource "aws_iam_role_policy_attachment" "task_execution" {
  role       = aws_iam_role.task_execution.name
  policy_arn = aws_iam_policy.task_execution.arn
}

data "aws_iam_policy_document" "tasks_assumed" {
  statement {
    sid     = "ECSTasksAssumeRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = [
        "arn:${data.aws_partition.current.partition}:ecs:${var.region}:${data.aws_caller_identity.current.account_id}:*",
      ]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "tasks" {
  name_prefix           = "city-guided-service-"
  assume_role_policy    = data.aws_iam_policy_document.tasks_assumed.json
  force_detach_policies = true
}

resource "aws_ecs_task_definition" "web" {
  family                   = "city-guided-service"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.task_execution.arn
  task_role_arn            = aws_iam_role.tasks.arn

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name                   = "web"
    image                  = "public.ecr.aws/nginx/nginx:stable-alpine"
    essential              = true
    environment            = []
    interactive            = false
    linuxParameters        = { initProcessEnabled = false }
    mountPoints            = []
    portMappings           = [{ name = "web", containerPort = 80, protocol = "tcp" }]
    privileged             = false
    pseudoTerminal         = false
    readonlyRootFilesystem = false
    startTimeout           = 30
    stopTimeout            = 120
    systemControls         = []
    user                   = "0"
    volumesFrom            = []
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "ecs"
      }
    }
  }])

  depends_on = [aws_iam_role_policy_attachment.task_execution]
}

# The newest revision, also if a pipeline registered it.
data "aws_ecs_task_definition" "web" {
  task_definition = aws_ecs_task_definition.web.family

  depends_on = [aws_ecs_task_definition.web]
}

resource "aws_security_group" "tasks" {
  name_prefix = "city-guided-service-"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "city-guided-service" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group_rule" "from_load_balancer" {
  security_group_id        = aws_security_group.tasks.id
  type                     = "ingress"
  description              = "Requests and health checks from the load balancer."
  protocol                 = "tcp"
  from_port                = 80
  to_port                  = 80
  source_security_group_id = aws_security_group.load_balancer.id
}

resource "aws_security_group_rule" "to_everywhere" {
  security_group_id = aws_security_group.tasks.id
  type              = "egress"
  description       = "Image pulls and logs."
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_ecs_service" "web" {
  name                               = "city-guided-service"
  cluster                            = aws_ecs_cluster.this.arn
  task_definition                    = "${aws_ecs_task_definition.web.family}:${max(aws_ecs_task_definition.web.revision, data.aws_ecs_task_definition.web.revision)}"
  launch_type                        = "FARGATE"
  scheduling_strategy                = "REPLICA"
  desired_count                      = 1
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 66
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = true

  network_configuration {
    subnets          = aws_subnet.public[*].id
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 80
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  # ECS accepts a target group only after a listener sends requests to it.
  depends_on = [aws_lb_listener_rule.web]
}

resource "aws_appautoscaling_target" "web" {
  min_capacity       = 1
  max_capacity       = 10
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.web.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  service_namespace  = "ecs"
}

resource "aws_appautoscaling_policy" "web" {
  for_each = {
    cpu    = "ECSServiceAverageCPUUtilization"
    memory = "ECSServiceAverageMemoryUtilization"
  }

  name               = each.key
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace

  target_tracking_scaling_policy_configuration {
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    target_value       = 75

    predefined_metric_specification {
      predefined_metric_type = each.value
    }
  }
}
