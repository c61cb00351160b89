# The real provider plans without calling AWS, since everything is new and the account is given.

provider "aws" {
  region                      = "eu-west-3"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

# CloudWatch's limits: 500 widgets, 500 metrics per widget, and 2,500 metrics per dashboard. Expressions and the metrics
# that they read count too.

variables {
  name             = "staging"
  metric_namespace = "CityGuided/ECS"
  control_panel    = null
  services = {
    web = {
      cluster_name      = "city-guided-cluster"
      service_name      = "city-guided-service"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided-alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/city-guided-web/fedcba9876543210"]
    }
  }
}

run "two_rows_for_a_service" {
  command = plan

  assert {
    condition = [for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 5) : widget.properties.title] == [
      "web: Service State (Active/Idle)", "web: Desired Count", "web: ALB Requests", "web: Running ECS Tasks",
    ]
    error_message = "The first row of a service has its state, desired count, requests and running tasks."
  }

  assert {
    condition = [for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 5, 8) : widget.properties.title] == [
      "web: Wake Time by Part (p90)", "web: Wakes per Day", "web: Share of Time Asleep",
    ]
    error_message = "The second row of a service has its wakes and its sleep."
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [widget.x, widget.y, widget.width, widget.height]] == [
      [0, 0, 24, 8],
      [0, 11, 6, 6], [6, 11, 6, 6], [12, 11, 6, 6], [18, 11, 6, 6],
      [0, 17, 6, 6], [6, 17, 6, 6], [12, 17, 12, 6],
      [0, 8, 24, 3],
    ]
    error_message = "Both rows are below the header and the graph of holds, without a gap. Without hourly_cost, no savings are shown."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.title == "All Services Held Awake" && jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.metrics[1] == [
      "CityGuided/ECS", "HeldAll", "Instance", "staging", { id = "held", visible = false },
    ]
    error_message = "Below the header, with or without a control panel, a graph shows when all services were held awake."
  }

  assert {
    condition = [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[5].properties.metrics : [slice(row, 0, length(row) - 1), row[length(row) - 1].stat]] == concat(
      [for stat in ["p50", "p90"] : [["CityGuided/ECS", "WakeDuration", "Service", "city-guided-service", "Cluster", "city-guided-cluster"], stat]],
      [for part in ["accepted", "created", "pulled", "started", "healthy", "disarmed"] : [["CityGuided/ECS", "WakeDuration", "Service", "city-guided-service", "Cluster", "city-guided-cluster", "Part", part], "p90"]],
    )
    error_message = "The wake time is drawn in total, with its p50 and p90, and by part, in the order of the parts."
  }

  assert {
    condition = alltrue([for text in [
      "`--payload '{\"service\": \"<key>\", \"hold_minutes\": 120}'`",
      "`--payload '{\"service\": \"<key>\", \"release\": true}'`",
      "`--payload '{\"hold_all_until\": \"<YYYY-MM-DDThh:mm:ssZ>\", \"reason\": \"incident 42\"}'`; release all: `--payload '{\"hold_all_until\": null}'`",
      "`--function-name staging-scale-to-zero` and `--payload '{\"service\": \"<key>\", \"action\": \"sleep\"}'`",
    ] : strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, text)])
    error_message = "The header says how to hold a service awake, how to release it, and how to put it to sleep."
  }

  assert {
    condition = [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[1].properties.metrics : row if length(row) > 1][0] == [
      "CityGuided/ECS", "ServiceStatus", "Service", "city-guided-service", "Cluster", "city-guided-cluster", { id = "status", visible = false },
    ]
    error_message = "The state is drawn from ServiceStatus."
  }

  assert {
    condition = [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[2].properties.metrics : slice(row, 0, 8) if length(row) > 1] == [
      for status in ["idle", "active"] : ["CityGuided/ECS", "ServiceDesiredCount", "Service", "city-guided-service", "Cluster", "city-guided-cluster", "Status", status]
    ]
    error_message = "The desired count is drawn from both Status series of ServiceDesiredCount."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[2].properties.metrics[0][0].expression, "SUM(")
    error_message = "The desired count is the sum of both Status series."
  }

  assert {
    condition = [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[3].properties.metrics : slice(row, 0, 6) if length(row) > 1] == [[
      "AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/city-guided-alb/0123456789abcdef", "TargetGroup", "targetgroup/city-guided-web/fedcba9876543210",
    ]]
    error_message = "Requests are drawn by load balancer and target group together; CloudWatch has none by target group alone."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[4].properties.stat == "SampleCount" && contains(
      [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[4].properties.metrics : slice(row, 0, 6) if length(row) > 1],
      ["AWS/ECS", "CPUUtilization", "ClusterName", "city-guided-cluster", "ServiceName", "city-guided-service"],
    )
    error_message = "Running tasks are the number of CPU samples a minute, which needs no Container Insights."
  }

  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for row in try(widget.properties.metrics, []) : !strcontains(row[0].expression, "REPEAT") || row[0].expression == "FILL(status, REPEAT)" if length(row) == 1
      ]
    ]))
    error_message = "Only ServiceStatus is repeated where it is missing. Any other repeated series would be wrong."
  }

  assert {
    condition = strcontains(
      jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown,
      "aws lambda invoke --region eu-west-3 --function-name staging-scale-up --cli-binary-format raw-in-base64-out --payload '{}' response.json",
    )
    error_message = "The header says how to wake by hand."
  }

  assert {
    condition     = alltrue([for word in ["cost", "Not shown", "Without a second row", "woken by requests", "newest minutes"] : !strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, word)])
    error_message = "The header omits parts that have nothing to show."
  }
}

