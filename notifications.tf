# Notifications of phase changes, sent by SNS. Alarms (alarms.tf) use the same topic unless action_arns is set.

locals {
  # The source of the functions' events on the event bus. The rules of users match it, so it never changes.
  notification_source      = "ecs-scale-to-zero"
  notification_detail_type = "ECS Scale-to-Zero Phase Change"

  notifications_count = var.notifications == null ? 0 : 1

  # Terraform must know during the plan whether the user gave a topic, even if its ARN is unknown. So topic is an
  # object, and there is no try() here.
  own_topic_count = var.notifications == null ? 0 : (var.notifications.topic == null ? 1 : 0)

  # Composed of the resource's name, which is known during the plan.
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

  # The shortest window that AWS allows. The topic keeps nothing that must be decrypted later.
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # To manage the key through the account's IAM policies. Without this, no one could change or delete the key.
        {
          Sid       = "ManageByIam"
          Effect    = "Allow"
          Action    = "kms:*"
          Resource  = "*"
          Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        },
        # To let EventBridge publish to the encrypted topic. AWS's own key for SNS does not allow this. KMS does not
        # learn for which rule it is called, so a condition would refuse every call. Nothing else is encrypted with this
        # key.
        {
          Sid       = "EncryptNotifications"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Principal = { Service = "events.amazonaws.com" }
        },
      ],
      # To let CloudWatch publish this instance's alarms, and no others, to the encrypted topic.
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
  # The sender's name in e-mails. SNS accepts at most 100 characters.
  display_name      = substr("Scale-to-Zero: ${var.name}", 0, 100)
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
        # To let EventBridge publish notifications. AWS documents that a topic's policy cannot have conditions for
        # EventBridge, such as the rule's ARN. Rules of other accounts would need a role to publish here, which this
        # does not give them.
        {
          Sid       = "PublishNotifications"
          Effect    = "Allow"
          Action    = "sns:Publish"
          Resource  = local.own_topic_arn
          Principal = { Service = "events.amazonaws.com" }
        },
      ],
      # To let CloudWatch publish this instance's alarms, and no others.
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

# The functions send notifications to the event bus, and this rule forwards them to the topic.

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

  # The message is a sentence in the module's language that names the service. EventBridge requires the quotes.
  # EventBridge does not escape the values that it inserts. The functions send messages that need no escaping.
  input_transformer {
    input_paths    = { instance = "$.detail.instance", message = "$.detail.message" }
    input_template = "\"<instance>: <message>\""
  }

  # A notification of a phase change is useless after an hour.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  depends_on = [aws_sns_topic_policy.notifications]
}
