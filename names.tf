# The names of resources, the names of services in ECS, and the ARNs in policies.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Records where this instance was installed, and reports the problems of its configuration (problems.tf). All names
# depend on it, so nothing is planned before it. Its values are those of the first apply. With `depends_on` on the
# module, Terraform reads data sources only during the apply if something else changes. Names that are unknown until
# then would replace the roles.
resource "terraform_data" "instance" {
  input = {
    partition = data.aws_partition.current.partition
    # The id is the region's name in versions 5 and 6 of the provider; `name` is deprecated in 6.
    region  = data.aws_region.current.id
    account = data.aws_caller_identity.current.account_id
  }

  lifecycle {
    ignore_changes = [input]

    precondition {
      condition     = length(local.problems.configuration) == 0
      error_message = local.problem_report.configuration
    }

    precondition {
      condition     = length(local.problems.inputs) == 0
      error_message = local.problem_report.inputs
    }

    precondition {
      condition     = length(local.problems.values) == 0
      error_message = local.problem_report.values
    }

    precondition {
      condition     = length(local.problems.arns) == 0
      error_message = local.problem_report.arns
    }

    # In another region or account, Terraform finds no resource of this instance. It would leave services asleep that
    # nothing wakes. The plan checks this condition, except if `depends_on` on the module delays the data sources until
    # the apply.
    postcondition {
      condition     = self.input.region == data.aws_region.current.id && self.input.account == data.aws_caller_identity.current.account_id
      error_message = "Set the provider to region ${self.input.region} and account ${self.input.account}, where ${var.name} is installed, or destroy ${var.name} there before you install it in region ${data.aws_region.current.id} of account ${data.aws_caller_identity.current.account_id}."
    }
  }
}

locals {
  partition = terraform_data.instance.input.partition
  region    = terraform_data.instance.input.region
  account   = terraform_data.instance.input.account

  # Names of roles, policies and dashboards must be unique over all regions of an account, so they contain the region.
  regional_name = var.name
  global_name   = "${var.name}-${local.region}"

  # Names of target groups cannot contain underscores. The hash keeps the names of "a_b" and "a-b" different.
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

  # A name that is too long is cut and gets a hash, so that two long names never become the same.
  names = {
    for what, name in local.full_names : what => (
      length("${name.beginning}-${name.ending}") <= name.longest
      ? "${name.beginning}-${name.ending}"
      : "${substr(name.beginning, 0, name.longest - length(name.ending) - 10)}-${substr(sha256(name.beginning), 0, 8)}-${name.ending}"
    )
  }

  # The name of each service in ECS, by its key, and the reverse. A new key does not move resources that are keyed by
  # this name. A name that is null is a problem that is reported (problems.tf), not an error here.
  # These are maps of names, not of whole services: Terraform evaluates for_each again for each instance. With a
  # thousand whole services, a plan would take many minutes.
  ecs_names    = tomap({ for key, service in var.services : key => "${coalesce(service.cluster_name, key)}/${coalesce(service.service_name, key)}" })
  service_keys = tomap({ for name, keys in local.keys_by_ecs_name : name => keys[0] })

  # More than one key is a problem that is reported (problems.tf), not an error here.
  keys_by_ecs_name = { for key, name in local.ecs_names : name => key... }

  # ARNs are composed of names, so that a plan already shows the complete policies.
  table_arn      = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${local.names.table}"
  log_groups_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group"

  functions_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function"

  # This ARN must be composed of its name: the scale-up function invokes itself, and its role is created before it.
  scale_up_function_arn      = "${local.functions_arn}:${local.names.scale_up_function}"
  scale_to_zero_function_arn = "${local.functions_arn}:${local.names.scale_to_zero_function}"
}