run "in_french" {
  command = plan

  variables {
    language = "fr"
  }

  assert {
    condition = [for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 5) : widget.properties.title] == [
      "web: État du Service (Actif/Inactif)", "web: Nombre d'Instances Désirées", "web: Requêtes ALB", "web: Tâches ECS en Cours d'Exécution",
    ]
    error_message = "The titles are the titles of the French requirements."
  }

  assert {
    condition = [for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 5, 8) : widget.properties.title] == [
      "web: Durée du Réveil par Étape (p90)", "web: Réveils par Jour", "web: Part du Temps en Sommeil",
    ]
    error_message = "The second row is also in French."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.title == "Tous les Services Maintenus Éveillés" && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Tout maintenir éveillé**")
    error_message = "The texts about holding all services are also in French."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "`--payload '{\"service\": \"<clé>\", \"hold_minutes\": 120}'`") && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "`--payload '{\"service\": \"<clé>\", \"action\": \"sleep\"}'`")
    error_message = "The header says in French how to hold a service awake and how to put it to sleep."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "Réveiller")
    error_message = "The header is also in French."
  }
}

run "from_free_metrics_only" {
  command = plan

  variables {
    state_metrics = "off"
  }

  assert {
    condition = alltrue(flatten([
      for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 5) : [
        for row in widget.properties.metrics : contains(["AWS/ECS", "AWS/ApplicationELB"], row[0]) if length(row) > 1
      ]
    ]))
    error_message = "Without state metrics, the first row shows only AWS's own metrics."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9
    error_message = "The dashboard has the same widgets."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "The last one to three minutes can look idle while the service is active")
    error_message = "The header says that AWS's own metrics come late."
  }
}

run "from_free_metrics_only_in_french" {
  command = plan

  variables {
    language      = "fr"
    state_metrics = "off"
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "Pendant les une à trois dernières minutes, un service peut paraître inactif alors qu'il est actif")
    error_message = "The header says in French that AWS's own metrics come late."
  }
}

