"""The DynamoDB table: configuration, service states and counters, in separate items."""
