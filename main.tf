# What the functions share: their settings, and the table with configuration and service states.

locals {
  # The settings of all functions.
  function_settings = {
    zip                      = "${path.module}/lambda_src/dist/lambda.zip"
    runtime                  = var.lambda_runtime
    architecture             = var.lambda_architecture
    log_retention_days       = var.log_retention_days
    permissions_boundary_arn = var.permissions_boundary_arn
    tags                     = var.tags

    environment = {
      INSTANCE_NAME          = var.name
      TABLE_NAME             = local.names.table
      METRIC_NAMESPACE       = var.metric_namespace
      LONGEST_HOLD_MINUTES   = tostring(var.longest_hold_minutes)
      STATE_METRICS          = var.state_metrics
      MESSAGE_LANGUAGE       = var.language
      SCALE_UP_FUNCTION      = local.names.scale_up_function
      SCALE_TO_ZERO_FUNCTION = local.names.scale_to_zero_function
    }
  }
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

  # The state of a service that was removed from the module is kept for months, since an earlier run may still read it.
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

# A thousand services do not fit into the 4 KB of environment variables, so each service's configuration is an item.
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

  # Configured only while the roles have their policies. Otherwise a tick in between would report the service as failed.
  depends_on = [
    module.scale_to_zero.policy,
    module.scale_up.policy,
  ]
}