run "services_that_are_off_or_without_load_balancer" {
  command = plan

  variables {
    services = {
      job    = { cluster_name = "c", service_name = "job", hourly_cost = 0.0148 }
      legacy = { cluster_name = "c", service_name = "legacy", mode = "off", hourly_cost = 0.5 }
      watch  = { cluster_name = "c", service_name = "watch", mode = "dry_run", hourly_cost = 0.25 }
    }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 2 + 8 + 7 && !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "legacy")
    error_message = "A service with mode off is not on the dashboard. A service with mode dry_run is."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[3].type == "text" && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[3].properties.markdown, "No load balancer is watched")
    error_message = "If no requests are watched, a text says this in the place of their graph."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "(USD per hour): job 0.0148, watch 0.25.")
    error_message = "The header says what an awake task costs, if this is known."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title if can(regex("Saved", widget.properties.title))] == ["job: Saved, Minus Module Cost"]
    error_message = "Savings are shown only for a service that this module puts to sleep."
  }
}

run "services_that_a_request_wakes" {
  command = plan

  variables {
    language = "en"
    services = { for key, mode in { admin = "dry_run", web = "act", wiki = "act" } : key => {
      cluster_name      = "c"
      service_name      = key
      mode              = mode
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/${key}/0123456789abcdef"]
      wake_on_request   = { rules = { web = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/alb/0123456789abcdef/${substr(sha256(key), 0, 16)}", priority = 90 } } }
    } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Also woken by requests**: web, wiki.")
    error_message = "The header names the services that a request wakes. A request wakes services only in mode act."
  }
}

run "services_that_a_request_wakes_in_french" {
  command = plan

  variables {
    language = "fr"
    services = { for key, mode in { admin = "dry_run", web = "act", wiki = "act" } : key => {
      cluster_name      = "c"
      service_name      = key
      mode              = mode
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/${key}/0123456789abcdef"]
      wake_on_request   = { rules = { web = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/alb/0123456789abcdef/${substr(sha256(key), 0, 16)}", priority = 90 } } }
    } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Réveillés aussi par une requête**\u00a0: web, wiki.")
    error_message = "The header names the services that a request wakes. A request wakes services only in mode act."
  }
}

run "what_the_module_itself_costs" {
  command = plan

  variables {
    services = { web = { cluster_name = "c", service_name = "web", hourly_cost = 0.6, awake_count = 2 } }
  }

  # docs/benchmarks.md: 4.16 for one service, without the metrics of wakes. These are ten of the service and ten of the
  # instance, 60 hours a month each, at 0.30 for 730 hours.
  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "about ${format("%.2f", 4.155 + 0.30 * 20 * 60 / 730)} USD a month")
    error_message = "The header says what the module itself costs. This is the cost in the benchmarks."
  }

  assert {
    condition = (
      can(regex("^RUNNING_SUM\\(\\(2 \\* FILL\\(ticks, 0\\) - MIN\\(\\[FILL\\(tasks, 0\\), 2 \\* FILL\\(ticks, 0\\)\\]\\)\\) \\* 0.0100000000 - FILL\\(ticks, 0\\) \\* 0[.][0-9]{10}\\)$", jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.metrics[0][0].expression)) &&
      abs(tonumber(regex("([0-9.]+)\\)$", jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.metrics[0][0].expression)[0]) * 43800 - (4.155 + 0.30 * 20 * 60 / 730)) < 0.01
    )
    error_message = "At every tick, a task that does not run saves a sixtieth of hourly_cost. A month of ticks costs the module's monthly cost."
  }

  assert {
    condition = [for row in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[8].properties.metrics : slice(row, 0, length(row) - 1) if length(row) > 1] == [
      ["AWS/ECS", "CPUUtilization", "ClusterName", "c", "ServiceName", "web"],
      ["AWS/Lambda", "Invocations", "FunctionName", "staging-scale-to-zero"],
    ]
    error_message = "Savings are drawn from AWS's own free metrics: the tasks that ran, and the ticks."
  }
}

run "what_the_module_itself_costs_without_state_metrics" {
  command = plan

  variables {
    language      = "fr"
    state_metrics = "off"
    services      = { web = { cluster_name = "c", service_name = "web", hourly_cost = 0.6 } }
  }

  # docs/benchmarks.md: 3.12.
  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "environ ${format("%.2f", 3.117 + 0.30 * 20 * 60 / 730)} USD par mois")
    error_message = "Without state metrics, the module costs less. This is the cost in the benchmarks."
  }
}

run "what_the_module_itself_costs_with_alarms" {
  command = plan

  variables {
    alarms   = {}
    services = { web = { cluster_name = "c", service_name = "web", hourly_cost = 0.6 } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "about ${format("%.2f", 4.155 + 0.30 * 20 * 60 / 730 + 0.10 * (length(aws_cloudwatch_metric_alarm.ticks_missing) + 2 * length(aws_cloudwatch_metric_alarm.function_failing) + length(aws_cloudwatch_metric_alarm.metrics)))} USD a month")
    error_message = "Each metric that an alarm watches also costs money."
  }
}

run "all_services_share_what_the_module_costs" {
  command = plan

  variables {
    services = { for number in range(10) : "service-${number}" => { cluster_name = "c", service_name = "service-${number}", hourly_cost = number == 0 ? 0.6 : null } }
  }

  # docs/benchmarks.md: 10.25 for ten.
  assert {
    condition     = abs(tonumber(regex("([0-9.]+)\\)$", jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[44].properties.metrics[0][0].expression)[0]) * 43800 * 10 - (10.25 + 0.30 * 20 * 600 / 730)) < 0.1
    error_message = "Every service has the same share, also services without hourly_cost."
  }
}

run "a_control_panel_below_the_header" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(4) : "service-${number}" => { cluster_name = "c", service_name = "service-${number}" } }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[1] == {
      type = "custom", x = 0, y = 11, width = 24, height = 7
      properties = {
        title    = "Control Panel"
        endpoint = "arn:aws:lambda:eu-west-3:123456789012:function:staging-panel"
        updateOn = { refresh = true, resize = true, timeRange = false }
        params   = {}
      }
    }
    error_message = "The control panel is below the graph of holds, with a line for each service."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[2].y == 8 + 3 + 7
    error_message = "The services begin below the control panel."
  }
}

