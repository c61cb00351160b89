# Notifications of phase changes, sent by SNS. Alarms, in alarms.tf, use the same topic unless they have another.

locals {
  # What the functions call themselves on the event bus; rules of users match it, so it never changes.
  notification_source      = "ecs-scale-to-zero"
  notification_detail_type = "ECS Scale-to-Zero Phase Change"

  notifications_count = var.notifications == null ? 0 : 1

  # Whether the topic is the user's is known when planning, even where its ARN is not: hence an object, and no try().
  own_topic_count = var.notifications == null ? 0 : (var.notifications.topic == null ? 1 : 0)

  # From the resource's name, which a plan already knows.
  own_topic_arn           = one([for topic in aws_sns_topic.notifications : "arn:${local.partition}:sns:${local.region}:${local.account}:${topic.name}"])
  notifications_topic_arn = var.notifications == null ? null : (var.notifications.topic == null ? local.own_topic_arn : var.notifications.topic.arn)

  of_this_instances_alarms = {
    StringEquals = { "aws:SourceAccount" = local.account }
    ArnEquals    = { "aws:SourceArn" = local.alarm_arns }
  }
}

# The module's own topic

resource "aws_kms_key" "topic" {
  count = local.own_topic_count

  description         = "Encrypts what the SNS topic ${local.names.topic} holds."
  enable_key_rotation = true
  tags                = var.tags

  # The shortest AWS allows: the topic keeps nothing that anybody would have to decrypt later.
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # To manage the key by the account's IAM policies: without this, nobody could change or delete it any more.
        {
          Sid       = "ManageByIam"
          Effect    = "Allow"
          Action    = "kms:*"
          Resource  = "*"
          Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        },
        # To have EventBridge publish to the encrypted topic, which AWS's own key for SNS does not let it. KMS does not learn
        # for which rule, so a condition would refuse everything; but nothing else is encrypted with this key.
        {
          Sid       = "EncryptNotifications"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Principal = { Service = "events.amazonaws.com" }
        },
      ],
      # To have CloudWatch publish this instance's alarms, and no others, to the encrypted topic.
      !local.alarms_to_own_topic ? [] : [
        {
          Sid       = "EncryptAlarms"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Condition = local.of_this_instances_alarms
        },
      ],
    )
  })
}

resource "aws_kms_alias" "topic" {
  count = local.own_topic_count

  name          = "alias/${local.names.topic_key_alias}"
  target_key_id = aws_kms_key.topic[0].key_id
}

resource "aws_sns_topic" "notifications" {
  count = local.own_topic_count

  name = local.names.topic
  # The sender's name of e-mails; SNS takes at most 100 characters.
  display_name      = substr("Scale to zero: ${var.name}", 0, 100)
  kms_master_key_id = aws_kms_key.topic[0].arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "notifications" {
  count = local.own_topic_count

  arn = aws_sns_topic.notifications[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # To have EventBridge publish notifications. AWS documents that a topic's policy cannot put conditions to EventBridge,
        # such as the rule's ARN; rules of other accounts would need a role to publish here, which this does not give them.
        {
          Sid       = "PublishNotifications"
          Effect    = "Allow"
          Action    = "sns:Publish"
          Resource  = local.own_topic_arn
          Principal = { Service = "events.amazonaws.com" }
        },
      ],
      # To have CloudWatch publish this instance's alarms, and no others.
      !local.alarms_to_own_topic ? [] : [
        {
          Sid       = "PublishAlarms"
          Effect    = "Allow"
          Action    = "sns:Publish"
          Resource  = local.own_topic_arn
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Condition = local.of_this_instances_alarms
        },
      ],
    )
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.notifications == null ? [] : var.notifications.email_addresses)

  topic_arn = aws_sns_topic.notifications[0].arn
  protocol  = "email"
  endpoint  = each.key
}

# Notifications: the functions send them to the event bus, and this rule sends them on.

resource "aws_cloudwatch_event_rule" "notifications" {
  count = local.notifications_count

  name        = local.names.notifications_rule
  description = "Sends notifications of phase changes of the services of ${var.name} to an SNS topic."
  tags        = var.tags

  event_pattern = jsonencode({
    source      = [local.notification_source]
    detail-type = [local.notification_detail_type]
    detail      = { instance = [var.name], change = var.notifications.changes }
  })
}

resource "aws_cloudwatch_event_target" "notifications" {
  count = local.notifications_count

  rule = aws_cloudwatch_event_rule.notifications[0].name
  arn  = local.notifications_topic_arn

  # The message is a sentence in the module's language, which names the service. EventBridge demands the quotes.
  # It escapes nothing of what it inserts: the functions send a message that needs no escaping, and only that goes here.
  input_transformer {
    input_paths    = { instance = "$.detail.instance", message = "$.detail.message" }
    input_template = "\"<instance>: <message>\""
  }

  # After an hour a notification of a phase change is of no use any more.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  depends_on = [aws_sns_topic_policy.notifications]
}
