# The module's own cost, which the dashboard subtracts from the savings.

locals {
  # AWS's list prices in us-east-1 in USD, each with its source. `make bench` and the table in docs/benchmarks.md use
  # the same prices. Other regions have other prices. The units that AWS gives every account free are not subtracted.
  price_list = jsondecode(file("${path.module}/prices.json"))

  # One tick a minute in a month of 730 hours, the month of AWS's own calculator.
  ticks_a_month = local.price_list.ticks_a_month

  # What an ordinary month uses, as `make bench` counts it (docs/benchmarks.md): services are awake 30 % of the time,
  # and every second tick reads the metrics of every awake service. In addition to the benchmark, each service is woken
  # and stopped twice a day, and there are alarms. Visitors, the API, schedules and notifications are not counted. They
  # cost some cents at most.
  service_count = length(local.services_on_dashboard)
  wakes         = 60 * local.service_count

  own_usage = {
    lambda_request   = local.ticks_a_month
    lambda_gb_second = local.ticks_a_month * (0.1 + 0.008 * local.service_count) * module.scale_to_zero.function.memory_size / 1024
    # One metric for each target group of a service whose metrics are read.
    metric_requested = local.ticks_a_month * 0.15 * sum(concat([0], [for service in local.services_on_dashboard : max(1, length(service.target_group_arns))]))
    # The requests that publish the state metrics: two values for each service, a thousand values in a call.
    cloudwatch_request = var.state_metrics == "off" ? 0 : local.ticks_a_month * ceil(2 * local.service_count / 1000)
    # AWS bills each hour with a value: the state metrics all month, and ten metrics of the service and ten of the
    # instance for one hour at each wake and stop.
    custom_metric = (var.state_metrics == "off" ? 0 : 2 * local.service_count) + 10 * (local.wakes + min(local.wakes, 730)) / 730
    alarm_metric  = var.alarms == null ? 0 : 1 + 2 * length(local.watched_functions) + length(local.metrics_alarmed)
    dashboard     = 1
    log_gigabyte  = 0.00004 * local.service_count
    read_unit     = local.ticks_a_month * max(0.5, 0.175 * local.service_count)
    write_unit    = local.ticks_a_month * 0.3 * local.service_count
  }

  own_cost_a_month = sum([for what, price in local.price_list.prices : price.dollars * local.own_usage[what]])

  # Every service has the same share.
  own_cost_of_a_service = local.own_cost_a_month / max(1, local.service_count)
}
