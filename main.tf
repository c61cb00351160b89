# What the functions share: names, the table, and the access to the services.

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

  # Target groups may not have underscores; with a hash, "a_b" never becomes the name of "a-b".
  hyphenated_name = strcontains(var.name, "_") ? "${replace(var.name, "_", "-")}-${substr(sha256(var.name), 0, 8)}" : var.name

  full_names = {
    scale_to_zero_function = { beginning = local.regional_name, ending = "scale-to-zero", longest = 64 }
    scale_up_function      = { beginning = local.regional_name, ending = "scale-up", longest = 64 }
    tick_rule              = { beginning = local.regional_name, ending = "scale-to-zero", longest = 64 }
    table                  = { beginning = local.regional_name, ending = "scale-to-zero", longest = 255 }
    scale_to_zero_role     = { beginning = local.global_name, ending = "scale-to-zero", longest = 64 }
    scale_up_role          = { beginning = local.global_name, ending = "scale-up", longest = 64 }
    services_policy        = { beginning = local.global_name, ending = "services", longest = 120 }
    wake_function          = { beginning = local.regional_name, ending = "wake", longest = 64 }
    wake_role              = { beginning = local.global_name, ending = "wake", longest = 64 }
    wake_target_groups     = { beginning = local.hyphenated_name, ending = "wake", longest = 18 }
    dashboard              = { beginning = local.global_name, ending = "scale-to-zero", longest = 255 }
    api                    = { beginning = local.regional_name, ending = "scale-to-zero", longest = 128 }
    api_function           = { beginning = local.regional_name, ending = "api", longest = 64 }
    api_role               = { beginning = local.global_name, ending = "api", longest = 64 }
    panel_function         = { beginning = local.regional_name, ending = "panel", longest = 64 }
    panel_role             = { beginning = local.global_name, ending = "panel", longest = 64 }
    schedule_group         = { beginning = local.regional_name, ending = "schedules", longest = 64 }
    schedules_role         = { beginning = local.global_name, ending = "schedules", longest = 64 }
    notifications_rule     = { beginning = local.regional_name, ending = "notifications", longest = 64 }
    topic                  = { beginning = local.regional_name, ending = "scale-to-zero", longest = 256 }
    topic_key_alias        = { beginning = local.regional_name, ending = "scale-to-zero", longest = 250 }
    alarms                 = { beginning = local.regional_name, ending = "scale-to-zero", longest = 200 }
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
    INSTANCE_NAME          = var.name
    TABLE_NAME             = local.names.table
    METRIC_NAMESPACE       = var.metric_namespace
    LONGEST_HOLD_MINUTES   = tostring(var.longest_hold_minutes)
    STATE_METRICS          = var.state_metrics
    MESSAGE_LANGUAGE       = var.language
    SCALE_UP_FUNCTION      = local.names.scale_up_function
    SCALE_TO_ZERO_FUNCTION = local.names.scale_to_zero_function
  }

  # What ECS calls each service, by its key, and the other way round: what is keyed by this name is not moved by a new key.
  # Maps of names, and not of whole services: Terraform reads all of for_each again for each instance, which for
  # a thousand services would make a plan of many minutes.
  ecs_names    = tomap({ for key, service in var.services : key => "${service.cluster_name}/${service.service_name}" })
  service_keys = tomap({ for key, name in local.ecs_names : name => key })

  # ARNs are put together from names, so that a plan already shows the policies in full.
  table_arn      = "arn:${data.aws_partition.current.partition}:dynamodb:${local.region}:${local.account}:table/${local.names.table}"
  log_groups_arn = "arn:${data.aws_partition.current.partition}:logs:${local.region}:${local.account}:log-group"

  functions_arn = "arn:${data.aws_partition.current.partition}:lambda:${local.region}:${local.account}:function"

  # From its name for another reason too: the scale-up function invokes itself, and its role comes before it.
  scale_up_function_arn      = "${local.functions_arn}:${local.names.scale_up_function}"
  scale_to_zero_function_arn = "${local.functions_arn}:${local.names.scale_to_zero_function}"

  # What the functions call themselves on the event bus; rules of users match it, so it never changes.
  notification_source      = "ecs-scale-to-zero"
  notification_detail_type = "ECS Scale-to-Zero Phase Change"
}

# Configuration and service states

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

  # The state of a service that has left the module is kept for months: a run that began before may still read it.
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

# Environment variables end at 4 KB, where a thousand services do not fit; so each service's configuration is an item.
resource "aws_dynamodb_table_item" "config" {
  for_each = local.ecs_names

  table_name = aws_dynamodb_table.this.name
  hash_key   = aws_dynamodb_table.this.hash_key

  item = jsonencode({
    id = { S = "config#${each.key}" }
    config = { S = jsonencode({
      key                   = each.key
      cluster_name          = var.services[each.key].cluster_name
      service_name          = var.services[each.key].service_name
      load_balancer_arn     = var.services[each.key].load_balancer_arn
      target_group_arns     = var.services[each.key].target_group_arns
      mode                  = var.services[each.key].mode
      idle_minutes          = coalesce(var.services[each.key].idle_minutes, var.idle_minutes)
      awake_count           = var.services[each.key].awake_count
      ignore_other_traffic  = var.services[each.key].ignore_other_traffic
      wake_deadline_seconds = var.services[each.key].wake_deadline_seconds
      hourly_cost           = var.services[each.key].hourly_cost
      wake_on_request       = try(local.wake_on_request[each.value], null)
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

  # To see desired and running counts, deployments and traffic sources, and to change the desired count.
  statement {
    sid       = "ScaleServices"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = distinct([for access in concat([local.inline_access], local.managed_access)[count.index] : access.service])
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
    resources = ["arn:${data.aws_partition.current.partition}:events:${local.region}:${local.account}:event-bus/default"]

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