run "as_many_services_as_fit_with_both_rows" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(62) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 62 * 8
    error_message = "Beside the control panel, both rows of 62 services fit."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[1].height == 13
    error_message = "The control panel is at most as high as ten services need."
  }

  assert {
    condition     = !strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "because CloudWatch allows")
    error_message = "If every service is shown, the header names none as not shown."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "service-009 0.01 and 52 more.")
    error_message = "The header names the first ten of a list, and says how many more there are."
  }
}

run "one_service_more_than_fit_with_both_rows" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(63) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 63 * 4 + 61 * 4
    error_message = "Every first row is shown, and then as many second rows as fit."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Without a second row**, because CloudWatch allows 500 widgets and 2500 metrics on a dashboard: 2 services (service-061, service-062).")
    error_message = "The header names the services without a second row."
  }

  # The last service with a second row, then the two services without one. Their first rows have no gap between them.
  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.y - 24
      if can(regex("^service-06[0-2]: Service State", try(widget.properties.title, "")))
    ] == [60 * 12, 61 * 12, 61 * 12 + 6]
    error_message = "Services without a second row move up."
  }
}

run "one_service_more_than_fit_with_both_rows_in_french" {
  command = plan

  variables {
    language      = "fr"
    control_panel = {}
    services      = { for number in range(63) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Services sans deuxième rangée de graphiques**") && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "2 services (service-061, service-062).") && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "service-009 0.01 et 53 autres.")
    error_message = "The header also names the services without a second row in French."
  }
}

run "one_name_more_than_the_header_lists_in_french" {
  command = plan

  variables {
    language = "fr"
    services = { for number in range(11) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "service-009 0.01 et 1 autre.")
    error_message = "One name that is left out is counted in the singular."
  }
}

run "more_second_rows_fit_without_panel_and_savings" {
  command = plan

  variables {
    services = { for number in range(72) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}" } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 2 + 72 * 4 + 70 * 3
    error_message = "Without the control panel and the savings, more second rows fit."
  }
}

run "the_control_panel_takes_a_widgets_place" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(72) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}" } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 72 * 4 + 69 * 3
    error_message = "With the control panel, one second row fewer fits."
  }
}

