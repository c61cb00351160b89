# What the module itself costs, for the dashboard to take off what was saved.

locals {
  # AWS's list prices in us-east-1 in USD, each with its source, as `make bench` and the table in docs/benchmarks.md have
  # them, too. Other regions have other prices; what AWS gives every account free is not taken off.
  price_list = jsondecode(file("${path.module}/prices.json"))

  # One tick a minute through a month of 730 hours, the month AWS's own calculator uses.
  ticks_a_month = local.price_list.ticks_a_month

  # How much of each an ordinary month uses, as `make bench` counts it (docs/benchmarks.md): services awake 30 % of the time,
  # the metrics of every awake service read in every second tick; and what is not counted there: each is woken and stopped
  # twice a day, and there are alarms. Left out are visitors, the API, schedules and notifications, at most some cents.
  service_count = length(local.services_on_dashboard)
  wakes         = 60 * local.service_count

  own_usage = {
    lambda_request   = local.ticks_a_month
    lambda_gb_second = local.ticks_a_month * (0.1 + 0.008 * local.service_count) * module.scale_to_zero.function.memory_size / 1024
    # One for each target group of a service whose metrics are read.
    metric_requested = local.ticks_a_month * 0.15 * sum(concat([0], [for service in local.services_on_dashboard : max(1, length(service.target_group_arns))]))
    # Those that publish the state metrics: a thousand values a call; two of each service.
    cloudwatch_request = var.state_metrics == "off" ? 0 : local.ticks_a_month * ceil(2 * local.service_count / 1000)
    # Billed by the hour with a value: the state metrics all month; of each wake and stop ten metrics for an hour, and as many of the instance's.
    custom_metric = (var.state_metrics == "off" ? 0 : 2 * local.service_count) + 10 * (local.wakes + min(local.wakes, 730)) / 730
    alarm_metric  = var.alarms == null ? 0 : 1 + 2 * length(local.watched_functions) + length(local.metrics_alarmed)
    dashboard     = 1
    log_gigabyte  = 0.00004 * local.service_count
    read_unit     = local.ticks_a_month * max(0.5, 0.175 * local.service_count)
    write_unit    = local.ticks_a_month * 0.3 * local.service_count
  }

  own_cost_a_month = sum([for what, price in local.price_list.prices : price.dollars * local.own_usage[what]])

  # Every service bears the same share.
  own_cost_of_a_service = local.own_cost_a_month / max(1, local.service_count)
}
