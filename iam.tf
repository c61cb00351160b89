# The IAM policy statements that the roles of several functions share. A comment says why each is needed. They are
# values, not data sources: with `depends_on` on the module, Terraform would read data sources only during the apply,
# and plan an update of every policy.

locals {
  ecs_arn = "arn:${local.partition}:ecs:${local.region}:${local.account}"

  # Policies name up to this many services one by one. With more services, they name all services of the clusters.
  services_named_one_by_one = 50

  # The ends of the ARNs of the services and clusters.
  service_access = (
    length(var.services) <= local.services_named_one_by_one
    ? [for key, service in var.services : {
      service = "service/${local.ecs_names[key]}"
      cluster = "cluster/${coalesce(service.cluster_name, key)}"
    }]
    : [for cluster_name in sort(distinct([for key, service in var.services : coalesce(service.cluster_name, key)])) : {
      service = "service/${cluster_name}/*"
      cluster = "cluster/${cluster_name}"
    }]
  )

  # IAM allows a role 10,240 characters of inline policies and ten managed policies of 6,144 characters each.
  # The role's other statements need inline_reserve. Services that do not fit beside them go into managed policies.
  inline_limit            = 10240
  inline_reserve          = 3500
  managed_limit           = 6144
  managed_reserve         = 500
  managed_policies_a_role = 10

  # The number of policies must not depend on the region, which may be unknown until the apply. This many characters
  # hold the longest beginning of an ARN, such as arn:aws-iso-b:ecs:us-isob-west-1:123456789012:, with quotes and a
  # comma.
  longest_beginning = 50

  # The length of the longest pair of ARNs, in characters.
  longest_access = max(1, [for access in local.service_access : length(access.service) + length(access.cluster) + 2 * local.longest_beginning]...)

  inline_access_count = min(length(local.service_access), floor((local.inline_limit - local.inline_reserve) / local.longest_access))
  inline_access       = slice(local.service_access, 0, local.inline_access_count)
  managed_access = chunklist(
    slice(local.service_access, local.inline_access_count, length(local.service_access)),
    floor((local.managed_limit - local.managed_reserve) / local.longest_access),
  )
}

locals {
  # For each list of services above. The first is part of two inline policies. The others are managed policies.
  service_statements = [
    for access in concat([local.inline_access], local.managed_access) : [
      # To see desired and running counts, deployments and traffic sources, and to change the desired count.
      {
        Sid      = "ScaleServices"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
        Resource = distinct([for one in access : "${local.ecs_arn}:${one.service}"])
      },
      # To tell targets of tasks that ECS wants running from targets of stopping tasks, to keep protected tasks, and to
      # see the gateway connectors of services, which only service revisions show.
      # ECS authorises ListTasks of a whole cluster on "*" only, so a condition names the clusters. Revisions have their
      # own ARNs. These begin like the ARNs of their services, except for the word service-revision. To name them too
      # would need as much space again. The Service Authorization Reference says that a condition on the cluster applies
      # to revisions. This was not tried on AWS.
      {
        Sid       = "SeeTasksAndRevisions"
        Effect    = "Allow"
        Action    = ["ecs:DescribeContainerInstances", "ecs:DescribeServiceRevisions", "ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:ListTasks"]
        Resource  = "*"
        Condition = { ArnEquals = { "ecs:cluster" = distinct([for one in access : "${local.ecs_arn}:${one.cluster}"]) } }
      },
    ]
  ]

  observation_statements = [
    # To know which targets are healthy. ELB authorises this on "*" only.
    {
      Sid      = "SeeTargets"
      Effect   = "Allow"
      Action   = "elasticloadbalancing:DescribeTargetHealth"
      Resource = "*"
    },
    # To know the bounds of services that Application Auto Scaling scales, and what of their scaling is suspended. It
    # authorises this on "*" only.
    {
      Sid      = "SeeScalableTargets"
      Effect   = "Allow"
      Action   = "application-autoscaling:DescribeScalableTargets"
      Resource = "*"
    },
    # To read configuration and service states: the whole table, the items of named services, or one item.
    {
      Sid      = "ReadTable"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"]
      Resource = local.table_arn
    },
    # To write service states, and never configuration, which belongs to Terraform.
    {
      Sid       = "WriteServiceState"
      Effect    = "Allow"
      Action    = "dynamodb:UpdateItem"
      Resource  = local.table_arn
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = "state#*" } }
    },
  ]

  scaling_statements = [
    # To suspend the scaling of a service while it sleeps, and to put it back as it was. AWS makes up the ARNs of scalable
    # targets, so conditions keep this to the desired counts of ECS services.
    {
      Sid      = "SuspendScaling"
      Effect   = "Allow"
      Action   = "application-autoscaling:RegisterScalableTarget"
      Resource = "arn:${local.partition}:application-autoscaling:${local.region}:${local.account}:scalable-target/*"
      Condition = {
        StringEquals = {
          "application-autoscaling:service-namespace"  = "ecs"
          "application-autoscaling:scalable-dimension" = "ecs:service:DesiredCount"
        }
      }
    },
  ]

  notifying_statements = [
    # To send notifications of phase changes to the account's default event bus, and nothing else.
    {
      Sid      = "SendNotifications"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/default"
      Condition = {
        StringEquals = {
          "events:source"      = local.notification_source
          "events:detail-type" = local.notification_detail_type
        }
      }
    },
  ]

  commanding_statements = [
    # To let the scale-up function wake, hold and release services, and the scale-to-zero function put them to sleep.
    {
      Sid      = "CommandServices"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = [local.scale_up_function_arn, local.scale_to_zero_function_arn]
    },
  ]

  log_statements = {
    for function in ["scale_to_zero", "scale_up", "wake", "api", "panel"] : function => [
      # To write its own log. Terraform creates the log group.
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.log_groups_arn}:/aws/lambda/${local.names["${function}_function"]}:*"
      },
    ]
  }
}

resource "aws_iam_policy" "services" {
  count = length(local.managed_access)

  name        = "${local.names.services_policy}-${count.index + 1}"
  description = "Lets the functions of ${var.name} see and scale ECS services (part ${count.index + 1})."
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.service_statements[count.index + 1] })
  tags        = var.tags
}
