# The real provider plans without calling AWS: everything is new, and the account is given.

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

# CloudWatch's limits: 500 widgets, 500 metrics a widget, 2,500 metrics a dashboard, counting expressions and what they read.

variables {
  name             = "staging"
  metric_namespace = "CityGuided/ECS"
  services = {
    web = {
      cluster_name      = "city-guided-cluster"
      service_name      = "city-guided-service"
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided-alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/city-guided-web/fedcba9876543210"]
    }
  }
}

run "four_widgets_for_a_service" {
  command = plan

  assert {
    condition = [for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 5) : widget.properties.title] == [
      "web: Service State (Active/Idle)", "web: Desired Count", "web: ALB Requests", "web: Running ECS Tasks",
    ]
    error_message = "A service has a row with its state, desired count, requests and running tasks."
  }

  assert {
    condition = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 5 && [
      for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 5) : [widget.x, widget.width]
    ] == [[0, 6], [6, 6], [12, 6], [18, 6]]
    error_message = "Beside the header there is one row of four."
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
    error_message = "Only ServiceStatus is repeated where it is missing; every other series would lie."
  }

  assert {
    condition = strcontains(
      jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown,
      "aws lambda invoke --region eu-west-3 --function-name staging-scale-up --cli-binary-format raw-in-base64-out --payload '{}' response.json",
    )
    error_message = "The header says how to wake by hand."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "the log group `/aws/lambda/staging-scale-to-zero` has a warning with the word `metric_fallback_minutes`")
    error_message = "The header says where to look whether a service was stopped without metrics."
  }

  assert {
    condition     = alltrue([for word in ["cost", "Not shown", "Woken by", "newest minutes"] : !strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, word)])
    error_message = "The header leaves out what there is nothing to say about."
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
    error_message = "The titles are those of the French requirements."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "Réveiller")
    error_message = "The header is French, too."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "`/aws/lambda/staging-scale-to-zero` un avertissement contenant le mot `metric_fallback_minutes`")
    error_message = "It says in French where to look whether a service was stopped without metrics."
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
    error_message = "Without state metrics only AWS's own metrics are drawn."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 5
    error_message = "The picture has the same parts."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "the last one to three minutes may be drawn as idle while the service is active")
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
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "les une à trois dernières minutes peuvent apparaître inactives alors que le service est actif")
    error_message = "The header says in French that AWS's own metrics come late."
  }
}

run "services_that_are_off_or_without_load_balancer" {
  command = plan

  variables {
    services = {
      job    = { cluster_name = "c", service_name = "job", hourly_cost = 0.0148 }
      legacy = { cluster_name = "c", service_name = "legacy", mode = "off", hourly_cost = 0.5 }
      watch  = { cluster_name = "c", service_name = "watch", mode = "observe" }
    }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9 && !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "legacy")
    error_message = "A service whose mode is off is not on the dashboard; one that is observed is."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[3].type == "text" && strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[3].properties.markdown, "No load balancer is watched")
    error_message = "Where no requests are watched, the place of their graph says so."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "(USD per hour): job 0.0148.")
    error_message = "The header says what an awake task costs, where that is known."
  }

  assert {
    condition     = !strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "metric_fallback_minutes")
    error_message = "Where no requests are watched, none are missed."
  }
}

run "services_that_a_request_wakes" {
  command = plan

  variables {
    language = "en"
    services = { for key, mode in { admin = "observe", web = "act", wiki = "act" } : key => {
      cluster_name      = "c"
      service_name      = key
      mode              = mode
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/${key}/0123456789abcdef"]
      wake_on_request   = { rules = { web = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/alb/0123456789abcdef/${substr(sha256(key), 0, 16)}", priority = 90 } } }
    } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Woken by a request**, too: web, wiki.")
    error_message = "The header names the services that a request wakes, which it does in mode act only."
  }
}

run "services_that_a_request_wakes_in_french" {
  command = plan

  variables {
    language = "fr"
    services = { for key, mode in { admin = "observe", web = "act", wiki = "act" } : key => {
      cluster_name      = "c"
      service_name      = key
      mode              = mode
      load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/alb/0123456789abcdef"
      target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/${key}/0123456789abcdef"]
      wake_on_request   = { rules = { web = { listener_arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/alb/0123456789abcdef/${substr(sha256(key), 0, 16)}", priority = 90 } } }
    } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "**Réveillés aussi par une requête** : web, wiki.")
    error_message = "The header names the services that a request wakes, which it does in mode act only."
  }
}

run "more_services_than_widgets_fit" {
  command = plan

  variables {
    services = { for number in range(130) : format("service-%03d", number) => { cluster_name = "c", service_name = "service-${number}" } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 1 + 4 * 124
    error_message = "As many services are shown as fit into 500 widgets."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "6 services (service-124, service-125, service-126, service-127, service-128, service-129)")
    error_message = "The header names the services that are not shown."
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
    error_message = "As many services are shown as fit into 2,500 metrics: the next one, with its 28, would not."
  }

  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "service-123")
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
    error_message = "As many services are shown as fit into 2,500 metrics: the next one, with its 26, would not."
  }
}