run "as_many_services_as_fit_with_one_row" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(124) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 124 * 4
    error_message = "The first rows of 124 services fit, and no second row."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "124 services (service-000, service-001, service-002, service-003, service-004, service-005, service-006, service-007, service-008, service-009 and 114 more).") && !strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Not shown**")
    error_message = "The header names the first services without a second row, and says how many more there are."
  }
}

run "one_service_more_than_fit_with_one_row" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(125) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 124 * 4
    error_message = "As many services are shown as fit into 500 widgets."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "500 widgets and 2500 metrics on a dashboard: 1 service (service-124).")
    error_message = "The header names the service that is not shown."
  }
}

run "a_thousand_services" {
  command = plan

  variables {
    control_panel = {}
    services      = { for number in range(1000) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}", hourly_cost = 0.01 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 3 + 124 * 4
    error_message = "As many services are shown as fit into 500 widgets."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "876 services (service-124, service-125, service-126, service-127, service-128, service-129, service-130, service-131, service-132, service-133 and 866 more)")
    error_message = "The header names the first services that are not shown, and says how many more there are."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown) < 3000
    error_message = "The header stays short enough to read."
  }
}

run "more_target_groups_than_second_rows_have_metrics_for" {
  command = plan

  variables {
    services = { for number in range(62) : format("service-%03d", number) => {
      cluster_name      = "c"
      service_name      = "service-${number}"
      hourly_cost       = 0.01
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = [for group in range(10) : "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/group-${number}-${group}/0123456789abcdef"]
    } }
  }

  assert {
    condition     = length([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if can(regex("Running", try(widget.properties.title, "")))]) == 62
    error_message = "Every first row fits."
  }

  assert {
    condition = (
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) <= 2500 &&
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) > 2500 - 17
    )
    error_message = "As many second rows are shown as fit into 2,500 metrics. The next one, with 17 metrics, does not fit."
  }
}

run "more_target_groups_than_second_rows_have_free_metrics_for" {
  command = plan

  variables {
    state_metrics = "off"
    services = { for number in range(62) : format("service-%03d", number) => {
      cluster_name      = "c"
      service_name      = "service-${number}"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = [for group in range(12) : "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/group-${number}-${group}/0123456789abcdef"]
    } }
  }

  assert {
    condition = (
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) <= 2500 &&
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) > 2500 - 15
    )
    error_message = "As many second rows are shown as fit into 2,500 metrics. The next one, with 15 metrics, does not fit."
  }
}

run "more_target_groups_than_metrics_fit" {
  command = plan

  variables {
    services = { for number in range(124) : format("service-%03d", number) => {
      cluster_name      = "c"
      service_name      = "service-${number}"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = [for group in range(10) : "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/group-${number}-${group}/0123456789abcdef"]
    } }
  }

  assert {
    condition     = length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) <= 2500
    error_message = "All graphs together have at most 2,500 metrics and expressions."
  }

  assert {
    condition     = length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) > 2500 - 28
    error_message = "As many services are shown as fit into 2,500 metrics. The next one, with 28 metrics, does not fit."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "35 services (service-089, ")
    error_message = "The header names the services that are not shown."
  }
}

run "more_target_groups_than_free_metrics_fit" {
  command = plan

  variables {
    state_metrics = "off"
    services = { for number in range(124) : format("service-%03d", number) => {
      cluster_name      = "c"
      service_name      = "service-${number}"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = [for group in range(10) : "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/group-${number}-${group}/0123456789abcdef"]
    } }
  }

  assert {
    condition = (
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) <= 2500 &&
      length(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in try(widget.properties.metrics, []) : "metric"]])) > 2500 - 26
    )
    error_message = "As many services are shown as fit into 2,500 metrics. The next one, with 26 metrics, does not fit."
  }
}
