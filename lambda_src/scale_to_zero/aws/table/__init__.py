"""The DynamoDB table: configuration, memories and counters, each in its item."""
