# What the roles of several functions may do: see and scale the services, and report.

data "aws_iam_policy_document" "assumed_by_lambda" {
  # Only the Lambda service runs as these roles.
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

locals {
  ecs_arn = "arn:${local.partition}:ecs:${local.region}:${local.account}"

  # Up to this many services are named one by one; beyond, all services of their clusters are.
  services_named_one_by_one = 50

  # How their ARNs end.
  service_access = (
    length(var.services) <= local.services_named_one_by_one
    ? [for service in var.services : {
      service = "service/${service.cluster_name}/${service.service_name}"
      cluster = "cluster/${service.cluster_name}"
    }]
    : [for cluster_name in sort(distinct([for service in var.services : service.cluster_name])) : {
      service = "service/${cluster_name}/*"
      cluster = "cluster/${cluster_name}"
    }]
  )

  # IAM allows a role 10,240 characters of inline policies and ten managed policies of 6,144 characters each.
  # What does not fit beside the role's own statements (inline_reserve) overflows into managed policies.
  inline_limit            = 10240
  inline_reserve          = 3500
  managed_limit           = 6144
  managed_reserve         = 500
  managed_policies_a_role = 10

  # How many policies there are must not depend on the region, which may be unknown until the apply: this is room for the
  # longest beginning of an ARN, as in arn:aws-iso-b:ecs:us-isob-west-1:123456789012:, and for quotes and a comma.
  longest_beginning = 50

  # Characters of the longest pair of ARNs.
  longest_access = max([for access in local.service_access : length(access.service) + length(access.cluster) + 2 * local.longest_beginning]...)

  inline_access_count = min(length(local.service_access), floor((local.inline_limit - local.inline_reserve) / local.longest_access))
  inline_access       = slice(local.service_access, 0, local.inline_access_count)
  managed_access = chunklist(
    slice(local.service_access, local.inline_access_count, length(local.service_access)),
    floor((local.managed_limit - local.managed_reserve) / local.longest_access),
  )
}

data "aws_iam_policy_document" "services" {
  # The first is part of both roles' inline policies, the others become managed policies.
  count = 1 + length(local.managed_access)

  # To see desired and running counts, deployments and traffic sources, and to change the desired count.
  statement {
    sid       = "ScaleServices"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = distinct([for access in concat([local.inline_access], local.managed_access)[count.index] : "${local.ecs_arn}:${access.service}"])
  }

  # To separate targets of tasks that ECS wants running from those of dying ones, to spare protected tasks, and to see
  # the gateway connectors of services, which only their revisions show.
  # ECS authorises ListTasks of a whole cluster on "*" only, so the clusters are named in a condition. Revisions have
  # ARNs of their own, which begin with those of their services but for the word service-revision; to name these, too,
  # would take as much room again. That they can be selected by their cluster is what the Service Authorization Reference
  # says; it was not tried on AWS.
  statement {
    sid       = "SeeTasksAndRevisions"
    actions   = ["ecs:DescribeContainerInstances", "ecs:DescribeServiceRevisions", "ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:ListTasks"]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = distinct([for access in concat([local.inline_access], local.managed_access)[count.index] : "${local.ecs_arn}:${access.cluster}"])
    }
  }
}

resource "aws_iam_policy" "services" {
  count = length(local.managed_access)

  name        = "${local.names.services_policy}-${count.index + 1}"
  description = "Lets the functions of ${var.name} see and scale ECS services (part ${count.index + 1})."
  policy      = data.aws_iam_policy_document.services[count.index + 1].minified_json
  tags        = var.tags
}

data "aws_iam_policy_document" "observation" {
  # To know which targets are healthy; ELB authorises this on "*" only.
  statement {
    sid       = "SeeTargets"
    actions   = ["elasticloadbalancing:DescribeTargetHealth"]
    resources = ["*"]
  }

  # To skip services that Application Auto Scaling scales; it authorises this on "*" only.
  statement {
    sid       = "SeeScalableTargets"
    actions   = ["application-autoscaling:DescribeScalableTargets"]
    resources = ["*"]
  }

  # To read configuration and service states: all of it, what belongs to the services that a call names, or one item.
  statement {
    sid       = "ReadTable"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Scan"]
    resources = [local.table_arn]
  }

  # To write service states, and never configuration, which is Terraform's.
  statement {
    sid       = "WriteServiceState"
    actions   = ["dynamodb:UpdateItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["state#*"]
    }
  }
}

data "aws_iam_policy_document" "notifying" {
  # To send notifications of phase changes to the account's default event bus, and nothing else.
  statement {
    sid       = "SendNotifications"
    actions   = ["events:PutEvents"]
    resources = ["arn:${local.partition}:events:${local.region}:${local.account}:event-bus/default"]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = [local.notification_source]
    }

    condition {
      test     = "StringEquals"
      variable = "events:detail-type"
      values   = [local.notification_detail_type]
    }
  }
}

data "aws_iam_policy_document" "commanding" {
  # To have services woken, held and released by the scale-up function, and put to sleep by the scale-to-zero function.
  statement {
    sid       = "CommandServices"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.scale_up_function_arn, local.scale_to_zero_function_arn]
  }
}
