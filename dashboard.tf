# The dashboard. The first row of each service shows when it was active, the second row its wakes and savings.

locals {
  # The console of each partition has its own domain.
  console_domain = lookup(
    { aws-cn = "console.amazonaws.cn", aws-us-gov = "console.amazonaws-us-gov.com" },
    local.partition,
    "console.aws.amazon.com",
  )

  # CloudWatch allows a dashboard 500 widgets and 2,500 metrics. Metrics that are only read by expressions count too.
  widgets_a_dashboard = 500
  metrics_a_dashboard = 2500

  services_on_dashboard = { for key, service in var.services : key => service if service.mode != "off" }

  # Savings are shown only if the cost of a task is known and this module puts the service to sleep.
  services_saving = [for key, service in local.services_on_dashboard : key if service.hourly_cost != null && service.mode == "act"]

  # How many widgets and metrics the two rows of each service need, as the template writes them.
  dashboard_rows = {
    for key, service in local.services_on_dashboard : key => {
      state = {
        widgets = 4
        metrics = lookup({ every_tick = 8, off = 6 }, var.state_metrics, 0) + 2 * length(service.target_group_arns)
      }
      history = {
        widgets = contains(local.services_saving, key) ? 4 : 3
        metrics = lookup({ every_tick = 14, off = 15 }, var.state_metrics, 0) + (contains(local.services_saving, key) ? 3 : 0)
      }
    }
  }

  # The header and the graph below it are widgets too, and so is the control panel if there is one.
  widgets_for_services = local.widgets_a_dashboard - (var.control_panel == null ? 2 : 3)

  # The graph below the header has one metric and one expression.
  metrics_for_services = local.metrics_a_dashboard - 2

  # The first services, by key, whose state fits into the widgets.
  services_within_widgets = slice(
    keys(local.services_on_dashboard),
    0,
    min(length(local.services_on_dashboard), floor(local.widgets_for_services / 4)),
  )

  # The first of these services whose metrics also fit.
  services_shown = [
    for index, key in local.services_within_widgets : key
    if sum([
      for before in slice(local.services_within_widgets, 0, index + 1) : local.dashboard_rows[before].state.metrics
    ]) <= local.metrics_for_services
  ]

  widgets_for_history = local.widgets_for_services - sum(concat([0], [for key in local.services_shown : local.dashboard_rows[key].state.widgets]))
  metrics_for_history = local.metrics_for_services - sum(concat([0], [for key in local.services_shown : local.dashboard_rows[key].state.metrics]))

  # The first services whose second row fits into the widgets and metrics that the first rows leave.
  services_with_history = [
    for index, key in local.services_shown : key
    if sum([
      for before in slice(local.services_shown, 0, index + 1) : local.dashboard_rows[before].history.widgets
    ]) <= local.widgets_for_history &&
    sum([
      for before in slice(local.services_shown, 0, index + 1) : local.dashboard_rows[before].history.metrics
    ]) <= local.metrics_for_history
  ]

  dashboard_header_height = 8
  dashboard_held_height   = 3

  # The head of the panel and a line for each service. The panel shows ten services at a time.
  dashboard_panel_height = var.control_panel == null ? 0 : 3 + min(10, length(var.services))
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = coalesce(var.dashboard_name, local.names.dashboard)

  dashboard_body = templatefile("${path.module}/templates/dashboard.json.tftpl", {
    namespace     = var.metric_namespace
    instance      = var.name
    region        = local.region
    header_height = local.dashboard_header_height
    held_height   = local.dashboard_held_height

    panel = var.control_panel == null ? null : { function_arn = local.panel_function_arn, height = local.dashboard_panel_height }

    # A second row is below the first row of its service. It moves all later services down.
    services = [
      for index, key in local.services_shown : merge(local.services_on_dashboard[key], {
        key     = key
        y       = local.dashboard_header_height + local.dashboard_held_height + local.dashboard_panel_height + 6 * (index + min(index, length(local.services_with_history)))
        history = contains(local.services_with_history, key)
        saves   = contains(local.services_saving, key)
      })
    ]

    state_metrics          = var.state_metrics
    scale_to_zero_function = module.scale_to_zero.function.function_name
    own_cost_a_tick        = local.own_cost_of_a_service / local.ticks_a_month
    header                 = local.dashboard_header
    words                  = local.dashboard_words
  })
}
