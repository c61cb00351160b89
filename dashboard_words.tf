# The parts of the dashboard's header, and the values that are inserted into its words. The words are in
# templates/dashboard_words/, one file for each language.

locals {
  # A language without a file is a problem that is reported (problems.tf), not an error here.
  words_folder    = "${path.module}/templates/dashboard_words"
  dashboard_words = jsondecode(try(file("${local.words_folder}/${var.language}.json"), file("${local.words_folder}/en.json")))

  hourly_costs = {
    for key in local.services_shown : key => local.services_on_dashboard[key].hourly_cost
    if local.services_on_dashboard[key].hourly_cost != null
  }

  woken_on_dashboard = [
    for key in local.services_shown : key
    if local.services_on_dashboard[key].wake_on_request != null && local.services_on_dashboard[key].mode == "act"
  ]

  # Nobody reads a header that names a thousand services, and the header has no space for them.
  names_in_header = 10

  # For each list in the header: the first names, how many more there are, and how many in total.
  listed = {
    for what, names in {
      costs           = [for key, cost in local.hourly_costs : "${key} ${cost}"]
      woken           = local.woken_on_dashboard
      not_shown       = sort(setsubtract(keys(local.services_on_dashboard), local.services_shown))
      without_history = sort(setsubtract(local.services_shown, local.services_with_history))
      } : what => {
      names = join(", ", slice(names, 0, min(length(names), local.names_in_header)))
      more  = max(0, length(names) - local.names_in_header)
      all   = length(names)
    }
  }

  wake_command = "aws lambda invoke --region ${local.region} --function-name ${module.scale_up.function.function_name} --cli-binary-format raw-in-base64-out"

  # Each list as the header shows it: the first names and how many more there are, and how many services in total.
  names_listed = {
    for what, list in local.listed : what => list.more == 0 ? list.names : replace(
      replace(list.more == 1 ? local.dashboard_words.and_more.one : local.dashboard_words.and_more.many, "{names}", list.names),
      "{more}", list.more
    )
  }
  services_counted = {
    for what, list in local.listed : what =>
    list.all == 1 ? local.dashboard_words.services.one : replace(local.dashboard_words.services.many, "{count}", list.all)
  }

  key_in_payload = "<${local.dashboard_words.key}>"

  # The value of each placeholder in the header's words.
  header_values = {
    "{instance}"               = var.name
    "{idle_minutes}"           = var.idle_minutes == 1 ? local.dashboard_words.minutes.one : replace(local.dashboard_words.minutes.many, "{count}", var.idle_minutes)
    "{scale_to_zero_function}" = module.scale_to_zero.function.function_name

    "{wake_one}" = "{\"service\": \"${local.key_in_payload}\"}"
    # The words say that this is two hours.
    "{hold}"        = "{\"service\": \"${local.key_in_payload}\", \"hold_minutes\": 120}"
    "{release}"     = "{\"service\": \"${local.key_in_payload}\", \"release\": true}"
    "{sleep}"       = "{\"service\": \"${local.key_in_payload}\", \"action\": \"sleep\"}"
    "{hold_all}"    = "{\"hold_all_until\": \"<YYYY-MM-DDThh:mm:ssZ>\", \"reason\": \"incident 42\"}"
    "{release_all}" = "{\"hold_all_until\": null}"

    "{woken}"                    = local.names_listed.woken
    "{costs}"                    = local.names_listed.costs
    "{own_cost}"                 = format("%.2f", local.own_cost_a_month)
    "{widgets}"                  = local.widgets_a_dashboard
    "{metrics}"                  = local.metrics_a_dashboard
    "{not_shown}"                = local.names_listed.not_shown
    "{services_not_shown}"       = local.services_counted.not_shown
    "{without_history}"          = local.names_listed.without_history
    "{services_without_history}" = local.services_counted.without_history
  }

  # The header's words with their values. Each text is split at its placeholders, and each placeholder is replaced.
  header_texts = {
    for name, text in local.dashboard_words.header : name => join("", [
      for piece in regexall("\\{\\w+\\}|[^{]+", text) : startswith(piece, "{") ? local.header_values[piece] : piece
    ])
  }

  dashboard_header = join("\n", concat(
    [
      "# ${local.header_texts.title}",
      local.header_texts.introduction,
      "",
      local.header_texts.wake_all,
      "```",
      "${local.wake_command} --payload '{}' response.json",
      "```",
      "- ${local.header_texts.wake_one}",
      "- ${local.header_texts.hold}",
      "- ${local.header_texts.sleep}",
      "- ${local.header_texts.hold_all}",
    ],
    local.listed.woken.all == 0 ? [] : ["", local.header_texts.woken],
    var.state_metrics != "off" ? [] : ["", local.header_texts.newest_minutes],
    local.listed.costs.all == 0 ? [] : ["", local.header_texts.costs],
    local.listed.not_shown.all == 0 ? [] : ["", local.header_texts.not_shown],
    local.listed.without_history.all == 0 ? [] : ["", local.header_texts.without_history],
  ))
}
