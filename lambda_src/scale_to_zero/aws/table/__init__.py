"""The DynamoDB table: configuration, service states and counters, each in its item."""
