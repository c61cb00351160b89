# What both functions share: names, the table, and the access to the services.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # The id is the region's name in versions 5 and 6 of the provider; `name` is deprecated in 6.
  region  = data.aws_region.current.id
  account = data.aws_caller_identity.current.account_id

  # Roles, policies and dashboards share one list of names for all regions of an account, so theirs carry the region.
  regional_name = var.name
  global_name   = "${var.name}-${local.region}"

  full_names = {
    scale_to_zero_function = { beginning = local.regional_name, ending = "scale-to-zero", longest = 64 }
    scale_up_function      = { beginning = local.regional_name, ending = "scale-up", longest = 64 }
    schedule_rule          = { beginning = local.regional_name, ending = "scale-to-zero", longest = 64 }
    table                  = { beginning = local.regional_name, ending = "scale-to-zero", longest = 255 }
    scale_to_zero_role     = { beginning = local.global_name, ending = "scale-to-zero", longest = 64 }
    scale_up_role          = { beginning = local.global_name, ending = "scale-up", longest = 64 }
    services_policy        = { beginning = local.global_name, ending = "services", longest = 120 }
    dashboard              = { beginning = local.global_name, ending = "scale-to-zero", longest = 255 }
  }

  # A name that is too long gives up its end for a hash of the whole, so that two long names never become one.
  names = {
    for what, name in local.full_names : what => (
      length("${name.beginning}-${name.ending}") <= name.longest
      ? "${name.beginning}-${name.ending}"
      : "${substr(name.beginning, 0, name.longest - length(name.ending) - 10)}-${substr(sha256(name.beginning), 0, 8)}-${name.ending}"
    )
  }

  lambda_zip = "${path.module}/lambda_src/dist/lambda.zip"

  function_environment = {
    TABLE_NAME              = local.names.table
    METRIC_NAMESPACE        = var.metric_namespace
    METRIC_FALLBACK_MINUTES = tostring(var.metric_fallback_minutes)
    STATE_METRICS           = var.state_metrics
  }

  # ARNs are put together from names, so that a plan already shows the policies in full.
  table_arn      = "arn:${data.aws_partition.current.partition}:dynamodb:${local.region}:${local.account}:table/${local.names.table}"
  log_groups_arn = "arn:${data.aws_partition.current.partition}:logs:${local.region}:${local.account}:log-group"
}

# Configuration and memory

resource "aws_dynamodb_table" "this" {
  name         = local.names.table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

# Environment variables end at 4 KB, where a thousand services do not fit; so each service's configuration is an item.
resource "aws_dynamodb_table_item" "config" {
  for_each = var.services

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key

  item = jsonencode({
    id = { S = "config#${each.key}" }
    config = { S = jsonencode({
      key                   = each.key
      cluster_name          = each.value.cluster_name
      service_name          = each.value.service_name
      load_balancer_arn     = each.value.load_balancer_arn
      target_group_arns     = each.value.target_group_arns
      mode                  = each.value.mode
      idle_minutes          = coalesce(each.value.idle_minutes, var.idle_minutes)
      awake_count           = each.value.awake_count
      ignore_other_traffic  = each.value.ignore_other_traffic
      wake_deadline_seconds = each.value.wake_deadline_seconds
    }) }
  })

  # A service is configured only while the roles may reach it: else a tick in between would report it as failed.
  depends_on = [
    aws_iam_role_policy.scale_to_zero,
    aws_iam_role_policy.scale_up,
    aws_iam_role_policy_attachment.scale_to_zero_services,
    aws_iam_role_policy_attachment.scale_up_services,
  ]
}

# Access to the services

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
  ecs_arn = "arn:${data.aws_partition.current.partition}:ecs:${local.region}:${local.account}"

  # Up to this many services are named one by one; beyond, all services of their clusters are.
  services_named_one_by_one = 50

  service_access = (
    length(var.services) <= local.services_named_one_by_one
    ? [for service in var.services : {
      service = "${local.ecs_arn}:service/${service.cluster_name}/${service.service_name}"
      cluster = "${local.ecs_arn}:cluster/${service.cluster_name}"
    }]
    : [for cluster_name in sort(distinct([for service in var.services : service.cluster_name])) : {
      service = "${local.ecs_arn}:service/${cluster_name}/*"
      cluster = "${local.ecs_arn}:cluster/${cluster_name}"
    }]
  )

  # IAM allows a role 10,240 characters of inline policies and ten managed policies of 6,144 characters each.
  # What does not fit beside the role's own statements (inline_reserve) overflows into managed policies.
  inline_limit            = 10240
  inline_reserve          = 3500
  managed_limit           = 6144
  managed_reserve         = 500
  managed_policies_a_role = 10

  # Characters of the longest pair of ARNs, with quotes and commas.
  longest_access = max([for access in local.service_access : length(access.service) + length(access.cluster) + 6]...)

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

  # To see desired and running counts, deployments and entrances, and to change the desired count.
  statement {
    sid       = "ScaleServices"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = distinct([for access in concat([local.inline_access], local.managed_access)[count.index] : access.service])
  }

  # To tell the targets of tasks that ECS wants running from those of dying ones.
  # ECS authorises ListTasks of a whole cluster on "*" only, so the clusters are named in a condition.
  statement {
    sid       = "SeeTasks"
    actions   = ["ecs:DescribeContainerInstances", "ecs:DescribeTasks", "ecs:ListTasks"]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = distinct([for access in concat([local.inline_access], local.managed_access)[count.index] : access.cluster])
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

  # To leave services alone that Application Auto Scaling scales; it authorises this on "*" only.
  statement {
    sid       = "SeeScalableTargets"
    actions   = ["application-autoscaling:DescribeScalableTargets"]
    resources = ["*"]
  }

  # To read configuration and memory.
  statement {
    sid       = "ReadTable"
    actions   = ["dynamodb:GetItem", "dynamodb:Scan"]
    resources = [local.table_arn]
  }

  # To write memory, and never configuration, which is Terraform's.
  statement {
    sid       = "WriteMemory"
    actions   = ["dynamodb:UpdateItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["state#*"]
    }
  }
}
